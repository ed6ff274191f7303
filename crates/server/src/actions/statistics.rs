//! What happened at the nodes of workflows, hour by hour.

use std::collections::BTreeMap;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde::Serialize;
use usher_engine::Environment;
use usher_store::{Count, Store};
use utoipa::ToSchema;

use super::{Desk, workflows};
use crate::problem::Problem;

/// How far a span reaches back unless that is said.
const USUAL: SignedDuration = SignedDuration::from_hours(24);
/// The longest span that is told.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What happened in a workflow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Statistics {
    /// When the first hour of the span began.
    pub from: Timestamp,
    /// When the last hour of the span ends.
    pub to: Timestamp,
    /// By hour, version and node; an hour in which nothing happened at a node is left out.
    pub hours: Vec<NodeHour>,
}

/// What happened within an hour at a node of one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct NodeHour {
    /// When the hour began.
    pub hour: Timestamp,
    pub version: u32,
    /// The number of the node.
    pub node: u32,
    /// How often a conversation came in.
    pub entered: u64,
    /// How often a conversation left, by the name of the exit.
    pub left: BTreeMap<String, u64>,
    /// How many conversations ended here because the customer fell silent.
    pub dropped_off: u64,
    /// How many errors were noted here.
    pub failed: u64,
}

/// Whole hours, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Span {
    /// Returns the hours that are touched from a time on and up to another: up to now, and from 24 hours before the end on,
    /// unless that is said.
    ///
    /// # Errors
    ///
    /// It ends before it begins, or is longer than 31 days.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>, now: Timestamp) -> Result<Self, Problem> {
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.saturating_sub(USUAL).unwrap_or(Timestamp::MIN));
        if from > to {
            return Err(Problem::invalid(format!("the span ends at {to}, before it begins at {from}")));
        }
        let span = Self { from: whole_hour(from, RoundMode::Floor)?, to: whole_hour(to, RoundMode::Ceil)? };
        if span.to.duration_since(span.from) > LONGEST {
            return Err(Problem::invalid(format!("from {from} to {to} is too long; ask for at most 31 days")));
        }
        Ok(span)
    }

    /// Returns the hours from the same one on, for ever.
    #[must_use]
    pub fn open(self) -> Self {
        Self { to: Timestamp::MAX, ..self }
    }
}

fn whole_hour(at: Timestamp, mode: RoundMode) -> Result<Timestamp, Problem> {
    at.round(TimestampRound::new().smallest(Unit::Hour).mode(mode))
        .map_err(|_| Problem::invalid(format!("{at} is out of range")))
}

/// Reads what happened in a workflow.
///
/// # Errors
///
/// There is none of that key.
pub async fn read(desk: &Desk, environment: Environment, key: &str, span: Span) -> Result<Statistics, Problem> {
    workflows::read(desk, key).await?;
    let hours = hours(&desk.core.store, &desk.workspace.id, environment, key, span).await?;
    Ok(Statistics { from: span.from, to: span.to, hours })
}

/// Returns what happened at each node of a workflow in each hour of a span, by hour, version and node.
///
/// # Errors
///
/// The store cannot be read.
pub async fn hours(
    store: &Store,
    workspace: &str,
    environment: Environment,
    key: &str,
    Span { from, to }: Span,
) -> Result<Vec<NodeHour>, usher_store::Error> {
    let counts = store.statistics().of_workflow(workspace, environment, key, from, to).await?;
    let same = |one: &Count, next: &Count| (one.hour, one.version, one.node) == (next.hour, next.version, next.node);
    Ok(counts.chunk_by(same).map(NodeHour::of).collect())
}

impl NodeHour {
    /// Brings together what was counted at one node in one hour.
    fn of(counts: &[Count]) -> Self {
        let times = |what: &str| counts.iter().filter(|count| count.what == what).map(|count| count.count).sum();
        let left = counts.iter().filter(|count| count.what == "left");
        // Never empty: it is a chunk.
        let Count { hour, version, node, .. } = counts[0];
        Self {
            hour,
            version,
            node,
            entered: times("entered"),
            left: left.map(|count| (count.exit.clone(), count.count)).collect(),
            dropped_off: times("dropped_off"),
            failed: times("failed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_counted_at_a_node_in_an_hour_comes_together() {
        let hour = at("2026-03-01T10:00:00Z");
        let counted =
            [("dropped_off", "", 1), ("entered", "", 9), ("failed", "", 2), ("left", "no", 3), ("left", "yes", 4)];
        let counts = counted.map(|(what, exit, count)| Count {
            hour,
            version: 2,
            node: 7,
            what: what.to_owned(),
            exit: exit.to_owned(),
            count,
        });
        let left = BTreeMap::from([("no".to_owned(), 3), ("yes".to_owned(), 4)]);
        let expected = NodeHour { hour, version: 2, node: 7, entered: 9, left, dropped_off: 1, failed: 2 };
        assert_eq!(NodeHour::of(&counts), expected);
    }

    #[test]
    fn a_span_is_widened_to_whole_hours() {
        let now = at("2026-03-01T10:30:00Z");
        let span = |from: &str, to: &str| Span { from: at(from), to: at(to) };
        assert_eq!(Span::new(None, None, now).unwrap(), span("2026-02-28T10:00:00Z", "2026-03-01T11:00:00Z"));
        let (from, to) = (Some(at("2026-02-01T00:00:00Z")), Some(at("2026-03-01T00:00:00Z")));
        assert_eq!(Span::new(from, to, now).unwrap(), span("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"));
        assert_eq!(Span::new(None, to, now).unwrap(), span("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"));
    }

    #[test]
    fn a_span_that_is_turned_round_or_too_long_is_refused() {
        let now = at("2026-03-01T10:30:00Z");
        let refused = |from, to| Span::new(from, to, now).unwrap_err().detail.clone();
        assert!(refused(Some(at("2026-03-01T10:31:00Z")), None).contains("before it begins"));
        assert!(refused(Some(at("2026-01-01T00:00:00Z")), None).contains("at most 31 days"));
        assert!(refused(None, Some(Timestamp::MIN)).contains("out of range"));
        assert!(refused(Some(Timestamp::MAX), Some(Timestamp::MAX)).contains("out of range"));
    }
}
