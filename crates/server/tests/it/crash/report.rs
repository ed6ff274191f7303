//! What is printed in the end: a line of figures, and of what went wrong a timeline.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use super::checker::Figures;
use super::load::phone_of;
use super::witness::{Seen, Violation, Wait};

/// The variable that names a file to which a line of figures is added, for a table of many runs.
const TABLE: &str = "USHER_CRASH_TABLE";
/// Violations that are told in full.
const TOLD: usize = 5;
/// How much of what happened before the last of a contact's doings is told.
const BEFORE: Duration = Duration::from_secs(30);

/// The figures of a run.
#[derive(Debug)]
pub struct Report {
    scenario: &'static str,
    seed: u64,
    /// How often each was killed.
    kills: BTreeMap<String, usize>,
    figures: Figures,
    unavailable: u64,
    broken: u64,
    longest_wait: Duration,
    /// How late the machine itself was, in all.
    late: Duration,
    ready_after: Vec<Duration>,
}

impl Report {
    pub fn of(scenario: &'static str, seed: u64, seen: &Seen, figures: Figures) -> Self {
        let mut ready_after = seen.ready_after.clone();
        ready_after.sort_unstable();
        let mut kills = BTreeMap::new();
        for (_, who) in &seen.kills {
            *kills.entry(who.clone()).or_default() += 1;
        }
        Self {
            scenario,
            seed,
            kills,
            figures,
            unavailable: seen.webhooks.unavailable,
            broken: seen.webhooks.broken,
            longest_wait: seen.waits.iter().map(Wait::length).max().unwrap_or_default(),
            late: seen.late.iter().map(|(_, late)| *late).sum(),
            ready_after,
        }
    }

    /// Names and values, in the order of the table's columns.
    fn columns(&self) -> Vec<(&'static str, String)> {
        let figures = &self.figures;
        let start = |index: usize| self.ready_after.get(index).map_or("-".to_owned(), |ready| format!("{ready:.0?}"));
        let killed: Vec<_> = self.kills.iter().map(|(who, times)| format!("{who}:{times}")).collect();
        vec![
            ("scenario", self.scenario.to_owned()),
            ("seed", self.seed.to_string()),
            ("kills", self.kills.values().sum::<usize>().to_string()),
            ("killed", if killed.is_empty() { "-".to_owned() } else { killed.join(",") }),
            ("acknowledged", figures.acknowledged.to_string()),
            ("turns", figures.handled.to_string()),
            ("sent", figures.sent.to_string()),
            ("sent-twice", figures.sent_twice.to_string()),
            ("though-told", figures.sent_twice_told.to_string()),
            ("calls", figures.calls.to_string()),
            ("calls-twice", figures.calls_twice.to_string()),
            ("tickets", figures.tickets.to_string()),
            ("503", self.unavailable.to_string()),
            ("no-answer", self.broken.to_string()),
            ("longest-wait", format!("{:.1?}", self.longest_wait)),
            ("machine-late", format!("{:.1?}", self.late)),
            ("start-p50", start(self.ready_after.len() / 2)),
            ("start-max", start(self.ready_after.len().saturating_sub(1))),
        ]
    }

    /// Prints the figures, and adds them to the table if there is one.
    pub fn print(&self) {
        let columns = self.columns();
        for (name, value) in &columns {
            println!("{name:>14}  {value}");
        }
        let Ok(path) = std::env::var(TABLE) else { return };
        let mut table =
            std::fs::OpenOptions::new().create(true).append(true).open(&path).expect("the table can be written");
        if table.metadata().is_ok_and(|table| table.len() == 0) {
            let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
            writeln!(table, "{}", names.join(" ")).expect("the table can be written");
        }
        let values: Vec<_> = columns.into_iter().map(|(_, value)| value).collect();
        writeln!(table, "{}", values.join(" ")).expect("the table can be written");
    }

    /// Says whether everything was as it must be; if not, tells what was not, and what led to it.
    pub fn holds(&self, seen: &Seen, found: &[Violation]) -> bool {
        assert!(self.figures.acknowledged > 0, "nobody said anything");
        let violations: Vec<&Violation> = seen.failures.iter().chain(found).collect();
        for violation in violations.iter().take(TOLD) {
            println!("\n{}", violation.what);
            if let Some(contact) = violation.contact {
                println!("contact {contact}:");
                for (at, line) in timeline(seen, contact) {
                    println!("{:>10.3} {line}", at.as_secs_f64());
                }
            }
        }
        if violations.len() > TOLD {
            println!("\n… and {} more", violations.len() - TOLD);
        }
        violations.is_empty()
    }
}

/// Everything about a contact, and what was done to the servers, in order.
fn timeline(seen: &Seen, contact: u32) -> Vec<(Duration, String)> {
    let mut lines: Vec<(Duration, String)> = seen.deeds.clone();
    for said in seen.said.get(&contact).into_iter().flatten() {
        lines.push((said.first_posted, format!("says `{}` ({})", said.text, said.id)));
        lines.extend(said.acknowledged.map(|at| (at, format!("`{}` is acknowledged", said.text))));
    }
    let phone = phone_of(contact);
    for arrival in seen.arrivals.iter().filter(|arrival| arrival.phone == phone) {
        lines.push((arrival.at, format!("reads `{}` ({})", arrival.text, arrival.effect)));
        lines.extend(seen.told.get(&arrival.effect).map(|at| (*at, format!("a status of {}", arrival.effect))));
    }
    lines.sort();
    lines.dedup();
    let last = lines.last().map(|(at, _)| *at).unwrap_or_default();
    lines.retain(|(at, _)| *at + BEFORE > last);
    lines
}
