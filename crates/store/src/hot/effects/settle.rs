//! Writes down what came of effects.

pub(in crate::hot) mod at_once;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use usher_engine::event::Event;
use usher_engine::id::SessionId;

use super::{Outcome, PARKED, Settlement, find_lanes, lock_lanes};
use crate::db::batch::Batch;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Dialect, Param, Row, params, to_ms};
use crate::error::Result;
use crate::hot::AddressKey;
use crate::hot::events::{self, OwnEvent};

/// The rows that settlements come to, statement by statement.
#[derive(Debug, Default)]
struct Writes {
    over: Vec<Vec<Param>>,
    sent: Vec<Vec<Param>>,
    put_off: Vec<Vec<Param>>,
    given_back: Vec<Vec<Param>>,
    dead: Vec<Vec<Param>>,
    failed: Vec<Vec<Param>>,
    events: Vec<OwnEvent>,
    lanes: BTreeSet<String>,
}

pub(in crate::hot) async fn settle(db: &Db, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>> {
    if settlements.is_empty() {
        return Ok(Vec::new());
    }
    if db.dialect() == Dialect::Postgres
        && let Some(events) = at_once::settle(db, &settlements, to_ms(now)).await?
    {
        return Ok(events);
    }
    let mut tx = match settlements.iter().any(|settlement| settlement.outcome.has_event()) {
        true => db.begin().await?,
        // Lost with the power, it is found interrupted: as if the power had failed before it was written down.
        false => db.begin_synced_later().await?,
    };
    if tx.dialect() == Dialect::Postgres {
        let lanes = find_lanes(&mut tx, ids(&settlements)).await?;
        lock_lanes(&mut tx, lanes, false).await?;
    }
    let rows = FIND.fetch(&mut tx, Vec::new(), ids(&settlements)).await?;
    let writes = Writes::of(settlements, rows, to_ms(now))?;
    let put_off = writes.given_back.clone();
    let (mut batch, events) = writes.batch(to_ms(now))?;
    if tx.dialect() == Dialect::Postgres {
        let lanes: BTreeSet<Param> = put_off.into_iter().filter_map(|row| row.into_iter().next()).collect();
        batch.add(&PARKS, Vec::new(), lanes.into_iter().map(|lane| vec![lane]).collect());
    }
    batch.commit(tx).await?;
    Ok(events)
}

fn ids(settlements: &[Settlement]) -> Vec<Vec<Param>> {
    settlements.iter().map(|settlement| params![settlement.effect.as_str()]).collect()
}

/// What is read of an effect to be settled, and from where; one that is settled is not found.
const READ: &str = "e.id AS id, e.address_id AS address_id, e.workspace AS workspace, e.environment AS environment,
    e.channel AS channel, e.address AS address, e.session AS session, e.kind AS kind, e.position AS position,
    m.state AS message_state";
const FROM: &str = "{rows} AS v JOIN effects e ON e.id = v.id AND e.due_at IS NOT NULL
    LEFT JOIN messages m ON m.session = e.session AND m.position = e.position AND m.address_id = e.address_id
        AND e.kind = 'send'";

pub(in crate::hot) static FIND: LazyMany = LazyMany::new(|| {
    let text = format!("SELECT {READ} FROM {FROM} ORDER BY e.id\n[postgres] FOR UPDATE OF e");
    Many::new(&[("id", Text)], 0, &text)
});

impl Writes {
    /// Works out what settlements come to, given the effects that are open.
    fn of(settlements: Vec<Settlement>, open: Vec<Row>, now: i64) -> Result<Self> {
        let mut rows: HashMap<String, Row> = HashMap::with_capacity(open.len());
        for row in open {
            rows.insert(row.get("id")?, row);
        }
        let mut writes = Self::default();
        for Settlement { effect, outcome } in settlements {
            // What is settled already is left alone.
            if let Some(row) = rows.remove(effect.as_str()) {
                writes.add(&row, outcome, now)?;
            }
        }
        Ok(writes)
    }

    fn add(&mut self, row: &Row, outcome: Outcome, now: i64) -> Result<()> {
        let (id, lane) = (row.get::<&str, _>("id")?, row.get::<&str, _>("address_id")?);
        let (session, position) = (row.get::<&str, _>("session")?, row.get::<i64, _>("position")?);
        let is_send = row.get::<&str, _>("kind")? == "send";
        if is_send {
            self.lanes.insert(lane.to_owned());
        }
        // A status that came before tells more than the one who sent: the provider has the message.
        let is_known = row.get::<Option<&str>, _>("message_state")?.is_some_and(|state| state != "pending");
        if is_send && is_known && !matches!(outcome, Outcome::Sent { .. }) {
            self.over.push(params![id, lane]);
            if matches!(outcome, Outcome::Retry { .. } | Outcome::Unknown { .. }) {
                // Whoever puts a send off lets go of those behind it too.
                self.given_back.push(params![lane, position]);
            }
            return Ok(());
        }
        let mut put_off = |state: &str, at: Timestamp, error: String| {
            self.put_off.push(params![id, lane, state, at, error]);
            if is_send {
                self.given_back.push(params![lane, position]);
            }
        };
        match outcome {
            Outcome::Sent { provider_id, provider } => {
                self.over.push(params![id, lane]);
                self.sent.push(params![session, position, lane, provider_id, provider]);
            }
            Outcome::Answered { event, at } => {
                self.over.push(params![id, lane]);
                self.events.push(own_event(row, event, at)?);
            }
            Outcome::Retry { at, error } => put_off("retry", at, error),
            Outcome::Unknown { until, error } => put_off("unknown", until, error),
            Outcome::Dead { error, provider, event, at } => {
                self.dead.push(params![id, lane, &error, now]);
                if is_send {
                    self.failed.push(params![session, position, lane, error, provider]);
                }
                if let Some(event) = event {
                    self.events.push(own_event(row, event, at)?);
                }
            }
        }
        Ok(())
    }

    /// Gathers the statements, and gives the events that they store.
    fn batch(self, now: i64) -> Result<(Batch, Vec<OwnEvent>)> {
        let mut batch = Batch::default();
        batch.add(&OVER, Vec::new(), self.over);
        batch.add(&SENT, Vec::new(), self.sent);
        batch.add(&PUT_OFF, Vec::new(), self.put_off);
        batch.add(&GIVEN_BACK, params![now + PARKED], self.given_back);
        batch.add(&DEAD, Vec::new(), self.dead);
        batch.add(&FAILED, Vec::new(), self.failed);
        batch.add(&events::INSERT, Vec::new(), events::rows(&self.events, now)?);
        batch.add(&FREE, params![now], self.lanes.into_iter().map(|lane| params![lane]).collect());
        Ok((batch, self.events))
    }
}

pub(super) fn own_event(row: &Row, event: Event, at: Timestamp) -> Result<OwnEvent> {
    Ok(OwnEvent {
        key: AddressKey {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            channel: row.get("channel")?,
            address: row.get("address")?,
        },
        session: SessionId(row.get("session")?),
        event,
        at,
    })
}

pub(in crate::hot) static OVER: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "DELETE FROM effects WHERE (id, address_id) IN (SELECT v.id, v.address_id FROM {rows} AS v)",
    )
});

