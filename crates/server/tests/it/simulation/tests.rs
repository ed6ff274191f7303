//! Many worlds, and Ushers that break a promise each.

use std::collections::BTreeMap;

use super::mutants::Mutant;
use super::{Plan, Report, run};

/// How many worlds are lived through, unless `USHER_SEEDS` says otherwise.
const SEEDS: u64 = 240;
/// In how many worlds at most a broken promise shows.
const MUTANT_SEEDS: u64 = 60;

/// What worlds must meet, or it is not known whether anything is kept in spite of it.
const TROUBLES: [&str; 38] = [
    "store: refused",
    "store: answer lost",
    "commit: duplicate",
    "commit: conflict",
    "commit: behind those in hand",
    "commit: behind others too",
    "release: leased no longer",
    "killed",
    "power cut",
    "power cut: not synced",
    "told to stop",
    "buried",
    "time given back",
    "message: told again",
    "message: given again",
    "message: overtaken",
    "effect: Fresh",
    "effect: Interrupted",
    "effect: Retried",
    "effect: Unheard",
    "send: Good",
    "send: NoConnection",
    "send: BrokenBefore",
    "send: BrokenAfter",
    "send: TooLate",
    "send: Fault",
    "send: Throttled",
    "send: Overloaded",
    "send: Refused",
    "call: Good",
    "call: NoConnection",
    "call: BrokenBefore",
    "call: BrokenAfter",
    "call: TooLate",
    "call: Fault",
    "call: Throttled",
    "call: Overloaded",
    "call: Refused",
];

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Fails with what is to be known of a world in which a promise was broken.
fn kept(report: &Report) {
    assert!(report.violations.is_empty(), "\n{report}");
}

/// Lives through every fourth world, or through that of `USHER_SEED`.
fn every_fourth(from: u64) {
    if let Some(seed) = number("USHER_SEED") {
        return kept(&run(Plan::of(seed)));
    }
    let seeds = number("USHER_SEEDS").unwrap_or(SEEDS);
    for seed in (from..seeds).step_by(4) {
        kept(&run(Plan::of(seed)));
    }
}

#[test]
fn every_promise_is_kept_in_a_first_quarter_of_the_worlds() {
    every_fourth(0);
}

#[test]
fn every_promise_is_kept_in_a_second_quarter_of_the_worlds() {
    every_fourth(1);
}

#[test]
fn every_promise_is_kept_in_a_third_quarter_of_the_worlds() {
    every_fourth(2);
}

#[test]
fn every_promise_is_kept_in_the_last_quarter_of_the_worlds() {
    every_fourth(3);
}

/// Found among thousands: what was mended then would show here again.
#[test]
fn every_promise_is_kept_in_worlds_that_once_broke_one() {
    for seed in [1966, 2458, 3097, 4023, 5190, 5270, 5548, 5727, 201_291] {
        kept(&run(Plan::of(seed)));
    }
}

#[test]
fn a_seed_is_a_world() {
    for seed in 0..16 {
        let (first, second) = (run(Plan::of(seed)), run(Plan::of(seed)));
        assert_eq!((first.digest, &first.tally), (second.digest, &second.tally), "\n{first}\n{second}");
    }
}

#[test]
fn everything_goes_wrong_that_can() {
    let mut met = BTreeMap::new();
    for seed in 0..40 {
        for (trouble, times) in run(Plan::of(seed)).tally.met {
            *met.entry(trouble).or_insert(0) += times;
        }
    }
    for trouble in TROUBLES {
        assert!(met.contains_key(trouble), "{trouble:?} was never met: {met:?}");
    }
}

#[test]
fn the_store_in_memory_answers_as_the_one_on_sqlite_does() {
    let mut power_cuts = 0;
    for seed in 0..6 {
        let report = run(Plan { beside_sqlite: true, steps: 600, ..Plan::of(seed) });
        kept(&report);
        power_cuts += report.tally.met.get("power cut").copied().unwrap_or(0);
    }
    assert!(power_cuts > 0, "the power was never cut");
}

#[test]
fn a_disk_under_sqlite_that_lies_is_noticed() {
    let mutant = Some(Mutant::TellsBeforeTheDisk);
    let mut broken = (0..6).map(|seed| run(Plan { beside_sqlite: true, mutant, steps: 600, ..Plan::of(seed) }));
    assert!(broken.any(|report| !report.violations.is_empty()), "nobody noticed");
}

#[test]
fn a_broken_promise_is_noticed() {
    for mutant in Mutant::ALL {
        let mut broken = (0..MUTANT_SEEDS).map(|seed| run(Plan { mutant: Some(mutant), ..Plan::of(seed) }));
        assert!(broken.any(|report| !report.violations.is_empty()), "nobody noticed {mutant:?}");
    }
}
