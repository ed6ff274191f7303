//! The processes that share the work: who is up, what the dead had at hand, and the time in which nobody was up.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::effects::lock_lanes;
use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Db, Dialect, Executor, Queries, Tx, params, to_ms};
use crate::error::Result;

/// What a process learns from its beat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// How long no process was up, in milliseconds; 0 if one was.
    pub away_ms: i64,
    /// The other processes and how often each has beaten, by id. One whose count stands still is dead.
    pub others: Vec<(String, i64)>,
}

/// The fact that keeps when any process was last up.
const LAST_BEAT: &str = "last_beat";

pub(super) async fn beat(db: &Db, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat> {
    let mut tx = db.begin().await?;
    let away_ms = note_that_one_is_up(&mut tx, to_ms(now), grace_ms).await?;
    tx.execute(
        "INSERT INTO processes (id, beats) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET beats = processes.beats + 1",
        params![process],
    )
    .await?;
    let others = tx.all("SELECT id, beats FROM processes WHERE id <> $1 ORDER BY id", params![process]).await?;
    tx.commit().await?;
    let others = others.iter().map(|row| Ok((row.get("id")?, row.get("beats")?)));
    Ok(Beat { away_ms, others: others.collect::<Result<_>>()? })
}

/// Gives how long none was up, and gives that time back to those who wait.
async fn note_that_one_is_up(tx: &mut Tx, now: i64, grace_ms: i64) -> Result<i64> {
    let alone = tx.for_update("facts");
    let last = tx.first(crate::db::sql!("SELECT value FROM facts WHERE name = $1{alone}"), params![LAST_BEAT]).await?;
    let last = last.map(|row| row.get::<i64, _>("value")).transpose()?;
    let away = last.map_or(0, |last| now - last);
    let away = if away > grace_ms { away } else { 0 };
    if let Some(last) = last.filter(|_| away > 0) {
        give_back(tx, away, last).await?;
    }
    // A clock that is behind that of another process takes nothing back.
    tx.execute(
        "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![LAST_BEAT, last.map_or(now, |last| last.max(now))],
    )
    .await?;
    Ok(away)
}

/// Moves the deadlines of sessions and the timers that wait. On PostgreSQL their addresses are held first, in the order in
/// which commits hold them.
async fn give_back(tx: &mut Tx, away: i64, last: i64) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        let hold = "WITH held AS MATERIALIZED (
                SELECT a.id AS id FROM addresses a
                WHERE a.id IN (
                    SELECT s.address_id FROM sessions s WHERE s.expires_at IS NOT NULL
                    UNION ALL SELECT t.address_id FROM timers t WHERE t.due_at > $1
                )
                ORDER BY a.id FOR UPDATE
            )
            SELECT count(*) AS held FROM held";
        tx.all(hold, params![last]).await?;
    }
    tx.execute("UPDATE sessions SET expires_at = expires_at + $1 WHERE expires_at IS NOT NULL", params![away]).await?;
    // What was due before is only late.
    tx.execute("UPDATE timers SET due_at = due_at + $1 WHERE due_at > $2", params![away, last]).await?;
    Ok(())
}

/// What a process has leased, found among what is open, which is little.
pub(in crate::hot) const LEASED_BY: &str = "SELECT e.id AS id, e.address_id AS address_id FROM effects e
    WHERE e.due_at > $1 AND e.waits_for IS NULL AND e.owner = $2 AND e.state = 'leased' ORDER BY e.id";

pub(super) async fn bury(db: &Db, process: &str, now: Timestamp) -> Result<u64> {
    let mut tx = db.begin().await?;
    let leased = tx.all(LEASED_BY, params![now, process]).await?;
    let leased = leased.iter().map(|row| Ok((row.get("id")?, row.get("address_id")?)));
    let leased = leased.collect::<Result<Vec<(String, String)>>>()?;
    let lanes: BTreeSet<&str> = leased.iter().map(|(_, lane)| lane.as_str()).collect();
    lock_lanes(&mut tx, lanes.into_iter().map(str::to_owned).collect(), false).await?;
    let leased = leased.iter().map(|(id, lane)| params![id, lane]).collect();
    let ended = END_LEASES.run(&mut tx, params![now, process], leased).await?;
    tx.execute("DELETE FROM processes WHERE id = $1", params![process]).await?;
    tx.commit().await?;
    Ok(ended)
}

pub(in crate::hot) static END_LEASES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        2,
        "UPDATE effects SET due_at = $1 WHERE owner = $2 AND state = 'leased' AND due_at > $1 AND (id, address_id) IN (
            [sqlite] SELECT v.id, v.address_id FROM {rows} AS v
            [postgres] SELECT e.id, e.address_id FROM {rows} AS v JOIN effects e ON e.id = v.id AND e.address_id = v.address_id
            [postgres] ORDER BY e.id FOR UPDATE OF e
        )",
    )
});

pub(super) async fn leave(db: &Db, process: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    if tx.first(LEASED_BY, params![0_i64, process]).await?.is_none() {
        tx.execute("DELETE FROM processes WHERE id = $1", params![process]).await?;
    }
    tx.commit().await
}
