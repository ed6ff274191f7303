//! Takes effects that are due, under a lease.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::settle::PARKS;
use super::{DueEffect, Lease, Release, Standing, find_lanes, lock_lanes};
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Dialect, Param, Queries, Row, Tx, params, to_ms};
use crate::error::Result;
use crate::hot::{AddressKey, skip_locked};
use usher_engine::id::SessionId;

const COLUMNS: &str = "e.id AS id, e.address_id AS address_id, e.workspace AS workspace, e.environment AS environment,
    e.channel AS channel, e.channel_kind AS channel_kind, e.address AS address, e.session AS session, e.kind AS kind,
    e.position AS position, e.effect AS effect, e.state AS state, e.due_at AS due_at, e.attempts AS attempts,
    e.asked_at AS asked_at, (SELECT w.revision FROM workspaces w WHERE w.id = e.workspace) AS revision";

/// How many sends are looked at in one go; a lane that is cut goes on when its first part is settled.
const ROWS: u32 = 2_000;

/// Whether anything is due; most of the time nothing is, and this takes no lock.
pub(in crate::hot) const IS_DUE: &str = "SELECT 1 FROM effects WHERE due_at <= $1 AND waits_for IS NULL LIMIT 1";

/// Lanes with a send that is due, some of them several times: asked by what is due, not lane by lane, of which many may
/// wait (so it does not say `kind = 'send'`, which would fit the index of lanes).
pub(in crate::hot) const DUE_LANES: &str = "SELECT e.address_id AS id FROM effects e
    WHERE e.due_at <= $1 AND e.waits_for IS NULL AND e.kind <> 'call' ORDER BY e.due_at LIMIT $2";

pub(in crate::hot) async fn due(db: &Db, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>> {
    let mut reader = db;
    if reader.first(IS_DUE, params![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let mut rows = due_calls(&mut tx, now, limit).await?;
    rows.extend(due_sends(&mut tx, now, limit).await?);
    let taken = rows.iter().map(|row| Ok(params![row.get::<&str, _>("id")?, row.get::<&str, _>("address_id")?]));
    let taken: Vec<_> = taken.collect::<Result<_>>()?;
    TAKE.run(&mut tx, params![lease.owner.as_str(), lease.until], taken).await?;
    tx.commit().await?;
    rows.iter().map(|row| due_effect(row, lease)).collect()
}

pub(in crate::hot) async fn end_leases(db: &Db, now: Timestamp) -> Result<u64> {
    let mut tx = db.begin().await?;
    let sql = "UPDATE effects SET due_at = $1 WHERE state = 'leased' AND due_at > $1";
    let ended = tx.execute(sql, params![now]).await?;
    tx.commit().await?;
    Ok(ended)
}

pub(in crate::hot) async fn release(db: &Db, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64> {
    if effects.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let lanes = find_lanes(&mut tx, effects.iter().map(|release| params![release.effect.as_str()]).collect()).await?;
    lock_lanes(&mut tx, lanes, false).await?;
    let rows = effects
        .iter()
        .map(|Release { effect, until, waits_for }| params![effect.as_str(), *until, waits_for.as_deref()]);
    let released = RELEASE.run(&mut tx, params![owner, now], rows.collect()).await?;
    tx.commit().await?;
    Ok(released)
}

/// Due since they were asked for, which is in the past by anybody's clock; of those that wait, who has waited longest goes
/// first. Only what is leased as it was, or by a lease that somebody has ended: the leases of a process end one after the
/// other.
pub(in crate::hot) static RELEASE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("until", Int), ("waits_for", Text)],
        2,
        "UPDATE effects SET state = coalesce(taken_from, 'pending'), due_at = asked_at, waits_for = back.waits_for,
            owner = NULL, attempts = attempts - 1
        FROM (
            SELECT e.id, e.address_id, v.waits_for
            FROM {rows} AS v JOIN effects e ON e.id = v.id AND (e.due_at = v.until OR e.due_at <= $2)
            [postgres] ORDER BY e.id FOR UPDATE OF e
        ) AS back
        WHERE effects.id = back.id AND effects.address_id = back.address_id AND owner = $1 AND state = 'leased'",
    )
});

