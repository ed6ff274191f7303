//! Which turns of a batch still stand on what is there.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::db::batch::Batch;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Dialect, Param, Tx, params};
use crate::error::Result;
use crate::hot::effects::Lease;
use crate::hot::turn::{Committed, LoadedBasis, TurnRecord};

pub(in crate::hot) static KNOW: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("address", Text),
            ("contact", Text),
            ("at", Int),
        ],
        0,
        "INSERT INTO addresses (id, workspace, environment, channel, address, contact, created_at)
        SELECT v.id, v.workspace, v.environment, v.channel, v.address, v.contact, v.at
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id) DO NOTHING",
    )
});

/// On PostgreSQL, which lets several write at a time: everything of an address waits for who has it.
pub(in crate::hot) static HOLD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT a.id FROM addresses a WHERE a.id IN (SELECT v.id FROM {rows} AS v) ORDER BY a.id FOR UPDATE",
    )
});

/// Whether an effect stands in the way of sends in its lane: all that are open do, except those that the committer has in
/// hand itself.
pub(super) const IN_THE_WAY: &str = "f.kind = 'send' AND f.due_at IS NOT NULL
    AND NOT (f.state = 'leased' AND f.owner = v.owner AND f.position <= v.behind)";

pub(in crate::hot) static STANDING: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("owner", Text), ("behind", Int)],
        0,
        &format!(
            "SELECT a.id AS id, a.session AS session, a.contact AS contact, s.version AS version,
            coalesce(s.position, a.position) AS position,
            CAST(CASE WHEN EXISTS (
                SELECT 1 FROM effects f WHERE f.address_id = a.id AND {IN_THE_WAY}
            ) THEN 1 ELSE 0 END AS BIGINT) AS busy
        FROM {{rows}} AS v
        JOIN addresses a ON a.id = v.id
        LEFT JOIN sessions s ON s.id = a.session AND s.address_id = a.id"
        ),
    )
});

pub(in crate::hot) static REMEMBERED: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "SELECT r.id AS id FROM {rows} AS v
        JOIN remembered_events r ON r.id = v.id AND r.address_id = v.address_id",
    )
});

/// How an address stands.
#[derive(Debug)]
struct Standing {
    session: Option<String>,
    contact: String,
    version: i64,
    position: i64,
    /// Whether sends stand in the way in its lane.
    busy: bool,
    /// Whether a turn of the batch was dropped here. Those after it were taken on top of it, and that their version
    /// fits can only be chance.
    broken: bool,
}

/// Holds the addresses and says what is to become of each turn; `sends_leased` says whether its lane was free.
pub(super) async fn check(tx: &mut Tx, turns: &[TurnRecord], lease: Option<&Lease>) -> Result<Vec<Committed>> {
    let addresses = firsts(turns);
    let unknown = addresses.iter().filter(|(_, turn)| !turn.loaded.known).map(|(id, turn)| {
        let key = &turn.loaded.key;
        params![*id, &key.workspace, key.environment, &key.channel, &key.address, &turn.loaded.contact, turn.now]
    });
    let mut batch = Batch::default();
    batch.add(&KNOW, Vec::new(), unknown.collect());
    let ids = || addresses.keys().map(|id| params![*id]).collect();
    if tx.dialect() == Dialect::Postgres {
        batch.add(&HOLD, Vec::new(), ids());
    }
    let owner = owner_of(lease);
    let standing = addresses.iter().map(|(id, turn)| params![*id, owner, behind(turn)]);
    batch.add(&STANDING, Vec::new(), standing.collect());
    batch.add(&REMEMBERED, Vec::new(), events(turns.iter()));
    let mut answers = batch.fetch(tx).await?;
    let (remembered, found) = (answers.pop().unwrap_or_default(), answers.pop().unwrap_or_default());
    let mut standings = HashMap::with_capacity(addresses.len());
    for row in found {
        let standing = Standing {
            session: row.get("session")?,
            contact: row.get("contact")?,
            version: row.get::<Option<i64>, _>("version")?.unwrap_or(0),
            position: row.get::<Option<i64>, _>("position")?.unwrap_or(0),
            busy: row.flag("busy")?,
            broken: false,
        };
        standings.insert(row.get::<String, _>("id")?, standing);
    }
    let seen = remembered.iter().map(|row| row.get::<String, _>("id")).collect::<Result<_>>()?;
    Ok(decide_all(turns, standings, seen))
}

/// Says what is to become of each turn if nothing has changed since they were loaded, all lanes are free, and these events
/// are remembered.
pub(super) fn assume(turns: &[TurnRecord], remembered: &HashSet<String>) -> Vec<Committed> {
    let standing = |basis: &LoadedBasis| Standing {
        session: basis.present.clone(),
        contact: basis.contact.clone(),
        version: basis.version,
        position: basis.position,
        busy: false,
        broken: false,
    };
    let standings = firsts(turns).into_iter().map(|(id, turn)| (id.to_owned(), standing(&turn.loaded)));
    decide_all(turns, standings.collect(), remembered.clone())
}

/// Returns the committer's name; an empty one, which nobody has, if it takes nothing in hand.
pub(super) fn owner_of(lease: Option<&Lease>) -> &str {
    lease.map_or("", |lease| lease.owner.as_str())
}

/// Returns the position behind which a turn's sends may go; before all of them if behind none.
pub(super) fn behind(turn: &TurnRecord) -> i64 {
    turn.goes_behind.unwrap_or(-1)
}

/// Returns the first turn of each address, by the address's id.
pub(super) fn firsts(turns: &[TurnRecord]) -> BTreeMap<&str, &TurnRecord> {
    turns.iter().rev().map(|turn| (turn.loaded.address_id.as_str(), turn)).collect()
}

/// Returns the turns' events as rows of [`REMEMBERED`].
pub(super) fn events<'a>(turns: impl Iterator<Item = &'a TurnRecord>) -> Vec<Vec<Param>> {
    turns.map(|turn| params![turn.event_id.as_str(), &turn.loaded.address_id]).collect()
}

fn decide_all(
    turns: &[TurnRecord],
    mut standings: HashMap<String, Standing>,
    mut seen: HashSet<String>,
) -> Vec<Committed> {
    turns.iter().map(|turn| decide(turn, standings.get_mut(&turn.loaded.address_id), &mut seen)).collect()
}

fn decide(turn: &TurnRecord, standing: Option<&mut Standing>, seen: &mut HashSet<String>) -> Committed {
    let is_seen = seen.contains(turn.event_id.as_str());
    let Some(standing) = standing else {
        return if is_seen { Committed::Duplicate } else { Committed::Conflict };
    };
    let basis = &turn.loaded;
    let stands = !standing.broken
        && standing.session == basis.present
        && standing.version == basis.version
        && standing.position == basis.position
        && standing.contact == basis.contact;
    if is_seen || !stands {
        standing.broken = true;
        return if is_seen { Committed::Duplicate } else { Committed::Conflict };
    }
    seen.insert(turn.event_id.as_str().to_owned());
    standing.session = Some(turn.session.id.clone());
    standing.version = turn.session.version;
    standing.position = turn.session.position;
    Committed::Done { sends_leased: !standing.busy }
}
