//! What committed turns write, table by table.

use std::collections::{BTreeMap, BTreeSet};

use super::rows;
use crate::db::batch::Batch;
use crate::db::{Param, params};
use crate::hot::effects::{Lease, PARKED};
use crate::hot::events;
use crate::hot::turn::{Committed, Profile, StatisticKey, TurnRecord};

/// Statistics are counted by the hour.
const HOUR: i64 = 3_600_000;

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By SQLite's one writer.
    Sqlite,
    /// Statement by statement, in a transaction that holds the addresses and has made those that are new.
    Steps,
    /// As one statement, which alone sees whether a lane is busy.
    AtOnce,
}

/// Gathers what the turns that are done write.
pub(super) fn batch(turns: &[TurnRecord], committed: &[Committed], lease: Option<&Lease>, way: Way) -> Batch {
    let good: Vec<(&TurnRecord, bool)> = turns
        .iter()
        .zip(committed)
        .filter_map(|(turn, committed)| match committed {
            Committed::Done { sends_leased } => Some((turn, *sends_leased)),
            Committed::Duplicate | Committed::Conflict => None,
        })
        .collect();
    let mut batch = Batch::default();
    contacts(&mut batch, &good);
    sessions(&mut batch, &good, way);
    let remembered = each(&good, |turn| params![turn.event_id.as_str(), &turn.loaded.address_id, turn.now]);
    batch.add(&rows::REMEMBER, vec![], remembered);
    journal(&mut batch, &good);
    messages(&mut batch, &good);
    effects(&mut batch, &good, lease);
    timers(&mut batch, &good);
    statistics(&mut batch, &good);
    // An event of our own leaves with its turn; so does one on which a turn was committed before.
    let done = turns.iter().zip(committed).filter(|(_, committed)| **committed != Committed::Conflict);
    let done: Vec<&TurnRecord> = done.map(|(turn, _)| turn).filter(|turn| turn.own).collect();
    batch.add(&events::CONSUME, vec![], done.iter().map(|turn| params![turn.event_id.as_str()]).collect());
    let answered = done.iter().filter_map(|turn| Some(params![turn.answers.as_deref()?, &turn.loaded.address_id]));
    batch.add(&rows::ANSWERED, vec![], answered.collect());
    batch
}

fn each(good: &[(&TurnRecord, bool)], row: impl Fn(&TurnRecord) -> Vec<Param>) -> Vec<Vec<Param>> {
    good.iter().map(|(turn, _)| row(turn)).collect()
}

fn contacts(batch: &mut Batch, good: &[(&TurnRecord, bool)]) {
    // One row a contact: a statement cannot write a row twice.
    let mut told: BTreeMap<&str, (&TurnRecord, Profile)> = BTreeMap::new();
    let mut attributes: BTreeMap<(&str, &str), Option<&str>> = BTreeMap::new();
    for (turn, _) in good {
        let contact = turn.loaded.contact.as_str();
        if !turn.loaded.known || turn.profile.is_some() {
            let (_, profile) = told.entry(contact).or_insert_with(|| (turn, Profile::default()));
            if let Some(news) = &turn.profile {
                profile.name = profile.name.take().or_else(|| news.name.clone());
                profile.phone = profile.phone.take().or_else(|| news.phone.clone());
                profile.language = profile.language.take().or_else(|| news.language.clone());
            }
        }
        for (name, value) in &turn.attributes {
            attributes.insert((contact, name), value.as_deref());
        }
    }
    let (set, unset): (Vec<_>, Vec<_>) = attributes.into_iter().partition(|(_, value)| value.is_some());
    let mut changed: BTreeSet<&str> = set.iter().map(|((contact, _), _)| *contact).collect();
    let told = told.into_iter().map(|(contact, (turn, profile))| {
        let (key, has_attributes) = (&turn.loaded.key, changed.remove(contact));
        let Profile { name, phone, language } = profile;
        params![contact, &key.workspace, key.environment, name, phone, language, has_attributes, turn.now]
    });
    batch.add(&rows::CONTACTS, vec![], told.collect());
    batch.add(&rows::HAS_ATTRIBUTES, vec![], changed.into_iter().map(|contact| params![contact]).collect());
    let set = set.into_iter().map(|((contact, name), value)| params![contact, name, value]);
    batch.add(&rows::ATTRIBUTES, vec![], set.collect());
    let unset = unset.into_iter().map(|((contact, name), _)| params![contact, name]);
    batch.add(&rows::NO_ATTRIBUTES, vec![], unset.collect());
}

