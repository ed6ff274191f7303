//! Conversations that are over for longer than they are kept.
//!
//! They are found by when they ended, oldest first. The one that is present at its address leaves its last message
//! position there, since browsers resume by it. A contact stays, for what is known of it outlives conversations; one of
//! whom nothing is known but conversations goes with the last of them.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{Place, Pruned, begin_alone};
use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Db, Queries, Tx, params, to_ms};
use crate::error::Result;
use crate::hot::AddressKey;
use crate::hot::effects::lock_lanes;
use crate::retention::before;

/// How many conversations go at a time: some thousands of rows.
const CONVERSATIONS: i64 = 200;
/// How far the removal of traces may be ahead of what is written down of it; after a start it looks again from there.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

pub(in crate::hot) const ENDED: &str = "SELECT id, address_id, channel, address, contact FROM sessions
    WHERE workspace = $1 AND environment = $2 AND ended_at < $3 ORDER BY ended_at LIMIT $4";

/// The sessions from the time up to which traces were removed on; of those that ended at that very time, some are done.
pub(in crate::hot) const TRACED: &str = "SELECT s.id AS id, s.ended_at AS ended_at FROM sessions s
    WHERE s.workspace = $1 AND s.environment = $2 AND s.ended_at >= $3 AND s.ended_at < $4
        AND EXISTS (SELECT 1 FROM journal j WHERE j.session = s.id)
    ORDER BY s.ended_at LIMIT $5";

/// The columns by which everything of a session is found.
const SESSION: &[(&str, crate::db::many::Kind)] = &[("id", Text), ("address_id", Text)];

pub(in crate::hot) static LEAVE_POSITION: LazyMany = LazyMany::new(|| {
    Many::new(
        SESSION,
        0,
        "UPDATE addresses SET session = NULL, position = s.position
        FROM {rows} AS v JOIN sessions s ON s.id = v.id AND s.address_id = v.address_id
        WHERE addresses.id = v.address_id AND addresses.session = v.id",
    )
});

pub(in crate::hot) static NO_MESSAGES: LazyMany =
    LazyMany::new(|| Many::new(SESSION, 0, "DELETE FROM messages WHERE session IN (SELECT v.id FROM {rows} AS v)"));

pub(in crate::hot) static NO_JOURNAL: LazyMany =
    LazyMany::new(|| Many::new(SESSION, 0, "DELETE FROM journal WHERE session IN (SELECT v.id FROM {rows} AS v)"));

pub(in crate::hot) static NO_SESSIONS: LazyMany = LazyMany::new(|| {
    Many::new(SESSION, 0, "DELETE FROM sessions WHERE (id, address_id) IN (SELECT v.id, v.address_id FROM {rows} AS v)")
});

pub(in crate::hot) static UNKNOWN: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("address_id", Text), ("contact", Text)],
        0,
        "DELETE FROM contacts WHERE name IS NULL AND phone IS NULL AND has_attributes = 0
            AND id IN (
                SELECT v.contact FROM {rows} AS v
                JOIN addresses a ON a.id = v.address_id AND a.contact = v.contact AND a.session IS NULL
                WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.address_id = v.address_id)
            )
        RETURNING id",
    )
});

pub(in crate::hot) static NO_ADDRESSES: LazyMany =
    LazyMany::new(|| Many::new(&[("id", Text)], 0, "DELETE FROM addresses WHERE id IN (SELECT v.id FROM {rows} AS v)"));

