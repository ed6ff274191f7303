//! What was aimed for on a machine with two cores, beside what was measured.

use super::MISSING;
use crate::results::Results;

/// One aim: in words, what was measured, and whether that is enough.
struct Goal {
    aim: &'static str,
    measured: String,
    is_met: bool,
}

/// The memory that a process may take, in mebibytes (200 MB).
const MEMORY: f64 = 200.0e6 / 1024.0 / 1024.0;
/// By how much an answer may be slower than the disk, in milliseconds.
const BEYOND_DISK: f64 = 10.0;

pub fn table(results: &Results) -> String {
    let goals = goals(results);
    if goals.is_empty() {
        return MISSING.to_owned();
    }
    let rows = goals.into_iter().map(|Goal { aim, measured, is_met }| {
        format!("| {aim} | {measured} | {} |\n", if is_met { "yes" } else { "**no**" })
    });
    format!("| aim | measured | met |\n| --- | ---: | --- |\n{}", rows.collect::<String>())
}

fn goals(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let ushers: Vec<_> =
        results.servers.iter().filter(|it| it.name.starts_with("sqlite") || it.name.starts_with("cluster")).collect();
    if ushers.is_empty() {
        return goals;
    }
    let wrong: u32 = ushers.iter().map(|it| it.checks.wrong).sum();
    goals.push(Goal { aim: "no wrong answer, ever", measured: wrong.to_string(), is_met: wrong == 0 });

    let rate = |name| results.server(name).map(|figures| figures.busy.per_second);
    let mut at_least = |aim, value: Option<f64>, of: Option<f64>, least: f64| {
        if let (Some(value), Some(of)) = (value, of) {
            let times = value / of;
            goals.push(Goal { aim, measured: format!("{times:.2}"), is_met: times >= least });
        }
    };
    let (sqlite, one, four) = (rate("sqlite"), rate("cluster-1"), rate("cluster-4"));
    at_least("SQLite: at least 0.60 of the floor's rate", sqlite, rate("floor"), 0.6);
    at_least("SQLite: ahead of Node-RED (times its rate)", sqlite, rate("node-red"), 1.0);
    at_least("SQLite: at least 80 times n8n's rate", sqlite, rate("n8n"), 80.0);
    at_least("cluster, one process: at least 0.33 of SQLite's rate", one, sqlite, 1.0 / 3.0);
    at_least("four processes on the same cores: at least 0.80 of one's rate", four, one, 0.8);

    let mut at_most = |aim, value: Option<f64>, of: Option<f64>, most: f64| {
        if let (Some(value), Some(of)) = (value, of) {
            let times = value / of;
            goals.push(Goal { aim, measured: format!("{times:.2}"), is_met: times <= most });
        }
    };
    let cpu = |name| results.server(name).map(|figures| figures.cpu.total());
    at_most("four processes: at most 1.25 of one's CPU a turn", cpu("cluster-4"), cpu("cluster-1"), 1.25);
    let stored = |sessions| results.stored.iter().find(|it| it.sessions == sessions).map(|it| it.cpu.server);
    at_most("1,000,000 stored sessions: at most 1.3 of 1,000's CPU a turn", stored(1_000_000), stored(1_000), 1.3);

    if let Some((figures, disk)) = results.server("sqlite").and_then(|it| Some((it, it.disk_beside.as_ref()?))) {
        let beyond = figures.steady.to_send.p99 - disk.time.p99;
        let measured = format!("{beyond:.1} ms");
        let aim = "SQLite, half the rate: p99 at most 10 ms beyond the disk's own";
        goals.push(Goal { aim, measured, is_met: beyond <= BEYOND_DISK });
    }
    let stored = results.stored.iter().map(|it| it.peak_mib);
    let peak = ushers.iter().map(|it| it.peak_mib).chain(stored).fold(0.0, f64::max);
    let measured = format!("{:.0} MB", peak * 1.024 * 1.024);
    goals.push(Goal { aim: "memory of a process: under 200 MB throughout", measured, is_met: peak < MEMORY });
    goals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Figures, Phase};

    #[test]
    fn a_goal_that_is_missed_is_said_to_be() {
        let figures = |name: &str, per_second| Figures {
            name: name.to_owned(),
            busy: Phase { per_second, ..Phase::default() },
            ..Figures::default()
        };
        let mut results =
            Results { servers: vec![figures("floor", 1_000.0), figures("sqlite", 700.0)], ..Results::default() };
        assert!(goals(&results).iter().all(|goal| goal.is_met));
        results.servers[1].busy.per_second = 500.0;
        assert!(table(&results).contains("| 0.50 | **no** |"));
    }
}
