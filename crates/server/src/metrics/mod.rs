//! What Usher counts and measures of itself, for `/metrics` in Prometheus' text format.
//!
//! Every measure has its handle made once, here: nothing is looked up by name while a message is handled.

mod families;
mod make;
mod named;
mod sampler;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::PrometheusHandle;
use usher_engine::Environment;

pub use families::reference;
use families::{self as family, Family};
use named::Named;
pub use named::{ChannelMeasures, SystemMeasures};
pub use sampler::start as start_sampler;

/// The measures of one server.
pub struct Metrics {
    handle: PrometheusHandle,
    named: Named,
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
    /// How long a call to an outside system takes.
    pub call_seconds: Histogram,
    /// Effects that are in hand: waiting for their place in a lane, or under way.
    pub effects_in_hand: Gauge,
    /// Effects that panicked while they were carried out.
    pub effect_panics: Counter,
    /// Timers and expiries that came due.
    pub timers_fired: Counter,
    /// Processes that were found dead.
    pub processes_buried: Counter,
    /// What was kept for people.
    pub kept: KeptMeasures,
    /// Times that the database did not do what was asked.
    pub store_errors: StoreErrors,
    /// Open streams of live views.
    pub live_streams: Gauge,
    /// Spans for the collector, by what became of them.
    pub spans: SpanMeasures,
    memory: Gauge,
    waiting: Waiting,
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
    /// Sent again because nothing was heard of it: it may have arrived twice.
    pub repeated: Counter,
    /// Given up after every attempt.
    pub dead: Counter,
}

/// What was kept for people to look at.
pub struct KeptMeasures {
    pub webhooks: Counter,
    pub events: Counter,
}

/// Times that the database did not do what was asked, by what was going on.
pub struct StoreErrors {
    pub turns: Counter,
    pub settling: Counter,
    pub sweeping: Counter,
    pub timers: Counter,
}

/// Spans for the collector, by what became of them.
pub struct SpanMeasures {
    pub exported: Counter,
    /// The collector was away, or more came than it took.
    pub dropped: Counter,
}

/// What waits in the database, as it was last read.
struct Waiting {
    due: Gauge,
    leased: Gauge,
    retried: Gauge,
    unknown: Gauge,
    parked: Gauge,
    oldest: Gauge,
    dead_letters: Gauge,
    kept: Gauge,
    own_events: Gauge,
    timers: Gauge,
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

opaque!(Metrics, Turns, Webhooks, Sends, KeptMeasures, StoreErrors, SpanMeasures, ChannelMeasures, SystemMeasures);

impl Default for Metrics {
    fn default() -> Self {
        Self::new(Timestamp::UNIX_EPOCH)
    }
}

impl Metrics {
    /// Makes the measures of a process that started at `started`, all at nought.
    pub fn new(started: Timestamp) -> Self {
        let recorder = Arc::new(make::recorder());
        let counter = |family: &Family, values: &[&str]| make::counter(&recorder, family, values);
        let gauge = |family: &Family, values: &[&str]| make::gauge(&recorder, family, values);
        let histogram = |family: &Family| make::histogram(&recorder, family);
        let turns = |outcome| counter(&family::TURNS, &[outcome]);
        let webhooks = |outcome| counter(&family::WEBHOOKS, &[outcome]);
        let sends = |outcome| counter(&family::SENDS, &[outcome]);
        let store_errors = |during| counter(&family::STORE_ERRORS, &[during]);
        let effects = |state| gauge(&family::WAITING_EFFECTS, &[state]);
        gauge(&family::STARTED, &[]).set(started.as_millisecond() as f64 / 1000.0);
        gauge(&family::BUILD, &[env!("CARGO_PKG_VERSION")]).set(1.0);
        Self {
            turns: Turns {
                committed: turns("committed"),
                duplicate: turns("duplicate"),
                conflict: turns("conflict"),
                idle: turns("idle"),
                poisoned: turns("poisoned"),
                failed: turns("failed"),
            },
            turn_seconds: histogram(&family::TURN_SECONDS),
            commit_turns: histogram(&family::COMMIT_TURNS),
            commit_seconds: histogram(&family::COMMIT_SECONDS),
            bus_queued: gauge(&family::BUS_QUEUED, &[]),
            bus_refused: counter(&family::BUS_REFUSED, &[]),
            webhooks: Webhooks {
                accepted: webhooks("accepted"),
                unsigned: webhooks("unsigned"),
                wrongly_signed: webhooks("wrongly_signed"),
                oversized: webhooks("oversized"),
                unreadable: webhooks("unreadable"),
                messages: counter(&family::WEBHOOK_MESSAGES, &[]),
                statuses: counter(&family::WEBHOOK_STATUSES, &[]),
            },
            sends: Sends {
                sent: sends("sent"),
                failed: sends("failed"),
                unknown: sends("unknown"),
                retried: counter(&family::SEND_RETRIES, &[]),
                repeated: counter(&family::SENDS_REPEATED, &[]),
                dead: counter(&family::DEAD_LETTERS, &[]),
            },
            send_seconds: histogram(&family::SEND_SECONDS),
            call_seconds: histogram(&family::CALL_SECONDS),
            effects_in_hand: gauge(&family::EFFECTS_IN_HAND, &[]),
            effect_panics: counter(&family::EFFECT_PANICS, &[]),
            timers_fired: counter(&family::TIMERS_FIRED, &[]),
            processes_buried: counter(&family::PROCESSES_BURIED, &[]),
            kept: KeptMeasures {
                webhooks: counter(&family::KEPT, &["webhook"]),
                events: counter(&family::KEPT, &["event"]),
            },
            store_errors: StoreErrors {
                turns: store_errors("turns"),
                settling: store_errors("settling"),
                sweeping: store_errors("sweeping"),
                timers: store_errors("timers"),
            },
            live_streams: gauge(&family::LIVE_STREAMS, &[]),
            spans: SpanMeasures {
                exported: counter(&family::SPANS, &["exported"]),
                dropped: counter(&family::SPANS, &["dropped"]),
            },
            memory: gauge(&family::MEMORY, &[]),
            waiting: Waiting {
                due: effects("due"),
                leased: effects("leased"),
                retried: effects("retried"),
                unknown: effects("unknown"),
                parked: effects("parked"),
                oldest: gauge(&family::WAITING_SECONDS, &[]),
                dead_letters: gauge(&family::WAITING_DEAD_LETTERS, &[]),
                kept: gauge(&family::WAITING_KEPT, &[]),
                own_events: gauge(&family::WAITING_EVENTS, &[]),
                timers: gauge(&family::WAITING_TIMERS, &[]),
            },
            handle: recorder.handle(),
            named: Named::new(recorder),
        }
    }

