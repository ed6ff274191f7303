//! A settlement in two round trips to PostgreSQL: what is open is read, and what comes of it is written in one statement,
//! which supposes that all is still as it was read.

use std::collections::{BTreeMap, BTreeSet};

use super::{FROM, READ, Writes};
use crate::db::at_once::Premises;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Executor, Param, params};
use crate::error::Result;
use crate::hot::effects::{Outcome, Settlement};
use crate::hot::events::OwnEvent;

/// Reads what is open, and what may change of its lane.
pub(in crate::hot) static OPEN: LazyMany = LazyMany::new(|| {
    let text = format!(
        "SELECT {READ}, a.parked AS parked, p.waits AS waits FROM {FROM}
        LEFT JOIN addresses a ON a.id = e.address_id
        LEFT JOIN LATERAL (
            SELECT true AS waits FROM effects p
            WHERE p.address_id = e.address_id AND p.kind = 'send' AND p.due_at IS NOT NULL AND p.state = 'pending' LIMIT 1
        ) AS p ON true"
    );
    Many::new(&[("id", Text)], 0, &text)
});

/// Holds lanes, in the order given. Whoever puts sends behind others counts it, so that where the count is as it was, the
/// statement sees all that wait.
pub(in crate::hot) static LANES_HELD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("parked", Int)],
        0,
        "SELECT a.parked IS NOT DISTINCT FROM v.parked AS stands
        FROM {rows} AS v
        LEFT JOIN LATERAL (SELECT a.parked FROM addresses a WHERE a.id = v.id FOR UPDATE) AS a ON true",
    )
});

/// Holds effects once the lanes are held, and looks whether each is still open, and, where it was judged by, in what state
/// its message is.
pub(in crate::hot) static OPEN_HELD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text), ("is_judged", Int), ("message_state", Text)],
        0,
        "SELECT v.id AS id,
            e.id IS NOT NULL AND (v.is_judged = 0 OR m.state IS NOT DISTINCT FROM v.message_state) AS stands
        FROM {rows} AS v
        LEFT JOIN LATERAL (
            SELECT e.id, e.address_id, e.session, e.position FROM effects e
            WHERE e.id = v.id AND e.address_id = v.address_id AND e.due_at IS NOT NULL
            [part] AND (SELECT count(*) FROM lanes) >= 0
            FOR UPDATE
        ) AS e ON true
        LEFT JOIN LATERAL (
            SELECT m.state FROM messages m
            WHERE v.is_judged = 1 AND m.session = e.session AND m.position = e.position AND m.address_id = e.address_id
            FOR UPDATE
        ) AS m ON true",
    )
});

const SOUND: &str = "SELECT NOT EXISTS (SELECT 1 FROM lanes WHERE NOT lanes.stands)
    AND NOT EXISTS (SELECT 1 FROM open WHERE NOT open.stands) AS ok";

/// Settles, and gives the events that were stored; none if something changed meanwhile, or if a lane is to wait, and then
/// nothing was written.
pub(super) async fn settle(db: &Db, settlements: &[Settlement], now: i64) -> Result<Option<Vec<OwnEvent>>> {
    let dialect = db.dialect();
    let mut reader = db;
    let rows = reader.rows(OPEN.sql(dialect), OPEN.params(dialect, Vec::new(), super::ids(settlements))?).await?;
    if rows.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let sent = settlements.iter().filter(|settlement| matches!(settlement.outcome, Outcome::Sent { .. }));
    let sent: BTreeSet<&str> = sent.map(|settlement| settlement.effect.as_str()).collect();
    let (mut lanes, mut open) = (BTreeMap::new(), Vec::with_capacity(rows.len()));
    let mut followed = BTreeSet::new();
    for row in &rows {
        let (id, lane) = (row.get::<&str, _>("id")?, row.get::<&str, _>("address_id")?);
        let is_send = row.get::<&str, _>("kind")? == "send";
        if is_send {
            lanes.insert(lane.to_owned(), row.get::<Option<i64>, _>("parked")?);
        }
        if row.get::<Option<bool>, _>("waits")? == Some(true) {
            followed.insert(lane.to_owned());
        }
        let state: Option<&str> = row.get("message_state")?;
        open.push(params![id, lane, is_send && !sent.contains(id), state]);
    }
    let lanes = lanes.into_iter().map(|(lane, parked)| params![lane, parked]).collect();
    let mut writes = Writes::of(settlements.to_vec(), rows, now)?;
    // Where the premises hold, no send waits that did not wait before.
    writes.lanes.retain(|lane| followed.contains(lane));
    if !writes.given_back.is_empty() {
        return Ok(None);
    }
    let (batch, events) = writes.batch(now)?;
    let answer = batch.at_once(db, premises(lanes, open)).await?;
    let is_sound = answer.first().map(|row| row.get::<bool, _>("ok")).transpose()?;
    Ok((is_sound == Some(true)).then_some(events))
}

pub(in crate::hot) fn premises(lanes: Vec<Vec<Param>>, open: Vec<Vec<Param>>) -> Premises {
    Premises {
        parts: vec![("lanes", &LANES_HELD, lanes), ("open", &OPEN_HELD, open)],
        sound: SOUND,
        answer: "SELECT sound.ok AS ok FROM sound",
    }
}
