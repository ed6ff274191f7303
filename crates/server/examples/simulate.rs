//! Lives through simulated worlds: `cargo run -p usher-server --example simulate -- --seed 42`.

#![expect(clippy::expect_used, reason = "a tool of the tests: what cannot go on has failed")]

#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use simulation::Plan;
use simulation::mutants::Mutant;
use simulation::world::Voice;

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
    /// Go on when a promise was broken.
    #[arg(long)]
    go_on: bool,
    /// Live through them with an Usher that breaks a promise each, and tell what gives it away.
    #[arg(long)]
    mutants: bool,
    /// Ask the store on SQLite too, call by call, which must answer the same.
    #[arg(long)]
    beside_sqlite: bool,
    /// Print what happens as it happens.
    #[arg(long)]
    aloud: bool,
    /// Print every step too: everything that the digest tells of.
    #[arg(long)]
    every_step: bool,
}

impl Arguments {
    fn voice(&self) -> Voice {
        match (self.every_step, self.aloud) {
            (true, _) => Voice::EveryStep,
            (false, true) => Voice::Aloud,
            (false, false) => Voice::Silent,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.mutants {
        return tell_of_mutants(&arguments);
    }
    let (mut lived, mut broken, mut met) = (0, 0, BTreeMap::new());
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let report = simulation::run(Plan {
            steps: arguments.steps,
            beside_sqlite: arguments.beside_sqlite,
            voice: arguments.voice(),
            ..Plan::of(seed)
        });
        print!("{report}");
        lived += 1;
        for (trouble, times) in &report.tally.met {
            *met.entry(trouble.clone()).or_insert(0) += times;
        }
        broken += u64::from(!report.violations.is_empty());
        if broken > 0 && !arguments.go_on {
            break;
        }
    }
    if lived > 1 {
        println!("{lived} worlds, promises broken in {broken}; met: {met:?}");
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
