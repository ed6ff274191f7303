//! What Usher counts and measures of itself, for `/metrics` in Prometheus' text format.
//!
//! Every measure has its handle made once, here: nothing is looked up by name while a message is handled.

use std::fmt;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The bounds of the histograms of seconds.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// The bounds of the histogram of turns in one commit.
const TURNS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The measures of one server.
pub struct Metrics {
    handle: PrometheusHandle,
    recorder: PrometheusRecorder,
    /// Turns, by what became of them.
    pub turns: Turns,
    /// From the acceptance of an event to the commit of its turn.
    pub turn_seconds: Histogram,
    /// How many turns one commit holds.
    pub commit_turns: Histogram,
    /// How long a commit takes.
    pub commit_seconds: Histogram,
    /// Events that were accepted and wait for their turn.
    pub bus_queued: Gauge,
    /// Doors that were answered 503 because the queues were full.
    pub bus_refused: Counter,
    /// Webhooks, by what became of them.
    pub webhooks: Webhooks,
    /// Messages out, by what became of them.
    pub sends: Sends,
    /// From the commit of the turn to the provider's answer.
    pub send_seconds: Histogram,
    /// Calls to outside systems, by whether they answered.
    pub calls_answered: Counter,
    pub calls_failed: Counter,
    pub call_seconds: Histogram,
    /// Effects that are in hand: waiting for their place in a lane, or under way.
    pub effects_in_hand: Gauge,
    /// Effects that panicked while they were carried out.
    pub effect_panics: Counter,
    /// Timers and expiries that came due.
    pub timers_fired: Counter,
}

/// Turns, by what became of them.
pub struct Turns {
    pub committed: Counter,
    /// The event had been handled before.
    pub duplicate: Counter,
    /// Another turn of the session was committed first, and this one was made again.
    pub conflict: Counter,
    /// The event belongs to a session that is over, or nothing is deployed for it.
    pub idle: Counter,
    /// The turn panicked; its event was set aside.
    pub poisoned: Counter,
    /// The store could not be reached or refused.
    pub failed: Counter,
}

/// Webhooks, by what became of them.
pub struct Webhooks {
    pub accepted: Counter,
    pub unsigned: Counter,
    pub wrongly_signed: Counter,
    pub oversized: Counter,
    pub unreadable: Counter,
    /// Messages in accepted webhooks.
    pub messages: Counter,
    /// Delivery states in accepted webhooks.
    pub statuses: Counter,
}

/// Messages out, by what became of them.
pub struct Sends {
    pub sent: Counter,
    pub failed: Counter,
    pub retried: Counter,
    /// Whether the provider took it is not known: a connection broke after the request was written.
    pub unknown: Counter,
    /// Given up after every attempt.
    pub dead: Counter,
}

/// The handles themselves show nothing.
macro_rules! opaque {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}

