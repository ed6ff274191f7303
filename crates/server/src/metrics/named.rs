//! Measures of what people have set up, such as channels: made when they are first met, and bounded in number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::Counter;
use metrics_exporter_prometheus::PrometheusRecorder;
use usher_connect::channels::SendOutcome;
use usher_engine::Environment;

use super::families;
use super::make::counter;

/// How many channels, and how many systems, have measures of their own.
const NAMED: usize = 1_000;
/// Under which key the rest is counted.
const OTHERS: &str = "(others)";

/// The measures of one channel.
pub struct ChannelMeasures {
    pub received: Counter,
    pub sent: Counter,
    pub failed: Counter,
    pub unknown: Counter,
    pub retried: Counter,
    /// Sent again although it may have arrived before.
    pub repeated: Counter,
}

impl ChannelMeasures {
    /// Counts what came of a send.
    pub fn note(&self, outcome: &SendOutcome) {
        let counter = match outcome {
            SendOutcome::Accepted { .. } => &self.sent,
            SendOutcome::Failed { .. } | SendOutcome::Blocked { .. } => &self.failed,
            SendOutcome::Unknown { .. } => &self.unknown,
            SendOutcome::Retry { .. } => &self.retried,
        };
        counter.increment(1);
    }
}

/// The measures of one system that is called.
pub struct SystemMeasures {
    pub answered: Counter,
    pub failed: Counter,
}

/// The measures of channels and systems.
pub(super) struct Named {
    recorder: Arc<PrometheusRecorder>,
    channels: Mutex<HashMap<String, Arc<ChannelMeasures>>>,
    systems: Mutex<HashMap<String, Arc<SystemMeasures>>>,
    /// Requests of workspaces that put in more than their rate.
    over_rate: Mutex<HashMap<String, Arc<Counter>>>,
}

impl Named {
    pub(super) fn new(recorder: Arc<PrometheusRecorder>) -> Self {
        Self { recorder, channels: Mutex::default(), systems: Mutex::default(), over_rate: Mutex::default() }
    }

    pub(super) fn channel(
        &self,
        workspace: &str,
        environment: Environment,
        channel: &str,
        kind: &str,
    ) -> Arc<ChannelMeasures> {
        find(&self.channels, [workspace, environment.as_str(), channel, kind], |labels| {
            let sends = |outcome| {
                let [workspace, environment, channel, kind] = labels;
                counter(&self.recorder, &families::CHANNEL_SENDS, &[workspace, environment, channel, kind, outcome])
            };
            ChannelMeasures {
                received: counter(&self.recorder, &families::CHANNEL_RECEIVED, &labels),
                sent: sends("sent"),
                failed: sends("failed"),
                unknown: sends("unknown"),
                retried: sends("retried"),
                repeated: sends("repeated"),
            }
        })
    }

    pub(super) fn system(&self, workspace: &str, environment: Environment, system: &str) -> Arc<SystemMeasures> {
        find(&self.systems, [workspace, environment.as_str(), system], |labels| {
            let calls = |outcome| {
                let [workspace, environment, system] = labels;
                counter(&self.recorder, &families::CALLS, &[workspace, environment, system, outcome])
            };
            SystemMeasures { answered: calls("answered"), failed: calls("failed") }
        })
    }

    pub(super) fn over_rate(&self, workspace: &str) -> Arc<Counter> {
        find(&self.over_rate, [workspace], |labels| counter(&self.recorder, &families::OVER_RATE, &labels))
    }
}

/// Finds the measures under these labels, or makes them; beyond the bound they are those of all others.
fn find<M, const N: usize>(
    known: &Mutex<HashMap<String, Arc<M>>>,
    labels: [&str; N],
    make: impl FnOnce([&str; N]) -> M,
) -> Arc<M> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let name = labels.join("/");
    if let Some(found) = known.get(&name) {
        return Arc::clone(found);
    }
    let (name, labels) = if known.len() < NAMED { (name, labels) } else { (OTHERS.to_owned(), [OTHERS; N]) };
    Arc::clone(known.entry(name).or_insert_with(|| Arc::new(make(labels))))
}
