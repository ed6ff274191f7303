//! Lives through simulated worlds: `cargo run -p usher-server --example simulate -- --seed 42`.

#![expect(clippy::expect_used, reason = "a tool of the tests: what cannot go on has failed")]

#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

use std::process::ExitCode;

use clap::Parser;
use simulation::Plan;
use simulation::mutants::Mutant;

/// Lives through simulated worlds, until a promise is broken.
#[derive(Debug, Parser)]
struct Arguments {
    /// The first world.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many worlds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// After how many steps the weather calms down.
    #[arg(long, default_value_t = simulation::STEPS)]
    steps: u64,
    /// Live through them with an Usher that breaks a promise each, and tell what gives it away.
    #[arg(long)]
    mutants: bool,
    /// Print everything as it happens.
    #[arg(long)]
    aloud: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.mutants {
        return tell_of_mutants(&arguments);
    }
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let report = simulation::run(Plan { steps: arguments.steps, aloud: arguments.aloud, ..Plan::of(seed) });
        print!("{report}");
        if !report.violations.is_empty() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn tell_of_mutants(arguments: &Arguments) -> ExitCode {
    let mut all_noticed = true;
    for mutant in Mutant::ALL {
        let plan = |seed| Plan { steps: arguments.steps, mutant: Some(mutant), ..Plan::of(seed) };
        let mut seeds = arguments.seed..arguments.seed + arguments.seeds;
        let found = seeds.by_ref().map(|seed| simulation::run(plan(seed))).find(|report| !report.violations.is_empty());
        match &found {
            Some(report) => println!("{mutant:?}: seed {}: {}", report.plan.seed, report.violations[0]),
            None => println!("{mutant:?}: nobody noticed"),
        }
        all_noticed &= found.is_some();
    }
    if all_noticed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