pub(in crate::hot) static TAKE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        2,
        "UPDATE effects SET taken_from = state, state = 'leased', owner = $1, due_at = $2, attempts = attempts + 1,
            waits_for = NULL
        FROM {rows} AS v WHERE effects.id = v.id AND effects.address_id = v.address_id",
    )
});

pub(in crate::hot) fn due_calls_sql(dialect: Dialect) -> String {
    let others = skip_locked(dialect);
    format!(
        "SELECT {COLUMNS} FROM effects e WHERE e.due_at <= $1 AND e.waits_for IS NULL AND e.kind = 'call' ORDER BY e.due_at, e.id LIMIT $2{others}"
    )
}

async fn due_calls(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
    tx.all(sqlx::AssertSqlSafe(due_calls_sql(tx.dialect())), params![now, i64::from(limit)]).await
}

/// Takes lanes whose first send is due, each whole and in order.
async fn due_sends(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
    let found = tx.all(DUE_LANES, params![now, i64::from(limit)]).await?;
    let lanes = found.iter().map(|row| row.get("id")).collect::<Result<BTreeSet<String>>>()?;
    let lanes = lock_lanes(tx, lanes.into_iter().collect(), true).await?;
    let rows = LANES.fetch(tx, Vec::new(), lanes.iter().map(|lane| params![lane]).collect()).await?;
    let mut waiting = HashSet::new();
    let mut begun = HashSet::new();
    let mut out_of_turn = Vec::new();
    let mut taken = Vec::new();
    for row in rows {
        let lane: String = row.get("address_id")?;
        let is_due = row.get::<i64, _>("due_at")? <= to_ms(now);
        // The lane stops at one that waits its time, or that another has at hand; one that merely stood behind the
        // others goes with them.
        let is_first = begun.insert(lane.clone());
        let is_pending = row.get::<&str, _>("state")? == "pending";
        if !is_due && (is_first || !is_pending) {
            waiting.insert(lane.clone());
        }
        if !waiting.contains(&lane) {
            taken.push(row);
        } else if is_due && is_pending {
            out_of_turn.push(params![row.get::<&str, _>("id")?, &lane]);
        }
    }
    // Not to be looked at again before those in front of them are settled, which frees them: those that are pending.
    if tx.dialect() == Dialect::Postgres {
        let lanes: BTreeSet<Param> = out_of_turn.iter().filter_map(|row| row.last().cloned()).collect();
        PARKS.run(tx, Vec::new(), lanes.into_iter().map(|lane| vec![lane]).collect()).await?;
    }
    PARK.run(tx, params![to_ms(now) + super::PARKED], out_of_turn).await?;
    Ok(taken)
}

pub(in crate::hot) static LANES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        &format!(
            "SELECT {COLUMNS} FROM effects e WHERE e.kind = 'send' AND e.due_at IS NOT NULL
            AND e.address_id IN (SELECT v.id FROM {{rows}} AS v) ORDER BY e.address_id, e.position LIMIT {ROWS}"
        ),
    )
});

pub(in crate::hot) static PARK: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        1,
        "UPDATE effects SET due_at = $1 FROM {rows} AS v WHERE effects.id = v.id AND effects.address_id = v.address_id",
    )
});

fn due_effect(row: &Row, lease: &Lease) -> Result<DueEffect> {
    let standing = match row.get::<&str, _>("state")? {
        "leased" => Standing::Interrupted,
        "retry" => Standing::Retried,
        "unknown" => Standing::Unheard,
        _ => Standing::Fresh,
    };
    Ok(DueEffect {
        key: AddressKey {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            channel: row.get("channel")?,
            address: row.get("address")?,
        },
        channel_kind: row.get("channel_kind")?,
        session: SessionId(row.get("session")?),
        effect: row.json("effect")?,
        standing,
        attempts: row.number("attempts")?,
        asked_at: row.time("asked_at")?,
        leased_until: lease.until,
        position: row.get("position")?,
        revision: row.maybe_number("revision")?.unwrap_or(0),
    })
}