pub(in crate::hot) static SENT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("position", Int), ("address_id", Text), ("provider_id", Text), ("provider", Text)],
        0,
        "UPDATE messages SET state = CASE WHEN state = 'pending' THEN 'sent' ELSE state END,
            provider_id = COALESCE(v.provider_id, messages.provider_id), provider = v.provider, error = NULL
        FROM {rows} AS v
        WHERE messages.session = v.session AND messages.position = v.position AND messages.address_id = v.address_id",
    )
});

pub(in crate::hot) static PUT_OFF: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text), ("state", Text), ("due_at", Int), ("error", Text)],
        0,
        "UPDATE effects SET state = v.state, due_at = v.due_at, error = v.error, owner = NULL
        FROM {rows} AS v WHERE effects.id = v.id AND effects.address_id = v.address_id",
    )
});

/// The sends behind one that is put off wait with it, as if they had not been taken.
pub(in crate::hot) static GIVEN_BACK: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("address_id", Text), ("position", Int)],
        1,
        "UPDATE effects SET state = 'pending', due_at = $1, owner = NULL, attempts = attempts - 1
        FROM {rows} AS v
        WHERE effects.address_id = v.address_id AND effects.kind = 'send' AND effects.due_at IS NOT NULL
            AND effects.position > v.position AND effects.state = 'leased'",
    )
});

pub(in crate::hot) static DEAD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text), ("error", Text), ("at", Int)],
        0,
        "UPDATE effects SET state = 'dead', due_at = NULL, dead_at = v.at, error = v.error, owner = NULL
        FROM {rows} AS v WHERE effects.id = v.id AND effects.address_id = v.address_id",
    )
});

pub(in crate::hot) static FAILED: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("position", Int), ("address_id", Text), ("error", Text), ("provider", Text)],
        0,
        "UPDATE messages SET state = 'failed', error = v.error, provider = COALESCE(v.provider, messages.provider)
        FROM {rows} AS v
        WHERE messages.session = v.session AND messages.position = v.position AND messages.address_id = v.address_id",
    )
});

/// Lets the sends that wait in these lanes be taken, where nothing is under way before them.
/// Tells those who settle beside this that sends were put behind others.
pub(in crate::hot) static PARKS: LazyMany = LazyMany::new(|| {
    Many::new(&[("id", Text)], 0, "UPDATE addresses SET parked = parked + 1 WHERE id IN (SELECT v.id FROM {rows} AS v)")
});

pub(in crate::hot) static FREE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        1,
        "UPDATE effects SET due_at = $1
        FROM {rows} AS v
        WHERE effects.address_id = v.id AND effects.kind = 'send' AND effects.state = 'pending' AND effects.due_at > $1
            AND NOT EXISTS (
                SELECT 1 FROM effects h WHERE h.address_id = v.id AND h.kind = 'send' AND h.due_at IS NOT NULL
                    AND h.state <> 'pending'
                [part] AND h.id NOT IN (SELECT open.id FROM open) FOR UPDATE
            )",
    )
});
