//! Commits turns, many to one transaction.
//!
//! The addresses of the batch are locked in key order; what each turn stood on is compared with what is there now, and
//! only the turns that fit are written, in a handful of many-row statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use usher_engine::id::EventId;

use super::effects::{Lease, PARKED};
use super::turn::{Committed, EffectRow, LoadedBasis, MessageRow, TurnRecord};
use super::{effects, events};
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Param, Queries, Tx, params};
use crate::error::Result;

/// What is present at an address: its session, and that session's version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    present: Option<String>,
    version: i64,
}

pub(super) async fn commit(db: &Db, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
    if turns.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let standings = lock(&mut tx, &turns).await?;
    let seen = seen_in(&mut tx, turns.iter().map(|turn| (turn.event_id.as_str(), turn.loaded.address_id.as_str()))).await?;
    let busy = effects::busy_lanes(&mut tx, turns.iter().map(|turn| turn.loaded.address_id.as_str())).await?;
    let verdicts = judge(&turns, standings, seen, |address| lease.is_some() && !busy.contains(address));
    let done: Vec<&TurnRecord> = turns
        .iter()
        .zip(&verdicts)
        .filter_map(|(turn, verdict)| matches!(verdict, Committed::Done { .. }).then_some(turn))
        .collect();
    write(&mut tx, &done, lease, &busy).await?;
    let handled = turns.iter().zip(&verdicts).filter(|(_, verdict)| **verdict != Committed::Conflict);
    events::consume_in(&mut tx, handled.map(|(turn, _)| turn.event_id.as_str())).await?;
    tx.commit().await?;
    Ok(verdicts)
}

/// Decides what becomes of each turn, in order: each stands on what the ones before it left.
fn judge(
    turns: &[TurnRecord],
    mut standings: HashMap<String, Standing>,
    mut seen: HashSet<(String, String)>,
    leases_sends: impl Fn(&str) -> bool,
) -> Vec<Committed> {
    turns
        .iter()
        .map(|turn| {
            let LoadedBasis { address_id, known, present, version, .. } = &turn.loaded;
            let event = (turn.event_id.to_string(), address_id.clone());
            if seen.contains(&event) {
                return Committed::Duplicate;
            }
            let fits = match standings.get(address_id) {
                Some(standing) => *known && standing.present == *present && standing.version == *version,
                None => !*known,
            };
            if !fits {
                return Committed::Conflict;
            }
            seen.insert(event);
            let after = Standing { present: Some(turn.session.id.clone()), version: turn.session.version };
            standings.insert(address_id.clone(), after);
            Committed::Done { sends_leased: leases_sends(address_id) }
        })
        .collect()
}

static MAKE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("workspace", Text), ("environment", Text), ("channel", Text), ("address", Text), ("contact", Text), ("at", Int)],
        0,
        "INSERT INTO addresses (id, workspace, environment, channel, address, contact, session, created_at)
        SELECT v.id, v.workspace, v.environment, v.channel, v.address, v.contact, NULL, v.at
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id) DO NOTHING
        RETURNING id",
    )
});

static LOCK: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT a.id AS id, a.session AS session, s.version AS version
        FROM {rows} AS v
        JOIN addresses a ON a.id = v.id
        LEFT JOIN sessions s ON s.id = a.session AND s.address_id = a.id
        ORDER BY a.id
        [postgres] FOR UPDATE OF a",
    )
});