fn sessions(batch: &mut Batch, good: &[(&TurnRecord, bool)], way: Way) {
    // Of several turns on a session the last one counts, and of several sessions at an address the last one is present.
    let mut last: BTreeMap<(&str, &str), &TurnRecord> = BTreeMap::new();
    for (turn, _) in good {
        last.insert((&turn.session.id, &turn.loaded.address_id), turn);
    }
    let sessions = last.into_values().map(|turn| {
        let (key, session) = (&turn.loaded.key, &turn.session);
        params![
            session.id.as_str(),
            &turn.loaded.address_id,
            &key.workspace,
            key.environment,
            &key.channel,
            session.channel_kind.as_str(),
            &key.address,
            &turn.loaded.contact,
            session.route.as_str(),
            session.workflow.as_str(),
            session.deployment,
            session.version,
            session.position,
            session.started_at,
            turn.now,
            session.ended_at,
            session.end_reason,
            session.outcome.clone(),
            session.expires_at,
            session.state.as_str(),
        ]
    });
    batch.add(&rows::SESSIONS, vec![], sessions.collect());
    addresses(batch, good, way);
}

/// What a batch changes at an address.
#[derive(Debug)]
struct Changed<'a> {
    first: &'a TurnRecord,
    /// The session that is present now, if it is another one.
    session: Option<&'a str>,
    /// Whether there are sends that wait, or that wait if the lane is busy.
    waits: bool,
}

fn addresses(batch: &mut Batch, good: &[(&TurnRecord, bool)], way: Way) {
    let mut changes: BTreeMap<&str, Changed<'_>> = BTreeMap::new();
    for (turn, free) in good {
        let change = changes.entry(&turn.loaded.address_id);
        let change = change.or_insert(Changed { first: turn, session: None, waits: false });
        if turn.loaded.present.as_deref() != Some(turn.session.id.as_str()) {
            change.session = Some(&turn.session.id);
        }
        let sends = || turn.effects.iter().any(|effect| effect.kind == "send");
        change.waits |= (way == Way::AtOnce || way == Way::Steps && !free) && sends();
    }
    let (new, known): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|(_, change)| way == Way::AtOnce && !change.first.loaded.known);
    let new = new.into_iter().map(|(id, Changed { first, session, .. })| {
        let (key, contact) = (&first.loaded.key, &first.loaded.contact);
        params![id, &key.workspace, key.environment, &key.channel, &key.address, contact, session, first.now]
    });
    batch.add(&rows::ADDRESSES, vec![], new.collect());
    let known = known.into_iter().filter(|(_, change)| change.session.is_some() || change.waits);
    let known = known.map(|(id, Changed { session, waits, .. })| params![id, session, waits]);
    batch.add(&rows::PRESENT, vec![], known.collect());
}

fn journal(batch: &mut Batch, good: &[(&TurnRecord, bool)]) {
    let entries = each(good, |turn| {
        params![
            turn.session.id.as_str(),
            turn.session.version,
            &turn.loaded.address_id,
            turn.event_id.as_str(),
            turn.now,
            turn.journal.seed.as_str(),
            turn.session.deployment,
            turn.journal.engine.as_str(),
            turn.journal.event.as_str(),
            turn.journal.visits.as_str(),
            turn.journal.contact.as_str(),
        ]
    });
    batch.add(&rows::JOURNAL, vec![], entries);
}

