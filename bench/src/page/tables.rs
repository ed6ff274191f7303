//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::MISSING;
use crate::disk::Disk;
use crate::results::{Figures, Results, Spread};

/// What is said of a server beside its figures.
struct Words {
    title: &'static str,
    /// What it keeps of what it has acknowledged.
    keeps: &'static str,
    /// Whether it checks that a webhook is Meta's.
    checks: bool,
}

pub fn title(name: &str) -> &'static str {
    words(name).title
}

fn words(name: &str) -> Words {
    let flushed = "every turn, flushed to disk";
    match name {
        "floor" => Words { title: "bare floor", keeps: flushed, checks: true },
        "node-red" => Words { title: "Node-RED 5.0", keeps: "nothing: memory only", checks: false },
        "n8n" => Words { title: "n8n 2.40", keeps: "where contacts are; not a message under way", checks: false },
        "sqlite" => Words { title: "Usher, SQLite", keeps: flushed, checks: true },
        "cluster-1" => Words { title: "Usher, PostgreSQL + NATS, 1 process", keeps: flushed, checks: true },
        "cluster-2" => Words { title: "Usher, PostgreSQL + NATS, 2 processes", keeps: flushed, checks: true },
        "cluster-4" => Words { title: "Usher, PostgreSQL + NATS, 4 processes", keeps: flushed, checks: true },
        "floor-states" => Words { title: "bare floor, with delivery states", keeps: flushed, checks: true },
        "sqlite-states" => Words { title: "Usher, SQLite, with delivery states", keeps: flushed, checks: true },
        _ => Words { title: "another server", keeps: "", checks: false },
    }
}

/// The order in which servers are told.
pub const SERVERS: [&str; 7] = ["floor", "n8n", "node-red", "sqlite", "cluster-1", "cluster-2", "cluster-4"];
const CLUSTERS: [&str; 3] = ["cluster-1", "cluster-2", "cluster-4"];