/// Locks the addresses, makes those that are new, and says what is present at each that was there before.
async fn lock(tx: &mut Tx, turns: &[TurnRecord]) -> Result<HashMap<String, Standing>> {
    let mut addresses: BTreeMap<&str, &TurnRecord> = BTreeMap::new();
    for turn in turns {
        addresses.entry(&turn.loaded.address_id).or_insert(turn);
    }
    let fresh = addresses.values().filter(|turn| !turn.loaded.known).map(|turn| {
        let key = &turn.loaded.key;
        params![&turn.loaded.address_id, &key.workspace, key.environment, &key.channel, &key.address, &turn.loaded.contact, turn.now]
    });
    let fresh: Vec<_> = fresh.collect();
    let mut made = HashSet::new();
    for row in MAKE.fetch(tx, Vec::new(), fresh).await? {
        made.insert(row.get::<String, _>("id")?);
    }
    let there = addresses.keys().filter(|id| !made.contains(**id)).map(|id| params![*id]).collect();
    let mut standings = HashMap::new();
    for row in LOCK.fetch(tx, Vec::new(), there).await? {
        let version = row.get::<Option<i64>, _>("version")?.unwrap_or(0);
        standings.insert(row.get("id")?, Standing { present: row.get("session")?, version });
    }
    Ok(standings)
}

static SEEN: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "SELECT r.id AS id, r.address_id AS address_id FROM {rows} AS v
        JOIN remembered_events r ON r.id = v.id AND r.address_id = v.address_id",
    )
});

async fn seen_in(tx: &mut Tx, events: impl Iterator<Item = (&str, &str)>) -> Result<HashSet<(String, String)>> {
    let rows = events.map(|(id, address)| params![id, address]).collect();
    let found = SEEN.fetch(tx, Vec::new(), rows).await?;
    found.iter().map(|row| Ok((row.get("id")?, row.get("address_id")?))).collect()
}

static SEEN_ANYWHERE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT DISTINCT r.id AS id FROM {rows} AS v JOIN remembered_events r ON r.id = v.id",
    )
});

pub(super) async fn seen(db: &Db, events: &[EventId]) -> Result<Vec<bool>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let rows = events.iter().map(|id| params![id.as_str()]).collect();
    let dialect = db.dialect();
    let mut reader = db;
    let found = reader.all(SEEN_ANYWHERE.sql(dialect), SEEN_ANYWHERE.params(dialect, Vec::new(), rows)?).await?;
    let found: HashSet<String> = found.iter().map(|row| row.get("id")).collect::<Result<_>>()?;
    Ok(events.iter().map(|id| found.contains(id.as_str())).collect())
}

/// Writes all that the turns come to.
async fn write(tx: &mut Tx, turns: &[&TurnRecord], lease: Option<&Lease>, busy: &HashSet<String>) -> Result<()> {
    if turns.is_empty() {
        return Ok(());
    }
    write_contacts(tx, turns).await?;
    write_sessions(tx, turns).await?;
    write_journal(tx, turns).await?;
    write_messages(tx, turns).await?;
    write_effects(tx, turns, lease, busy).await?;
    write_timers(tx, turns).await?;
    write_statistics(tx, turns).await
}

static ADD_CONTACTS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("workspace", Text), ("environment", Text), ("name", Text), ("phone", Text), ("language", Text), ("at", Int)],
        0,
        "INSERT INTO contacts (id, workspace, environment, name, phone, language, has_attributes, created_at)
        SELECT v.id, v.workspace, v.environment, v.name, v.phone, v.language, 0, v.at
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id) DO UPDATE SET
            name = COALESCE(contacts.name, excluded.name),
            phone = COALESCE(contacts.phone, excluded.phone),
            language = COALESCE(contacts.language, excluded.language)",
    )
});

static HAVE_ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "UPDATE contacts SET has_attributes = 1 WHERE has_attributes = 0 AND id IN (SELECT v.id FROM {rows} AS v)",
    )
});

static SET_ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("contact", Text), ("name", Text), ("value", Text)],
        0,
        "INSERT INTO contact_attributes (contact, name, value)
        SELECT v.contact, v.name, v.value FROM {rows} AS v WHERE true ORDER BY v.contact, v.name
        ON CONFLICT (contact, name) DO UPDATE SET value = excluded.value",
    )
});

static UNSET_ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("contact", Text), ("name", Text)],
        0,
        "DELETE FROM contact_attributes WHERE (contact, name) IN (SELECT v.contact, v.name FROM {rows} AS v)",
    )
});

