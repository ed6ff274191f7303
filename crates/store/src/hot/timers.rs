//! Timers, deadlines of sessions, and the beat by which time without Usher is known.

use jiff::Timestamp;
use usher_engine::event::{Event, EventKind};
use usher_engine::id::{EventId, SessionId};

use super::AddressKey;
use super::events::{self, OwnEvent};
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Dialect, Queries, Row, Tx, params, to_ms};
use crate::error::Result;

pub(super) async fn due(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
    let mut reader = db;
    if reader.first("SELECT 1 FROM timers WHERE due_at <= $1 LIMIT 1", params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let taken = format!(
        "DELETE FROM timers WHERE (session, name, address_id) IN (
            SELECT session, name, address_id FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2{})
        RETURNING session, name, address_id, generation",
        skip_locked(&tx)
    );
    let timers = tx.all(sqlx::AssertSqlSafe(taken), params![now, i64::from(limit)]).await?;
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
static RUNNING: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("address_id", Text), ("name", Text), ("generation", Int)],
        0,
        "SELECT v.session AS session, v.name AS name, v.generation AS generation, s.workspace AS workspace,
            s.environment AS environment, s.channel AS channel, s.address AS address
        FROM {rows} AS v JOIN sessions s ON s.id = v.session AND s.address_id = v.address_id AND s.ended_at IS NULL",
    )
});

pub(super) async fn expired(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
    let mut reader = db;
    if reader.first("SELECT 1 FROM sessions WHERE expires_at <= $1 LIMIT 1", params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let chosen = format!(
        "SELECT id, address_id, workspace, environment, channel, address, expires_at FROM sessions
        WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2{}",
        skip_locked(&tx)
    );
    let sessions = tx.all(sqlx::AssertSqlSafe(chosen), params![now, i64::from(limit)]).await?;
    let mut expiries = Vec::with_capacity(sessions.len());
    let mut ids = Vec::with_capacity(sessions.len());
    for row in &sessions {
        let session = SessionId(row.get("id")?);
        let deadline: i64 = row.get("expires_at")?;
        ids.push(params![session.as_str(), row.get::<&str, _>("address_id")?]);
        let event = Event { id: EventId::of_expiry(&session, deadline), kind: EventKind::SessionExpired };
        expiries.push(OwnEvent { key: key(row)?, session, event, at: row.time("expires_at")? });
    }
    NO_DEADLINE.run(&mut tx, Vec::new(), ids).await?;
    events::insert(&mut tx, &expiries, to_ms(now)).await?;
    tx.commit().await?;
    Ok(expiries)
}

static NO_DEADLINE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "UPDATE sessions SET expires_at = NULL FROM {rows} AS v WHERE sessions.id = v.id AND sessions.address_id = v.address_id",
    )
});

/// The fact that keeps when Usher was last up.
const BEAT: &str = "last_beat";

pub(super) async fn beat(db: &Db, now: Timestamp, grace_ms: i64) -> Result<i64> {
    let mut tx = db.begin().await?;
    let last = tx.first("SELECT value FROM facts WHERE name = $1", params![BEAT]).await?;
    let last = last.map(|row| row.get::<i64, _>("value")).transpose()?;
    let now = to_ms(now);
    let away = last.map_or(0, |last| now - last);
    let away = if away > grace_ms { away } else { 0 };
    if away > 0 {
        tx.execute("UPDATE sessions SET expires_at = expires_at + $1 WHERE expires_at IS NOT NULL", params![away])
            .await?;
    }
    tx.execute(
        "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![BEAT, now],
    )
    .await?;
    tx.commit().await?;
    Ok(away)
}

fn skip_locked(tx: &Tx) -> &'static str {
    match tx.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

fn key(row: &Row) -> Result<AddressKey> {
    Ok(AddressKey {
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        channel: row.get("channel")?,
        address: row.get("address")?,
    })
}
