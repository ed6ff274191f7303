//! Timers, and deadlines of sessions.

use jiff::Timestamp;
use usher_engine::event::{Event, EventKind};
use usher_engine::id::{EventId, SessionId};

use super::events::{self, OwnEvent};
use super::{AddressKey, skip_locked};
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Dialect, Queries, Row, params, to_ms};
use crate::error::Result;

/// Whether a timer is due; most of the time none is, and this takes no lock.
pub(in crate::hot) const IS_DUE: &str = "SELECT 1 FROM timers WHERE due_at <= $1 LIMIT 1";

pub(in crate::hot) fn take_sql(dialect: Dialect) -> String {
    let others = skip_locked(dialect);
    format!(
        "DELETE FROM timers WHERE (session, name, address_id) IN (
            SELECT session, name, address_id FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2{others})
        RETURNING session, name, address_id, generation"
    )
}

pub(super) async fn due(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
    let mut reader = db;
    if reader.first(IS_DUE, params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let take = sqlx::AssertSqlSafe(take_sql(tx.dialect()));
    let timers = tx.all(take, params![now, i64::from(limit)]).await?;
    let timers = timers.iter().map(|timer| {
        let (session, address) = (timer.get::<&str, _>("session")?, timer.get::<&str, _>("address_id")?);
        Ok(params![session, address, timer.get::<&str, _>("name")?, timer.get::<i64, _>("generation")?])
    });
    let timers = timers.collect::<Result<_>>()?;
    let mut fired = Vec::new();
    for row in RUNNING.fetch(&mut tx, Vec::new(), timers).await? {
        let session = SessionId(row.get("session")?);
        let (timer, generation) = (row.get::<String, _>("name")?, row.number("generation")?);
        let id = EventId::of_timer(&session, &timer, generation);
        let event = Event { id, kind: EventKind::TimerFired { timer, generation } };
        fired.push(OwnEvent { key: key(&row)?, session, event, at: now });
    }
    events::insert(&mut tx, &fired, to_ms(now)).await?;
    tx.commit().await?;
    Ok(fired)
}

/// A timer of a session that is over fires for nobody.
pub(in crate::hot) static RUNNING: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("address_id", Text), ("name", Text), ("generation", Int)],
        0,
        "SELECT v.session AS session, v.name AS name, v.generation AS generation, s.workspace AS workspace,
            s.environment AS environment, s.channel AS channel, s.address AS address
        FROM {rows} AS v JOIN sessions s ON s.id = v.session AND s.address_id = v.address_id AND s.ended_at IS NULL",
    )
});

/// Whether a session's deadline has passed.
pub(in crate::hot) const IS_EXPIRED: &str = "SELECT 1 FROM sessions WHERE expires_at <= $1 LIMIT 1";

pub(in crate::hot) fn choose_sql(dialect: Dialect) -> String {
    let others = skip_locked(dialect);
    format!(
        "SELECT id, address_id, workspace, environment, channel, address, expires_at FROM sessions
        WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2{others}"
    )
}

pub(super) async fn expired(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
    let mut reader = db;
    if reader.first(IS_EXPIRED, params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let choose = sqlx::AssertSqlSafe(choose_sql(tx.dialect()));
    let sessions = tx.all(choose, params![now, i64::from(limit)]).await?;
    let mut expiries = Vec::with_capacity(sessions.len());
    let mut ids = Vec::with_capacity(sessions.len());
    for row in &sessions {
        let session = SessionId(row.get("id")?);
        let deadline: i64 = row.get("expires_at")?;
        ids.push(params![session.as_str(), row.get::<&str, _>("address_id")?]);
        let event = Event { id: EventId::of_expiry(&session, deadline), kind: EventKind::SessionExpired };
        expiries.push(OwnEvent { key: key(row)?, session, event, at: row.time("expires_at")? });
    }
    EXPIRING.run(&mut tx, Vec::new(), ids).await?;
    events::insert(&mut tx, &expiries, to_ms(now)).await?;
    tx.commit().await?;
    Ok(expiries)
}

pub(in crate::hot) static EXPIRING: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "UPDATE sessions SET expiring_at = expires_at, expires_at = NULL
        FROM {rows} AS v WHERE sessions.id = v.id AND sessions.address_id = v.address_id",
    )
});

fn key(row: &Row) -> Result<AddressKey> {
    Ok(AddressKey {
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        channel: row.get("channel")?,
        address: row.get("address")?,
    })
}
