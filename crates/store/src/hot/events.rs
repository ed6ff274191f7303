//! Events of our own: answers, timers' firings, expiries, failures. Each is stored in the transaction that makes it
//! true, and leaves when the turn on it is committed.

use jiff::Timestamp;
use usher_engine::event::Event;
use usher_engine::id::{EventId, SessionId};

use super::address::AddressKey;
use super::skip_locked;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Dialect, Executor, Param, Queries, Row, Tx, params, to_json, to_ms};
use crate::error::Result;

/// An event that did not come from a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnEvent {
    pub key: AddressKey,
    /// The session that it happened to; when another is present at the address, there is no turn to take.
    pub session: SessionId,
    pub event: Event,
    /// When it was accepted: the turn's `now`.
    pub at: Timestamp,
}

impl OwnEvent {
    /// How long after an event the sweeper first offers it, in milliseconds.
    pub const GRACE: i64 = 2_000;
}

pub(in crate::hot) static INSERT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("address_id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("address", Text),
            ("session", Text),
            ("event", Text),
            ("at", Int),
            ("offer_at", Int),
        ],
        0,
        "INSERT INTO own_events (id, address_id, workspace, environment, channel, address, session, event, at, offer_at)
        SELECT v.id, v.address_id, v.workspace, v.environment, v.channel, v.address, v.session, v.event, v.at, v.offer_at
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id, address_id) DO NOTHING",
    )
});

/// Writes events as the rows of [`INSERT`].
pub(super) fn rows(events: &[OwnEvent], stored_at: i64) -> Result<Vec<Vec<Param>>> {
    let row = |own: &OwnEvent| {
        Ok(params![
            own.event.id.as_str(),
            own.key.id(),
            &own.key.workspace,
            own.key.environment,
            &own.key.channel,
            &own.key.address,
            own.session.as_str(),
            to_json("event", &own.event)?,
            own.at,
            stored_at + OwnEvent::GRACE,
        ])
    };
    events.iter().map(row).collect()
}

pub(super) async fn insert(tx: &mut Tx, events: &[OwnEvent], stored_at: i64) -> Result<()> {
    INSERT.run(tx, Vec::new(), rows(events, stored_at)?).await?;
    Ok(())
}

/// Whether anything is to be offered; most of the time nothing is, and this takes no lock.
pub(in crate::hot) const IS_PENDING: &str = "SELECT 1 FROM own_events WHERE offer_at <= $1 LIMIT 1";

pub(in crate::hot) fn offer_sql(dialect: Dialect) -> String {
    let others = skip_locked(dialect);
    format!(
        "UPDATE own_events SET offer_at = $3 WHERE (id, address_id) IN (
            SELECT id, address_id FROM own_events WHERE offer_at <= $1 ORDER BY offer_at LIMIT $2{others})
        RETURNING id, workspace, environment, channel, address, session, event, at"
    )
}

pub(super) async fn pending(db: &Db, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
    let mut reader = db;
    if reader.first(IS_PENDING, params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let offer = sqlx::AssertSqlSafe(offer_sql(tx.dialect()));
    let rows = tx.all(offer, params![now, i64::from(limit), again_at]).await?;
    tx.commit().await?;
    let mut events = rows.iter().map(own_event).collect::<Result<Vec<_>>>()?;
    events.sort_by(|a, b| (to_ms(a.at), &a.event.id).cmp(&(to_ms(b.at), &b.event.id)));
    Ok(events)
}

fn own_event(row: &Row) -> Result<OwnEvent> {
    Ok(OwnEvent {
        key: AddressKey {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            channel: row.get("channel")?,
            address: row.get("address")?,
        },
        session: SessionId(row.get("session")?),
        event: row.json("event")?,
        at: row.time("at")?,
    })
}

pub(in crate::hot) static CONSUME: LazyMany = LazyMany::new(|| {
    Many::new(&[("id", Text)], 0, "DELETE FROM own_events WHERE id IN (SELECT v.id FROM {rows} AS v)")
});

pub(super) async fn consume(db: &Db, events: &[EventId]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events.iter().map(|event| params![event.as_str()]).collect();
    let (mut executor, dialect) = (db, db.dialect());
    executor.run(CONSUME.sql(dialect), CONSUME.params(dialect, Vec::new(), rows)?).await?;
    Ok(())
}
