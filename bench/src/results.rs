//! The figures of a run, as they are kept in a file: tables and plots are made from it alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::conversation::TURNS;
use crate::disk::Disk;
use crate::load::Outcome;

/// Everything that one run measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    /// The machine's own time for a flush, while nothing else ran.
    pub disk: Option<Disk>,
    pub servers: Vec<Figures>,
    pub stored: Vec<Stored>,
    pub held: Vec<Held>,
    /// Parts that could not be measured, and why.
    pub failed: BTreeMap<String, String>,
}

/// Where and when it was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub date: String,
    pub cores: usize,
    pub processor: String,
    pub memory_gib: f64,
    pub system: String,
    /// What was measured, as git names it.
    pub commit: String,
}

/// The value in the middle and the one that all but a hundredth lie under, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub p50: f64,
    pub p99: f64,
}

/// One load and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub seconds: f64,
    pub conversations: u32,
    pub per_second: f64,
    /// From a message to the send that answers it, without what the stand-ins took.
    pub to_send: Spread,
    pub to_acknowledge: Spread,
}

/// CPU seconds for a thousand turns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    pub server: f64,
    /// Of what runs beside it, by name.
    pub beside: BTreeMap<String, f64>,
}

/// The figures of one server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub name: String,
    pub processes: usize,
    pub busy: Phase,
    pub steady: Phase,
    pub cpu: Cpu,
    /// Resident memory in mebibytes, of its largest process: after the start, and the most that it ever was.
    pub idle_mib: f64,
    pub peak_mib: f64,
    pub ready_ms: f64,
    pub checks: Checks,
    /// Delivery states, where they were told.
    pub states: Option<States>,
    /// The disk's flushes while half of the top rate ran.
    pub disk_beside: Option<Disk>,
    /// What a conversation leaves in the database: rows by table, and bytes of all.
    pub written: Option<Written>,
}

/// What the checker found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    pub answers: u32,
    /// Conversations with a wrong answer, with none in time, or with a webhook that was refused.
    pub wrong: u32,
    /// Sends for nobody who waited.
    pub unexpected: u64,
    /// Requests that the real API would have refused.
    pub refused: u64,
    /// The first few that were wrong, in words.
    pub failures: Vec<String>,
}

/// Delivery states that were told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct States {
    pub told: u64,
    /// Webhooks that were not answered with 200 at once.
    pub refused: u64,
    pub lost: u64,
    /// Messages that are known to be read in the end, of those that were sent.
    pub read: u64,
    pub sent: u64,
}

/// What a conversation leaves in the database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub rows: BTreeMap<String, f64>,
    pub bytes: f64,
}

/// The cost of a turn among so many stored sessions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub sessions: u32,
    pub busy: Phase,
    pub cpu: Cpu,
    pub peak_mib: f64,
    pub ready_ms: f64,
    pub database_mib: f64,
    pub checks: Checks,
}

/// Processes that are held to a share of a core each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub processes: usize,
    pub share: f64,
    pub busy: Phase,
    pub cpu: Cpu,
    pub checks: Checks,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches(['\t', ' ', ':', '=']).trim().trim_matches('"').to_owned()
        };
        let kibibytes: f64 = after(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
        Self {
            date: told("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: after(&read("/proc/cpuinfo"), "model name"),
            memory_gib: rounded(kibibytes / 1024.0 / 1024.0),
            system: format!("{}, Linux {}", after(&read("/etc/os-release"), "PRETTY_NAME"), told("uname", &["-r"])),
            commit: told("git", &["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]),
        }
    }
}

fn told(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// To three digits after the point, which is more than is known.
pub fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The value under which the given share of the sorted values lies.
pub fn percentile(sorted: &[u32], share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

impl Spread {
    /// Of times in microseconds.
    pub fn of(mut times: Vec<u32>) -> Self {
        times.sort_unstable();
        let at = |share| rounded(f64::from(percentile(&times, share)) / 1_000.0);
        Self { p50: at(0.50), p99: at(0.99) }
    }
}

impl Phase {
    /// CPU seconds, spread over a thousand of its turns.
    pub fn per_thousand_turns(&self, seconds: f64) -> f64 {
        rounded(seconds * 1_000.0 / f64::from((self.conversations * TURNS).max(1)))
    }
}

impl From<&Outcome> for Phase {
    fn from(outcome: &Outcome) -> Self {
        let seconds = outcome.elapsed.as_secs_f64();
        Self {
            seconds: rounded(seconds),
            conversations: outcome.conversations,
            per_second: rounded(f64::from(outcome.conversations) / seconds),
            to_send: Spread::of(outcome.to_send.clone()),
            to_acknowledge: Spread::of(outcome.to_acknowledge.clone()),
        }
    }
}

impl Cpu {
    /// Of all processes together.
    pub fn total(&self) -> f64 {
        self.server + self.beside.values().sum::<f64>()
    }
}

impl Checks {
    pub fn add(&mut self, outcome: &Outcome) {
        self.answers += outcome.answers;
        self.wrong += outcome.failed;
        self.failures.extend(outcome.failures.iter().take(5_usize.saturating_sub(self.failures.len())).cloned());
    }

    /// Whether every answer was right, and nothing came that nobody waited for.
    pub fn are_right(&self) -> bool {
        self.wrong == 0 && self.unexpected == 0 && self.refused == 0
    }
}

impl Results {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} holds no results", path.display()))
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub fn server(&self, name: &str) -> Option<&Figures> {
        self.servers.iter().find(|figures| figures.name == name)
    }

    /// What was found wrong, and what could not be measured; empty after a good run.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<_> =
            self.failed.iter().map(|(part, why)| format!("{part} was not measured: {why}")).collect();
        let mut check = |name: &str, checks: &Checks| {
            if !checks.are_right() {
                let Checks { wrong, unexpected, refused, failures, .. } = checks;
                complaints.push(format!(
                    "{name}: {wrong} conversations went wrong, {unexpected} sends nobody waited for, \
                     {refused} were refused: {}",
                    failures.join("; ")
                ));
            }
        };
        for figures in &self.servers {
            check(&figures.name, &figures.checks);
        }
        for stored in &self.stored {
            check(&format!("{} stored sessions", stored.sessions), &stored.checks);
        }
        for held in &self.held {
            check(&format!("{} held processes", held.processes), &held.checks);
        }
        for figures in &self.servers {
            if let Some(states) = figures.states.as_ref().filter(|states| states.lost > 0 || states.read < states.sent)
            {
                let States { lost, read, sent, .. } = states;
                complaints.push(format!("{}: {lost} states lost, {read} of {sent} messages read", figures.name));
            }
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_few_and_many() {
        assert_eq!(percentile(&[], 0.5), 0);
        assert_eq!(percentile(&[7], 0.99), 7);
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&values, 0.5), 100);
        assert_eq!(percentile(&values, 0.99), 198);
        assert_eq!(Spread::of(vec![3_000, 1_000, 2_000]), Spread { p50: 2.0, p99: 3.0 });
    }

    #[test]
    fn wrong_answers_and_missing_parts_are_complained_of() {
        let mut results = Results::default();
        results.servers.push(Figures { name: "sqlite".to_owned(), ..Figures::default() });
        assert!(results.complaints().is_empty());
        results.servers[0].checks.wrong = 1;
        results.failed.insert("n8n".to_owned(), "npm is away".to_owned());
        assert_eq!(results.complaints().len(), 2);
    }
}