    /// Returns the measures of a channel; to be held on to, not looked up with every message.
    pub fn channel(
        &self,
        workspace: &str,
        environment: Environment,
        channel: &str,
        kind: &str,
    ) -> Arc<ChannelMeasures> {
        self.named.channel(workspace, environment, channel, kind)
    }

    /// Returns the measures of a system that is called, such as `api/shop`.
    pub fn system(&self, workspace: &str, environment: Environment, system: &str) -> Arc<SystemMeasures> {
        self.named.system(workspace, environment, system)
    }

    /// Counts a request that was refused because its workspace puts in more than its rate.
    pub fn over_rate(&self, workspace: &str) {
        self.named.over_rate(workspace).increment(1);
    }

    /// Writes all measures as Prometheus reads them.
    pub fn render(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            self.memory.set(bytes as f64);
        }
        self.handle.render()
    }

    /// Folds what the histograms took since the last time; called now and then, lest they grow.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// Returns how much of the process is in memory, where the system tells as Linux does.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_written_with_their_labels() {
        let metrics = Metrics::default();
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
    fn every_measure_of_the_table_is_told_and_no_other() {
        let metrics = Metrics::default();
        metrics.channel("shop", Environment::Production, "wa", "whatsapp");
        metrics.system("shop", Environment::Production, "api/orders");
        metrics.over_rate("shop");
        for histogram in [&metrics.turn_seconds, &metrics.commit_seconds, &metrics.send_seconds] {
            histogram.record(0.1);
        }
        metrics.call_seconds.record(0.1);
        metrics.commit_turns.record(3.0);
        let text = metrics.render();
        let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        for family in family::ALL {
            assert!(told.contains(&family.name), "{} is not told:\n{text}", family.name);
            assert!(text.contains(&format!("# HELP {} ", family.name)), "{}", family.name);
        }
        assert_eq!(told.len(), family::ALL.len(), "{told:?}");
    }

    #[test]
    fn channels_beyond_the_bound_are_counted_together() {
        let metrics = Metrics::default();
        for number in 0..1_200 {
            metrics.channel("shop", Environment::Production, &format!("c{number}"), "whatsapp").received.increment(1);
        }
        let text = metrics.render();
        let lines = text.lines().filter(|line| line.starts_with("usher_channel_received_total{")).count();
        assert_eq!(lines, 1_001);
        let others =
            text.lines().find(|line| line.starts_with("usher_channel_received_total{") && line.contains("(others)"));
        assert!(others.is_some_and(|line| line.ends_with(" 200")), "{others:?}");
    }

    #[test]
    fn two_servers_in_a_process_count_apart() {
        let (one, other) = (Metrics::default(), Metrics::default());
        one.turns.committed.increment(1);
        assert!(one.render().contains(r#"usher_turns_total{outcome="committed"} 1"#));
        assert!(other.render().contains(r#"usher_turns_total{outcome="committed"} 0"#));
    }
}