fn found<'a>(results: &'a Results, names: &'a [&str]) -> Vec<&'a Figures> {
    names.iter().filter_map(|name| results.server(name)).collect()
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return MISSING.to_owned();
    }
    let mut text = format!("| {} |\n|", head.join(" | "));
    for column in head {
        text += if column.starts_with("server") || column.starts_with("keeps") { " --- |" } else { " ---: |" };
    }
    text.push('\n');
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// With commas between thousands, and as many digits as are known.
pub fn number(value: f64) -> String {
    if value < 100.0 {
        let digits = if value < 1.0 { 2 } else { 1 };
        return format!("{value:.digits$}");
    }
    let whole = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn milliseconds(value: f64) -> String {
    format!("{value:.2}")
}

fn spread(spread: Spread) -> String {
    format!("{:.1} / {:.1}", spread.p50, spread.p99)
}

fn share(value: f64, of: Option<f64>) -> String {
    of.filter(|of| *of > 0.0).map_or("-".to_owned(), |of| format!("{:.2}", value / of))
}

pub fn machine(results: &Results) -> String {
    let machine = &results.machine;
    if machine.date.is_empty() {
        return MISSING.to_owned();
    }
    let mut text = format!(
        "Measured on {}: {} cores ({}), {:.0} GiB of memory, {}; Usher at `{}`.\n",
        machine.date, machine.cores, machine.processor, machine.memory_gib, machine.system, machine.commit
    );
    for complaint in results.complaints() {
        let _ = writeln!(text, "\n**{complaint}**");
    }
    text
}

pub fn servers(results: &Results) -> String {
    let floor = results.server("floor").map(|floor| floor.busy.per_second);
    let rows = found(results, &SERVERS).into_iter().map(|figures| {
        let words = words(&figures.name);
        vec![
            words.title.to_owned(),
            number(figures.busy.per_second),
            share(figures.busy.per_second, floor),
            milliseconds(figures.cpu.total()),
            spread(figures.steady.to_send),
            number(figures.peak_mib),
            format!("{} of {}", figures.checks.wrong, number(figures.checks.answers.into())),
            if words.checks { "yes" } else { "no" }.to_owned(),
            words.keeps.to_owned(),
        ]
    });
    let head = [
        "server",
        "conversations/s",
        "of the floor",
        "CPU ms a turn",
        "message to send at half the rate, p50 / p99 ms",
        "peak memory MiB",
        "wrong answers",
        "checks signatures",
        "keeps",
    ];
    table(&head, rows.collect())
}

pub fn cluster(results: &Results) -> String {
    let sqlite = results.server("sqlite").map(|sqlite| sqlite.busy.per_second);
    let one = results.server("cluster-1");
    let rows = found(results, &CLUSTERS).into_iter().map(|figures| {
        let cpu = &figures.cpu;
        let beside = |name| cpu.beside.get(name).copied().unwrap_or_default();
        vec![
            figures.processes.to_string(),
            number(figures.busy.per_second),
            share(figures.busy.per_second, sqlite),
            share(figures.busy.per_second, one.map(|one| one.busy.per_second)),
            milliseconds(cpu.server),
            milliseconds(beside("PostgreSQL")),
            milliseconds(beside("NATS")),
            share(cpu.total(), one.map(|one| one.cpu.total())),
            spread(figures.steady.to_send),
            number(figures.peak_mib),
        ]
    });
    let head = [
        "processes",
        "conversations/s",
        "of SQLite",
        "of one process",
        "CPU ms a turn: Usher",
        "PostgreSQL",
        "NATS",
        "all, of one process",
        "message to send at half the rate, p50 / p99 ms",
        "largest process, MiB",
    ];
    table(&head, rows.collect())
}

pub fn held(results: &Results) -> String {
    let one = results.held.iter().find(|held| held.processes == 1);
    let rows = results.held.iter().map(|held| {
        let beside = |name| held.cpu.beside.get(name).copied().unwrap_or_default();
        vec![
            held.processes.to_string(),
            number(held.busy.per_second),
            share(held.busy.per_second, one.map(|one| one.busy.per_second)),
            milliseconds(held.cpu.server),
            milliseconds(beside("PostgreSQL")),
            milliseconds(beside("NATS")),
        ]
    });
    let share = results.held.first().map_or(0.1, |held| held.share);
    let first = format!("processes with {share} of a core");
    table(&[&first, "conversations/s", "times one", "CPU ms a turn: Usher", "PostgreSQL", "NATS"], rows.collect())
}

pub fn stored(results: &Results) -> String {
    let least = results.stored.iter().min_by_key(|stored| stored.sessions).map(|stored| stored.cpu.server);
    let rows = results.stored.iter().map(|stored| {
        vec![
            number(stored.sessions.into()),
            number(stored.database_mib),
            milliseconds(stored.cpu.server),
            share(stored.cpu.server, least),
            number(stored.busy.per_second),
            number(stored.peak_mib),
            number(stored.ready_ms),
        ]
    });
    let head = [
        "stored sessions",
        "database MiB",
        "CPU ms a turn",
        "of the first",
        "conversations/s",
        "peak memory MiB",
        "start to ready ms",
    ];
    table(&head, rows.collect())
}

pub fn states(results: &Results) -> String {
    let rows = found(results, &["floor-states", "sqlite-states"]).into_iter().map(|figures| {
        let without = results.server(figures.name.trim_end_matches("-states"));
        let states = figures.states.clone().unwrap_or_default();
        vec![
            words(&figures.name).title.to_owned(),
            number(figures.busy.per_second),
            share(figures.busy.per_second, without.map(|without| without.busy.per_second)),
            milliseconds(figures.cpu.total()),
            spread(figures.steady.to_send),
            #[expect(clippy::cast_precision_loss, reason = "states of a run")]
            number(states.told as f64),
            format!("{} / {}", states.refused, states.lost),
            format!("{} of {}", states.read, states.sent),
        ]
    });
    let head = [
        "server",
        "conversations/s",
        "of the same without",
        "CPU ms a turn",
        "message to send at half the rate, p50 / p99 ms",
        "states told",
        "refused / lost",
        "messages known to be read",
    ];
    table(&head, rows.collect())
}

pub fn disk(results: &Results) -> String {
    let row = |when: String, disk: &Disk| {
        let Disk { file_system, flushes, time } = disk;
        vec![when, file_system.clone(), flushes.to_string(), milliseconds(time.p50), milliseconds(time.p99)]
    };
    let mut rows = Vec::new();
    rows.extend(results.disk.as_ref().map(|disk| row("nothing else".to_owned(), disk)));
    for figures in &results.servers {
        let load = format!("half the rate of: {}", words(&figures.name).title);
        rows.extend(figures.disk_beside.as_ref().map(|disk| row(load, disk)));
    }
    table(&["while there ran", "file system", "flushes", "p50 ms", "p99 ms"], rows)
}

pub fn written(results: &Results) -> String {
    let (Some(floor), Some(usher)) = (results.server("floor"), results.server("sqlite")) else {
        return MISSING.to_owned();
    };
    let (Some(floor), Some(usher)) = (&floor.written, &usher.written) else { return MISSING.to_owned() };
    let names: BTreeSet<_> = floor.rows.keys().chain(usher.rows.keys()).collect();
    let mut rows: Vec<_> = names
        .into_iter()
        .map(|name| {
            let of = |rows: &std::collections::BTreeMap<String, f64>| {
                rows.get(name).map_or("-".to_owned(), |rows| number(*rows))
            };
            vec![format!("rows of `{name}`"), of(&floor.rows), of(&usher.rows)]
        })
        .collect();
    rows.push(vec!["bytes of all".to_owned(), number(floor.bytes), number(usher.bytes)]);
    table(&["a conversation leaves", "bare floor", "Usher, SQLite"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_easily() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.456), "0.46");
        assert_eq!(number(914.0), "914");
    }

    #[test]
    fn every_server_has_a_name() {
        for name in SERVERS.into_iter().chain(["floor-states", "sqlite-states"]) {
            assert_ne!(title(name), title("nobody"));
        }
    }
}
