//! The table of all measures: what Usher counts, under which name, and what it means. The reference is made from it.

use std::fmt::Write as _;

/// One measure, with every label that it can have.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// As Prometheus knows it: its unit is its last word, before `total`.
    pub name: &'static str,
    pub kind: Kind,
    /// Each with its values, or in words where they come from the configuration.
    pub labels: &'static [(&'static str, &'static str)],
    pub help: &'static str,
}

/// What kind of number a measure is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Only rises, from nought at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A gauge that one process at a time reads from the database now and then; nought with the others.
    Sampled,
    /// Counted in buckets up to these bounds.
    Histogram(&'static [f64]),
}

/// The bounds of the histograms of seconds.
pub const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// The bounds of the histogram of turns in one commit.
const TURNS_AT_ONCE: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const WORKSPACE: (&str, &str) = ("workspace", "key of the workspace");
const ENVIRONMENT: (&str, &str) = ("environment", "`sandbox`, `production`");
const CHANNEL: &[(&str, &str)] =
    &[WORKSPACE, ENVIRONMENT, ("channel", "key of the channel"), ("kind", "such as `whatsapp`")];

macro_rules! families {
    ($($NAME:ident = $kind:expr, $name:literal, $labels:expr, $help:literal;)*) => {
        $(#[doc = $help] pub const $NAME: Family = Family { name: $name, kind: $kind, labels: $labels, help: $help };)*
        /// All measures, in the order of the reference.
        pub const ALL: &[Family] = &[$($NAME),*];
    };
}

families! {
    TURNS = Kind::Counter, "usher_turns_total",
        &[("outcome", "`committed`, `duplicate`, `conflict`, `idle`, `poisoned`, `failed`")],
        "Turns, by what became of them. Duplicate: the event was handled before. Conflict: the session moved on, and the turn was taken again. Idle: there was no turn to take. Poisoned: the event was set aside. Failed: the store was away, and the event comes again.";
    TURN_SECONDS = Kind::Histogram(SECONDS), "usher_turn_seconds", &[],
        "From the acceptance of an event to the commit of its turn.";
    COMMIT_TURNS = Kind::Histogram(TURNS_AT_ONCE), "usher_commit_turns", &[],
        "Turns in one commit.";
    COMMIT_SECONDS = Kind::Histogram(SECONDS), "usher_commit_seconds", &[],
        "How long a commit takes.";
    STORE_ERRORS = Kind::Counter, "usher_store_errors_total",
        &[("during", "`turns`, `settling`, `sweeping`, `timers`")],
        "Times that the database did not do what was asked; it is asked again.";
    BUS_QUEUED = Kind::Gauge, "usher_bus_queued", &[],
        "Events in this process that were accepted and wait for their turn.";
    BUS_REFUSED = Kind::Counter, "usher_bus_refused_total", &[],
        "Requests answered 503 because too much waited.";
    OVER_RATE = Kind::Counter, "usher_refused_over_rate_total", &[WORKSPACE],
        "Requests refused because their workspace puts in more than its rate.";
    WEBHOOKS = Kind::Counter, "usher_webhooks_total",
        &[("outcome", "`accepted`, `unsigned`, `wrongly_signed`, `oversized`, `unreadable`")],
        "Webhooks, by what became of them. One that is accepted may hold a part that is unreadable, which is kept.";
    WEBHOOK_MESSAGES = Kind::Counter, "usher_webhook_messages_total", &[],
        "Messages of customers in webhooks.";
    WEBHOOK_STATUSES = Kind::Counter, "usher_webhook_statuses_total", &[],
        "Delivery states in webhooks.";
    KEPT = Kind::Counter, "usher_kept_total", &[("what", "`webhook`, `event`")],
        "Parts of webhooks that could not be read, and events on which no turn could be taken; people find them under Operations.";
    SENDS = Kind::Counter, "usher_sends_total", &[("outcome", "`sent`, `failed`, `unknown`")],
        "Messages to customers, by what became of them. Unknown: the connection broke after the request was written.";
    SEND_RETRIES = Kind::Counter, "usher_send_retries_total", &[],
        "Sends that the provider refused for a while, put off to be tried again.";
    SENDS_REPEATED = Kind::Counter, "usher_sends_repeated_total", &[],
        "Sends made again because nothing was heard of them in time: the customer may have got the message twice.";
    DEAD_LETTERS = Kind::Counter, "usher_dead_letters_total", &[],
        "Sends given up, at once or after every attempt; people find them under Operations.";
    SEND_SECONDS = Kind::Histogram(SECONDS), "usher_send_seconds", &[],
        "From the commit of a turn to the provider's answer to its send.";
    CALLS = Kind::Counter, "usher_calls_total",
        &[WORKSPACE, ENVIRONMENT, ("system", "`api/` or `connection/` and its key"), ("outcome", "`answered`, `failed`")],
        "Calls to outside systems, by outcome.";
    CALL_SECONDS = Kind::Histogram(SECONDS), "usher_call_seconds", &[],
        "How long a call to an outside system takes.";
    EFFECTS_IN_HAND = Kind::Gauge, "usher_effects_in_hand", &[],
        "Sends and calls in this process that wait for their place or are under way.";
    EFFECT_PANICS = Kind::Counter, "usher_effect_panics_total", &[],
        "Sends and calls that panicked while they were carried out.";
    TIMERS_FIRED = Kind::Counter, "usher_timers_fired_total", &[],
        "Timers and ends of sessions that came due.";
    PROCESSES_BURIED = Kind::Counter, "usher_processes_buried_total", &[],
        "Processes that this one found dead, and whose work it gave back.";
    CHANNEL_RECEIVED = Kind::Counter, "usher_channel_received_total", CHANNEL,
        "Messages of customers, by channel.";
    CHANNEL_SENDS = Kind::Counter, "usher_channel_sends_total",
        &[WORKSPACE, ENVIRONMENT, ("channel", "key of the channel"), ("kind", "such as `whatsapp`"), ("outcome", "`sent`, `failed`, `unknown`, `retried`, `repeated`")],
        "Messages to customers, by channel and what became of them.";
    LIVE_STREAMS = Kind::Gauge, "usher_live_streams", &[],
        "Open streams of live views and web chats.";
    WAITING_EFFECTS = Kind::Sampled, "usher_waiting_effects", &[("state", "`due`, `leased`, `retried`, `unknown`, `parked`")],
        "Sends and calls in the database. Due: should be under way. Leased: a process has it. Retried: tried again later. Unknown: waits for word from the provider. Parked: stands behind others to the same customer. At most 10,000 of each are counted.";
    WAITING_SECONDS = Kind::Sampled, "usher_waiting_effects_oldest_seconds", &[],
        "Since when the oldest send or call is due.";
    WAITING_DEAD_LETTERS = Kind::Sampled, "usher_waiting_dead_letters", &[],
        "Dead letters that nobody has tried again or dropped; at most 10,000 are counted.";
    WAITING_KEPT = Kind::Sampled, "usher_waiting_kept", &[],
        "Webhooks and events that were kept and nobody has tried again or dropped; at most 10,000 are counted.";
    WAITING_EVENTS = Kind::Sampled, "usher_waiting_own_events", &[],
        "Answers, firings of timers and failures on which no turn was taken yet; at most 10,000 are counted.";
    WAITING_TIMERS = Kind::Sampled, "usher_waiting_timers", &[],
        "Timers that should have fired; at most 10,000 are counted.";
    SPANS = Kind::Counter, "usher_spans_total", &[("outcome", "`exported`, `dropped`")],
        "Spans for the collector of `--otlp-endpoint`, by what became of them. Dropped: it was away or refused, or more came than it took.";
    MEMORY = Kind::Gauge, "process_resident_memory_bytes", &[],
        "Memory of the process that is in RAM (Linux).";
    STARTED = Kind::Gauge, "process_start_time_seconds", &[],
        "When the process started, in seconds since 1970.";
    BUILD = Kind::Gauge, "usher_build_info", &[("version", "Usher's version")],
        "Always 1.";
}

/// Writes the reference of all measures.
pub fn reference() -> String {
    let mut text = String::from(INTRODUCTION);
    for family in ALL {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Sampled => "gauge, sampled",
            Kind::Histogram(_) => "histogram",
        };
        let labels: Vec<String> = family.labels.iter().map(|(name, values)| format!("`{name}`: {values}")).collect();
        let labels = labels.join("<br>");
        let _ = writeln!(text, "| `{}` | {kind} | {labels} | {} |", family.name, family.help);
    }
    text
}