/// Removes conversations.
pub(super) async fn prune(db: &Db, place: &Place, now: Timestamp) -> Result<Pruned> {
    let Some(before) = before(now, place.retention.transcript_days) else { return Ok(Pruned::default()) };
    let which = || params![&place.workspace, place.environment, before, CONVERSATIONS];
    let mut reader = db;
    if reader.first(ENDED, which()).await?.is_none() {
        return Ok(Pruned::default());
    }
    let Some(mut tx) = begin_alone(db).await? else { return Ok(Pruned::default()) };
    let ended = tx.all(ENDED, which()).await?;
    let addresses = ended.iter().map(|row| row.get("address_id")).collect::<Result<Vec<String>>>()?;
    // An address at which somebody is at work waits for the next time.
    let free: HashSet<String> = lock_lanes(&mut tx, addresses, true).await?.into_iter().collect();
    let mut sessions = Vec::new();
    let mut contacts = BTreeMap::new();
    for row in &ended {
        let address_id: String = row.get("address_id")?;
        if !free.contains(&address_id) {
            continue;
        }
        sessions.push(params![row.get::<&str, _>("id")?, &address_id]);
        let key = AddressKey {
            workspace: place.workspace.clone(),
            environment: place.environment,
            channel: row.get("channel")?,
            address: row.get("address")?,
        };
        let contact: String = row.get("contact")?;
        // A contact that was merged with another may have more addresses than this one, and stays.
        if key.first_contact() == contact {
            contacts.insert(contact, address_id);
        }
    }
    LEAVE_POSITION.run(&mut tx, Vec::new(), sessions.clone()).await?;
    NO_MESSAGES.run(&mut tx, Vec::new(), sessions.clone()).await?;
    NO_JOURNAL.run(&mut tx, Vec::new(), sessions.clone()).await?;
    let conversations = NO_SESSIONS.run(&mut tx, Vec::new(), sessions).await?;
    let contacts = prune_unknown(&mut tx, &contacts).await?;
    tx.commit().await?;
    let more = ended.len() as i64 == CONVERSATIONS && conversations > 0;
    Ok(Pruned { conversations, contacts, more, ..Pruned::default() })
}

/// Removes contacts, given with the ids of their addresses, of whom nothing is known but the conversations that just left.
async fn prune_unknown(tx: &mut Tx, contacts: &BTreeMap<String, String>) -> Result<u64> {
    let rows = contacts.iter().map(|(contact, address)| params![address, contact]).collect();
    let gone = UNKNOWN.fetch(tx, Vec::new(), rows).await?;
    let gone = gone.iter().map(|row| row.get::<String, _>("id")).collect::<Result<Vec<_>>>()?;
    let addresses = gone.iter().filter_map(|contact| contacts.get(contact)).map(|address| params![address]).collect();
    NO_ADDRESSES.run(tx, Vec::new(), addresses).await
}

/// Removes the journals of conversations that are themselves kept longer.
pub(super) async fn prune_traces(db: &Db, place: &Place, now: Timestamp) -> Result<Pruned> {
    let Some(before) = before(now, place.retention.trace_days) else { return Ok(Pruned::default()) };
    let fact = format!("traces/{}/{}", place.workspace, place.environment);
    let mut reader = db;
    let noted = reader.first("SELECT value FROM facts WHERE name = $1", params![&fact]).await?;
    let noted = noted.map(|row| row.get::<i64, _>("value")).transpose()?.unwrap_or(i64::MIN);
    let which = params![&place.workspace, place.environment, noted, before, CONVERSATIONS];
    let found = reader.all(TRACED, which).await?;
    let more = found.len() as i64 == CONVERSATIONS;
    let reached = match found.last() {
        Some(last) if more => last.get("ended_at")?,
        _ => to_ms(before),
    };
    if found.is_empty() && reached.saturating_sub(noted) < NOTED_EVERY.as_millis() as i64 {
        return Ok(Pruned::default());
    }
    let Some(mut tx) = begin_alone(db).await? else { return Ok(Pruned::default()) };
    let rows = found.iter().map(|row| Ok(params![row.get::<&str, _>("id")?, ""])).collect::<Result<Vec<_>>>()?;
    NO_JOURNAL.run(&mut tx, Vec::new(), rows).await?;
    tx.execute(
        "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![&fact, reached],
    )
    .await?;
    tx.commit().await?;
    Ok(Pruned { traces: found.len() as u64, more, ..Pruned::default() })
}
