//! How much waits in the store: for people at night, and for what measures Usher.

use jiff::{SignedDuration, Timestamp};
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Tx, params, sql, to_ms};
use crate::error::Result;

/// The most that is counted of each; what is there beyond is not looked at.
pub const COUNTED: u64 = 10_000;

/// What waits; each number is at most [`COUNTED`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Effects that should be under way already, and since when the oldest of them.
    pub due_effects: u64,
    pub due_since: Option<Timestamp>,
    /// Effects that a process has in hand.
    pub leased_effects: u64,
    /// Effects that failed and are tried again later.
    pub retried_effects: u64,
    /// Sends of which it is not known whether they were carried out.
    pub unknown_effects: u64,
    /// Sends that stand behind others of their lane.
    pub parked_effects: u64,
    pub dead_letters: u64,
    /// Events of our own on which no turn was taken yet.
    pub own_events: u64,
    /// Timers that should have fired; of all environments alone.
    pub due_timers: u64,
    /// Webhooks and events that could not be used.
    pub kept: u64,
}

/// What waits, of all environments.
#[derive(Debug)]
pub struct Backlogs<E> {
    pub(crate) db: E,
}

impl<E: Executor> Backlogs<E> {
    /// Counts what waits, of all environments or of one: of the first [`COUNTED`] of each that are found by an index.
    pub async fn count(mut self, of: Option<(&str, Environment)>, now: Timestamp) -> Result<Backlog> {
        let (is_own, is_theirs, timers) = match of {
            None => ("true", "true", "SELECT 1 FROM timers WHERE due_at <= $1 LIMIT $2"),
            Some(_) => (
                "workspace = $3 AND environment = $4",
                "e.workspace = $3 AND e.environment = $4",
                "SELECT 1 FROM timers WHERE false",
            ),
        };
        // Effects that are due and events of our own have no index by environment: the first are looked at, whosever
        // they are.
        let own = |table: &str, is: &str| {
            format!("(SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {is} AND {is_own} LIMIT $2) AS e)")
        };
        let statement = sql!(
            "SELECT now.due, now.due_since, later.leased, later.retried, later.unknown, later.parked,
                {dead} AS dead, {kept} AS kept, (SELECT count(*) FROM ({timers}) AS e) AS timers,
                (SELECT count(*) FROM (SELECT workspace, environment FROM own_events LIMIT $2) AS e
                    WHERE {is_theirs}) AS own_events
            FROM (SELECT count(*) AS due, min(e.due_at) AS due_since
                FROM (SELECT workspace, environment, due_at FROM effects
                    WHERE due_at <= $1 ORDER BY due_at LIMIT $2) AS e WHERE {is_theirs}) AS now
            CROSS JOIN (SELECT count(CASE e.state WHEN 'leased' THEN 1 END) AS leased,
                    count(CASE e.state WHEN 'retry' THEN 1 END) AS retried,
                    count(CASE e.state WHEN 'unknown' THEN 1 END) AS unknown,
                    count(CASE e.state WHEN 'pending' THEN 1 END) AS parked
                FROM (SELECT workspace, environment, state FROM effects
                    WHERE due_at > $1 ORDER BY due_at LIMIT $2) AS e WHERE {is_theirs}) AS later",
            dead = own("effects", "dead_at IS NOT NULL"),
            kept = own("kept", "true"),
        );
        let bound = i64::try_from(COUNTED).unwrap_or(i64::MAX);
        let params = match of {
            None => params![now, bound],
            Some((workspace, environment)) => params![now, bound, workspace, environment],
        };
        let Some(row) = self.db.first(statement, params).await? else { return Ok(Backlog::default()) };
        let number = |name| row.get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or_default());
        Ok(Backlog {
            due_effects: number("due")?,
            due_since: row.maybe_time("due_since")?,
            leased_effects: number("leased")?,
            retried_effects: number("retried")?,
            unknown_effects: number("unknown")?,
            parked_effects: number("parked")?,
            dead_letters: number("dead")?,
            own_events: number("own_events")?,
            due_timers: number("timers")?,
            kept: number("kept")?,
        })
    }
}

impl Backlogs<&mut Tx> {
    /// Makes the caller the one who counts, if nobody was since `held` ago; says whether it is.
    pub async fn claim(self, now: Timestamp, held: SignedDuration) -> Result<bool> {
        let (before, held) = (to_ms(now).saturating_sub(millis(held)), millis(held));
        // A note from the future is that of a machine whose clock is ahead.
        let sql = "INSERT INTO facts (name, value) VALUES ('backlog_counted_at', $1)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE facts.value <= $2 OR facts.value > $1 + $3";
        Ok(self.db.execute(sql, params![now, before, held]).await? > 0)
    }
}

fn millis(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