const INTRODUCTION: &str = "# Measures

<!-- Made by `make gen`; change crates/server/src/metrics/families.rs instead. -->

`/metrics` tells these in Prometheus' text format. Each process tells of itself; what is *sampled* is read from the
database by one process at a time, every 15 seconds, and is nought with the others, so that a sum over all processes is
right. No label holds anything of a customer. At most 1,000 channels and 1,000 called systems have lines of their own; what
is beyond is counted under the key `(others)`.

Anybody who reaches the server may read `/metrics`, unless `--metrics-token` is set: then a scraper sends it as
`Authorization: Bearer …`. The names of workspaces, channels and systems are among the labels, so set one where strangers
reach the server, or leave `/metrics` out in the proxy in front.

| name | kind | labels | what it is |
| --- | --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        for (place, family) in ALL.iter().enumerate() {
            assert!(ALL[..place].iter().all(|other| other.name != family.name), "{} is there twice", family.name);
            assert!(family.name.starts_with("usher_") || family.name.starts_with("process_"), "{}", family.name);
            assert_eq!(family.name.ends_with("_total"), matches!(family.kind, Kind::Counter), "{}", family.name);
            assert!(family.help.ends_with('.') && !family.help.contains('|'), "{}", family.name);
        }
    }

    #[test]
    fn every_measure_is_in_the_reference() {
        let reference = reference();
        assert!(ALL.iter().all(|family| reference.contains(&format!("| `{}` |", family.name))));
    }
}
