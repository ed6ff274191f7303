//! What went wrong and was kept for people to look at, and the log of changes.

use jiff::Timestamp;

use super::{Place, Pruned, begin_alone};
use crate::db::{Db, Queries, Tx, params};
use crate::error::Result;
use crate::retention::{AUDIT_DAYS, before};

/// How many rows of a table go at a time.
const ROWS: i64 = 1_000;

pub(in crate::hot) const DEAD_LETTERS: &str = "DELETE FROM effects WHERE (id, address_id) IN (
    SELECT id, address_id FROM effects WHERE workspace = $1 AND environment = $2 AND dead_at < $3
    ORDER BY dead_at LIMIT $4)";

pub(in crate::hot) const KEPT: &str = "DELETE FROM kept WHERE id IN (
    SELECT id FROM kept WHERE workspace = $1 AND environment = $2 AND at < $3 ORDER BY at LIMIT $4)";

pub(in crate::hot) const CHANNEL_LOG: &str = "DELETE FROM channel_log WHERE id IN (
    SELECT id FROM channel_log WHERE workspace = $1 AND environment = $2 AND at < $3 ORDER BY at LIMIT $4)";

pub(in crate::hot) const AUDIT: &str = "DELETE FROM audit WHERE id IN (
    SELECT id FROM audit WHERE workspace = $1 AND at < $2 ORDER BY at LIMIT $3)";

/// Removes what went wrong long ago.
pub(super) async fn prune(db: &Db, place: &Place, now: Timestamp) -> Result<Pruned> {
    let Some(before) = before(now, place.retention.problem_days) else { return Ok(Pruned::default()) };
    let Some(mut tx) = begin_alone(db).await? else { return Ok(Pruned::default()) };
    let remove = async |tx: &mut Tx, sql: &'static str| {
        tx.execute(sql, params![&place.workspace, place.environment, before, ROWS]).await
    };
    let dead_letters = remove(&mut tx, DEAD_LETTERS).await?;
    let kept = remove(&mut tx, KEPT).await?;
    let channel_notes = remove(&mut tx, CHANNEL_LOG).await?;
    tx.commit().await?;
    let more = [dead_letters, kept, channel_notes].iter().any(|count| *count >= ROWS as u64);
    Ok(Pruned { dead_letters, kept, channel_notes, more, ..Pruned::default() })
}

/// Removes entries of the log of changes, in workspaces that do not keep them for ever.
pub(super) async fn prune_audit(db: &Db, now: Timestamp) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    let mut reader = db;
    for row in reader.all("SELECT id, settings FROM workspaces", params![]).await? {
        let settings: serde_json::Value = row.json("settings")?;
        let days = settings.get(AUDIT_DAYS).and_then(serde_json::Value::as_u64);
        let days = days.and_then(|days| u32::try_from(days).ok());
        let Some(before) = before(now, days) else { continue };
        let Some(mut tx) = begin_alone(db).await? else { continue };
        let removed = tx.execute(AUDIT, params![row.get::<&str, _>("id")?, before, ROWS]).await?;
        tx.commit().await?;
        pruned.audit_entries += removed;
        pruned.more |= removed >= ROWS as u64;
    }
    Ok(pruned)
}