async fn write_contacts(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let mut contacts: BTreeMap<&str, Vec<Param>> = BTreeMap::new();
    let mut attributes: BTreeMap<(&str, &str), Option<&String>> = BTreeMap::new();
    for turn in turns {
        let basis = &turn.loaded;
        if !basis.known || turn.profile.is_some() {
            let profile = turn.profile.clone().unwrap_or_default();
            contacts.entry(&basis.contact).or_insert_with(|| {
                let key = &basis.key;
                params![&basis.contact, &key.workspace, key.environment, profile.name, profile.phone, profile.language, turn.now]
            });
        }
        for (name, value) in &turn.attributes {
            attributes.insert((&basis.contact, name), value.as_ref());
        }
    }
    ADD_CONTACTS.run(tx, Vec::new(), contacts.into_values().collect()).await?;
    let (set, unset): (Vec<_>, Vec<_>) = attributes.into_iter().partition(|(_, value)| value.is_some());
    let owners: std::collections::BTreeSet<&str> = set.iter().map(|((contact, _), _)| *contact).collect();
    HAVE_ATTRIBUTES.run(tx, Vec::new(), owners.into_iter().map(|id| params![id]).collect()).await?;
    let set = set.into_iter().map(|((contact, name), value)| params![contact, name, value.map(String::as_str)]);
    SET_ATTRIBUTES.run(tx, Vec::new(), set.collect()).await?;
    let unset = unset.into_iter().map(|((contact, name), _)| params![contact, name]);
    UNSET_ATTRIBUTES.run(tx, Vec::new(), unset.collect()).await?;
    Ok(())
}

static PUT_SESSIONS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("address_id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("channel_kind", Text),
            ("address", Text),
            ("contact", Text),
            ("route", Text),
            ("workflow", Text),
            ("deployment", Int),
            ("version", Int),
            ("position", Int),
            ("started_at", Int),
            ("updated_at", Int),
            ("ended_at", Int),
            ("end_reason", Text),
            ("outcome", Text),
            ("expires_at", Int),
            ("state", Text),
        ],
        0,
        "INSERT INTO sessions (id, address_id, workspace, environment, channel, channel_kind, address, contact, route, workflow,
            deployment, version, position, started_at, updated_at, ended_at, end_reason, outcome, expires_at, state)
        SELECT v.id, v.address_id, v.workspace, v.environment, v.channel, v.channel_kind, v.address, v.contact, v.route, v.workflow,
            v.deployment, v.version, v.position, v.started_at, v.updated_at, v.ended_at, v.end_reason, v.outcome, v.expires_at, v.state
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id, address_id) DO UPDATE SET
            version = excluded.version, position = excluded.position, updated_at = excluded.updated_at,
            ended_at = excluded.ended_at, end_reason = excluded.end_reason, outcome = excluded.outcome,
            expires_at = excluded.expires_at, state = excluded.state",
    )
});

static SET_PRESENT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("session", Text)],
        0,
        "UPDATE addresses SET session = v.session FROM {rows} AS v WHERE addresses.id = v.id",
    )
});

async fn write_sessions(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let mut sessions: BTreeMap<&str, &TurnRecord> = BTreeMap::new();
    let mut present: BTreeMap<&str, &str> = BTreeMap::new();
    for turn in turns {
        sessions.insert(&turn.session.id, turn);
        if turn.loaded.present.as_ref() != Some(&turn.session.id) {
            present.insert(&turn.loaded.address_id, &turn.session.id);
        }
    }
    let rows = sessions.into_values().map(|turn| {
        let (key, session) = (&turn.loaded.key, &turn.session);
        params![
            &session.id,
            &turn.loaded.address_id,
            &key.workspace,
            key.environment,
            &key.channel,
            &session.channel_kind,
            &key.address,
            &turn.loaded.contact,
            &session.route,
            &session.workflow,
            session.deployment,
            session.version,
            session.position,
            session.started_at,
            turn.now,
            session.ended_at,
            session.end_reason,
            session.outcome.clone(),
            session.expires_at,
            &session.state,
        ]
    });
    PUT_SESSIONS.run(tx, Vec::new(), rows.collect()).await?;
    let present = present.into_iter().map(|(address, session)| params![address, session]);
    SET_PRESENT.run(tx, Vec::new(), present.collect()).await?;
    Ok(())
}