opaque!(Metrics, Turns, Webhooks, Sends);

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes the measures, all at nought.
    pub fn new() -> Self {
        let recorder = recorder();
        let make = Make { recorder: &recorder };
        Self {
            turns: Turns {
                committed: make.counter(
                    "usher_turns_total",
                    "Turns, by what became of them.",
                    &[("outcome", "committed")],
                ),
                duplicate: make.counter("usher_turns_total", "", &[("outcome", "duplicate")]),
                conflict: make.counter("usher_turns_total", "", &[("outcome", "conflict")]),
                idle: make.counter("usher_turns_total", "", &[("outcome", "idle")]),
                poisoned: make.counter("usher_turns_total", "", &[("outcome", "poisoned")]),
                failed: make.counter("usher_turns_total", "", &[("outcome", "failed")]),
            },
            turn_seconds: make
                .histogram("usher_turn_seconds", "From the acceptance of an event to the commit of its turn."),
            commit_turns: make.histogram("usher_commit_turns", "Turns in one commit."),
            commit_seconds: make.histogram("usher_commit_seconds", "How long a commit takes."),
            bus_queued: make.gauge("usher_bus_queued", "Events that were accepted and wait for their turn."),
            bus_refused: make.counter("usher_bus_refused_total", "Requests refused because the queues were full.", &[]),
            webhooks: Webhooks {
                accepted: make.counter(
                    "usher_webhooks_total",
                    "Webhooks, by what became of them.",
                    &[("outcome", "accepted")],
                ),
                unsigned: make.counter("usher_webhooks_total", "", &[("outcome", "unsigned")]),
                wrongly_signed: make.counter("usher_webhooks_total", "", &[("outcome", "wrongly_signed")]),
                oversized: make.counter("usher_webhooks_total", "", &[("outcome", "oversized")]),
                unreadable: make.counter("usher_webhooks_total", "", &[("outcome", "unreadable")]),
                messages: make.counter("usher_webhook_messages_total", "Messages in accepted webhooks.", &[]),
                statuses: make.counter("usher_webhook_statuses_total", "Delivery states in accepted webhooks.", &[]),
            },
            sends: Sends {
                sent: make.counter(
                    "usher_sends_total",
                    "Messages out, by what became of them.",
                    &[("outcome", "sent")],
                ),
                failed: make.counter("usher_sends_total", "", &[("outcome", "failed")]),
                unknown: make.counter("usher_sends_total", "", &[("outcome", "unknown")]),
                retried: make.counter("usher_send_retries_total", "Sends that were put off to be tried again.", &[]),
                dead: make.counter("usher_dead_letters_total", "Sends given up after every attempt.", &[]),
            },
            send_seconds: make
                .histogram("usher_send_seconds", "From the commit of a turn to the provider's answer to its send."),
            calls_answered: make.counter(
                "usher_calls_total",
                "Calls to outside systems, by outcome.",
                &[("outcome", "answered")],
            ),
            calls_failed: make.counter("usher_calls_total", "", &[("outcome", "failed")]),
            call_seconds: make.histogram("usher_call_seconds", "How long a call to an outside system takes."),
            effects_in_hand: make.gauge("usher_effects_in_hand", "Effects that wait for their place or are under way."),
            effect_panics: make.counter(
                "usher_effect_panics_total",
                "Effects that panicked while they were carried out.",
                &[],
            ),
            timers_fired: make.counter("usher_timers_fired_total", "Timers and expiries that came due.", &[]),
            handle: recorder.handle(),
            recorder,
        }
    }

    /// Counts a request that was refused because its workspace puts in more than its rate.
    pub fn over_rate(&self, workspace: &str) {
        const NAME: &str = "usher_refused_over_rate_total";
        let help = "Requests refused because their workspace puts in more than its rate.";
        self.recorder.describe_counter(NAME.into(), None, help.into());
        let labels = vec![Label::new("workspace", workspace.to_owned())];
        self.recorder.register_counter(&Key::from_parts(NAME, labels), &METADATA).increment(1);
    }

    /// Writes all measures as Prometheus reads them.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what the histograms took since the last time; called now and then, lest they grow.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

fn recorder() -> PrometheusRecorder {
    let turns = metrics_exporter_prometheus::Matcher::Full("usher_commit_turns".to_owned());
    let builder = PrometheusBuilder::new();
    // Fails for an empty list of bounds alone.
    let builder = builder.set_buckets(SECONDS).unwrap_or_else(|_| PrometheusBuilder::new());
    builder.set_buckets_for_metric(turns, TURNS).unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder()
}

struct Make<'a> {
    recorder: &'a PrometheusRecorder,
}

const METADATA: Metadata<'static> = Metadata::new("usher", Level::INFO, None);

impl Make<'_> {
    /// Makes a counter; the help is given with the first of a name.
    fn counter(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &'static str)]) -> Counter {
        if !help.is_empty() {
            self.recorder.describe_counter(name.into(), None, help.into());
        }
        let labels: Vec<Label> = labels.iter().map(|(name, value)| Label::from_static_parts(name, value)).collect();
        let counter = self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA);
        // A counter is written out once it was touched.
        counter.increment(0);
        counter
    }

    fn gauge(&self, name: &'static str, help: &'static str) -> Gauge {
        self.recorder.describe_gauge(name.into(), None, help.into());
        let gauge = self.recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        gauge.set(0.0);
        gauge
    }

    fn histogram(&self, name: &'static str, help: &'static str) -> Histogram {
        self.recorder.describe_histogram(
            name.into(),
            Some(Unit::Seconds).filter(|_| name.ends_with("seconds")),
            help.into(),
        );
        self.recorder.register_histogram(&Key::from_static_name(name), &METADATA)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_written_with_their_labels() {
        let metrics = Metrics::new();
        metrics.webhooks.unsigned.increment(2);
        metrics.turn_seconds.record(0.003);
        metrics.bus_queued.set(7.0);
        let text = metrics.render();
        assert!(text.contains(r#"usher_webhooks_total{outcome="unsigned"} 2"#), "{text}");
        assert!(text.contains(r#"usher_webhooks_total{outcome="oversized"} 0"#), "{text}");
        assert!(text.contains(r#"usher_turn_seconds_bucket{le="0.005"} 1"#), "{text}");
        assert!(text.contains("usher_bus_queued 7"), "{text}");
    }

    #[test]
    fn two_servers_in_a_process_count_apart() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.turns.committed.increment(1);
        assert!(one.render().contains(r#"usher_turns_total{outcome="committed"} 1"#));
        assert!(other.render().contains(r#"usher_turns_total{outcome="committed"} 0"#));
    }
}