fn messages(batch: &mut Batch, good: &[(&TurnRecord, bool)]) {
    let messages = good.iter().flat_map(|(turn, _)| {
        turn.messages.iter().map(move |message| {
            params![
                turn.session.id.as_str(),
                message.position,
                &turn.loaded.address_id,
                turn.now,
                message.direction,
                message.body.as_str(),
                message.effect.clone(),
                message.place.clone(),
                message.state,
                message.provider_id.clone(),
                message.provider.clone(),
            ]
        })
    });
    batch.add(&rows::MESSAGES, vec![], messages.collect());
}

fn effects(batch: &mut Batch, good: &[(&TurnRecord, bool)], lease: Option<&Lease>) {
    let effects = good.iter().flat_map(|(turn, free)| {
        turn.effects.iter().map(move |effect| {
            let key = &turn.loaded.key;
            let waits = !*free && effect.kind == "send";
            let waits_for = effect.waits_for.as_deref().filter(|_| !waits);
            let lease = lease.filter(|_| !waits && waits_for.is_none());
            let due_at = match lease {
                Some(lease) => lease.until.as_millisecond(),
                None if waits => turn.now + PARKED,
                None => turn.now,
            };
            params![
                effect.id.as_str(),
                &turn.loaded.address_id,
                &key.workspace,
                key.environment,
                &key.channel,
                turn.session.channel_kind.as_str(),
                &key.address,
                turn.session.id.as_str(),
                effect.kind,
                effect.position,
                effect.effect.as_str(),
                if lease.is_some() { "leased" } else { "pending" },
                due_at,
                lease.map(|lease| lease.owner.as_str()),
                i64::from(lease.is_some()),
                turn.now,
                waits_for,
            ]
        })
    });
    batch.add(&rows::EFFECTS, vec![], effects.collect());
}

fn timers(batch: &mut Batch, good: &[(&TurnRecord, bool)]) {
    let mut wanted = BTreeMap::new();
    let mut ended = BTreeSet::new();
    for (turn, _) in good {
        let session = (turn.session.id.as_str(), turn.loaded.address_id.as_str());
        for (name, timer) in &turn.timers {
            wanted.insert((session, name.as_str()), timer.as_ref());
        }
        if turn.session.ended_at.is_some() {
            ended.insert(session);
        }
    }
    wanted.retain(|(session, _), _| !ended.contains(session));
    let (set, cleared): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(_, timer)| timer.is_some());
    let set = set.into_iter().filter_map(|(((session, address), name), timer)| {
        timer.map(|timer| params![session, name, address, timer.generation, timer.due])
    });
    batch.add(&rows::TIMERS, vec![], set.collect());
    let cleared = cleared.into_iter().map(|(((session, address), name), _)| params![session, name, address]);
    batch.add(&rows::NO_TIMERS, vec![], cleared.collect());
    let ended = ended.into_iter().map(|(session, _)| params![session]);
    batch.add(&rows::ENDED, vec![], ended.collect());
}

fn statistics(batch: &mut Batch, good: &[(&TurnRecord, bool)]) {
    let mut counts: BTreeMap<(&str, &str, i64, &StatisticKey), i64> = BTreeMap::new();
    for (turn, _) in good {
        let key = &turn.loaded.key;
        for (what, count) in &turn.statistics {
            let hour = turn.now - turn.now.rem_euclid(HOUR);
            *counts.entry((&key.workspace, key.environment.as_str(), hour, what)).or_default() += count;
        }
    }
    let counts = counts.into_iter().map(|((workspace, environment, hour, key), count)| {
        let place = &key.place;
        params![
            workspace,
            environment,
            hour,
            place.workflow.as_str(),
            place.version,
            place.node,
            key.what,
            key.exit.as_str(),
            count
        ]
    });
    batch.add(&rows::STATISTICS, vec![], counts.collect());
}