static ADD_JOURNAL: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("session", Text),
            ("version", Int),
            ("address_id", Text),
            ("event_id", Text),
            ("at", Int),
            ("seed", Text),
            ("deployment", Int),
            ("engine", Text),
            ("event", Text),
            ("visits", Text),
            ("contact", Text),
        ],
        0,
        "INSERT INTO journal (session, version, address_id, event_id, at, seed, deployment, engine, event, visits, contact)
        SELECT v.session, v.version, v.address_id, v.event_id, v.at, v.seed, v.deployment, v.engine, v.event, v.visits, v.contact
        FROM {rows} AS v",
    )
});

static REMEMBER: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text), ("at", Int)],
        0,
        "INSERT INTO remembered_events (id, address_id, at) SELECT v.id, v.address_id, v.at FROM {rows} AS v",
    )
});

async fn write_journal(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let rows = turns.iter().map(|turn| {
        let journal = &turn.journal;
        params![
            &turn.session.id,
            turn.session.version,
            &turn.loaded.address_id,
            turn.event_id.as_str(),
            turn.now,
            &journal.seed,
            turn.session.deployment,
            &journal.engine,
            &journal.event,
            &journal.visits,
            &journal.contact,
        ]
    });
    ADD_JOURNAL.run(tx, Vec::new(), rows.collect()).await?;
    let rows = turns.iter().map(|turn| params![turn.event_id.as_str(), &turn.loaded.address_id, turn.now]);
    REMEMBER.run(tx, Vec::new(), rows.collect()).await?;
    Ok(())
}

static ADD_MESSAGES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("session", Text),
            ("position", Int),
            ("address_id", Text),
            ("at", Int),
            ("direction", Text),
            ("body", Text),
            ("effect", Text),
            ("place", Text),
            ("state", Text),
            ("provider_id", Text),
            ("provider", Text),
        ],
        0,
        "INSERT INTO messages (session, position, address_id, at, direction, body, effect, place, state, provider_id, provider)
        SELECT v.session, v.position, v.address_id, v.at, v.direction, v.body, v.effect, v.place, v.state, v.provider_id, v.provider
        FROM {rows} AS v",
    )
});

async fn write_messages(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let rows = turns.iter().flat_map(|turn| {
        turn.messages.iter().map(|message| {
            let MessageRow { position, direction, body, effect, place, state, provider_id, provider } = message;
            params![
                &turn.session.id,
                *position,
                &turn.loaded.address_id,
                turn.now,
                *direction,
                body,
                effect.as_deref(),
                place.as_deref(),
                *state,
                provider_id.as_deref(),
                provider.as_deref(),
            ]
        })
    });
    ADD_MESSAGES.run(tx, Vec::new(), rows.collect()).await?;
    Ok(())
}

static ADD_EFFECTS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("address_id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("channel_kind", Text),
            ("address", Text),
            ("session", Text),
            ("kind", Text),
            ("position", Int),
            ("effect", Text),
            ("state", Text),
            ("due_at", Int),
            ("owner", Text),
            ("attempts", Int),
            ("asked_at", Int),
        ],
        0,
        "INSERT INTO effects (id, address_id, workspace, environment, channel, channel_kind, address, session, kind, position,
            effect, state, due_at, owner, attempts, asked_at)
        SELECT v.id, v.address_id, v.workspace, v.environment, v.channel, v.channel_kind, v.address, v.session, v.kind, v.position,
            v.effect, v.state, v.due_at, v.owner, v.attempts, v.asked_at
        FROM {rows} AS v",
    )
});

async fn write_effects(tx: &mut Tx, turns: &[&TurnRecord], lease: Option<&Lease>, busy: &HashSet<String>) -> Result<()> {
    let rows = turns.iter().flat_map(|turn| {
        let is_busy = busy.contains(&turn.loaded.address_id);
        turn.effects.iter().map(move |effect| {
            let EffectRow { id, kind, position, effect } = effect;
            let waits = is_busy && *kind == "send";
            let leased = lease.filter(|_| !waits);
            let due_at = match leased {
                Some(lease) => lease.until.as_millisecond(),
                None if waits => turn.now + PARKED,
                None => turn.now,
            };
            let key = &turn.loaded.key;
            params![
                id,
                &turn.loaded.address_id,
                &key.workspace,
                key.environment,
                &key.channel,
                &turn.session.channel_kind,
                &key.address,
                &turn.session.id,
                *kind,
                *position,
                effect,
                if leased.is_some() { "leased" } else { "pending" },
                due_at,
                leased.map(|lease| lease.owner.as_str()),
                i64::from(leased.is_some()),
                turn.now,
            ]
        })
    });
    ADD_EFFECTS.run(tx, Vec::new(), rows.collect()).await?;
    Ok(())
}

static SET_TIMERS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("name", Text), ("address_id", Text), ("generation", Int), ("due_at", Int)],
        0,
        "INSERT INTO timers (session, name, address_id, generation, due_at)
        SELECT v.session, v.name, v.address_id, v.generation, v.due_at FROM {rows} AS v WHERE true ORDER BY v.session, v.name
        ON CONFLICT (session, name, address_id) DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at",
    )
});

static CLEAR_TIMERS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("name", Text)],
        0,
        "DELETE FROM timers WHERE (session, name) IN (SELECT v.session, v.name FROM {rows} AS v)",
    )
});

async fn write_timers(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let mut timers = BTreeMap::new();
    for turn in turns {
        for (name, timer) in &turn.timers {
            timers.insert((turn.session.id.as_str(), name.as_str()), (turn.loaded.address_id.as_str(), timer.as_ref()));
        }
    }
    let (mut set, mut cleared) = (Vec::new(), Vec::new());
    for ((session, name), (address, timer)) in timers {
        match timer {
            Some(timer) => set.push(params![session, name, address, timer.generation, timer.due]),
            None => cleared.push(params![session, name]),
        }
    }
    SET_TIMERS.run(tx, Vec::new(), set).await?;
    CLEAR_TIMERS.run(tx, Vec::new(), cleared).await?;
    Ok(())
}

static ADD_STATISTICS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("workspace", Text),
            ("environment", Text),
            ("hour", Int),
            ("workflow", Text),
            ("version", Int),
            ("node", Int),
            ("what", Text),
            ("exit", Text),
            ("count", Int),
        ],
        0,
        "INSERT INTO statistics_deltas (workspace, environment, hour, workflow, version, node, what, exit, count)
        SELECT v.workspace, v.environment, v.hour, v.workflow, v.version, v.node, v.what, v.exit, v.count FROM {rows} AS v",
    )
});

const HOUR: i64 = 60 * 60 * 1000;

async fn write_statistics(tx: &mut Tx, turns: &[&TurnRecord]) -> Result<()> {
    let mut counts = BTreeMap::new();
    for turn in turns {
        let key = &turn.loaded.key;
        for (statistic, count) in &turn.statistics {
            let hour = turn.now.div_euclid(HOUR) * HOUR;
            *counts.entry((&key.workspace, key.environment, hour, statistic)).or_insert(0) += count;
        }
    }
    let rows = counts.into_iter().map(|((workspace, environment, hour, statistic), count)| {
        let place = &statistic.place;
        params![workspace, environment, hour, &place.workflow, place.version, place.node, statistic.what, &statistic.exit, count]
    });
    ADD_STATISTICS.run(tx, Vec::new(), rows.collect()).await?;
    Ok(())
}
