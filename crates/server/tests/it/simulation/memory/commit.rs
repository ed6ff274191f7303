//! Commits turns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use usher_engine::id::SessionId;
use usher_store::{Committed, DeliveryState, EffectRow, Lease, TurnRecord};

use super::tables::{Address, EffectState, Entry, Message, Row, Session, Tables, Timer};
use super::{MemoryStore, PARKED};
use crate::simulation::mutants::Mutant;

const HOUR: i64 = 3_600_000;

/// How an address stands while a batch is checked.
struct Standing {
    session: Option<String>,
    contact: String,
    version: i64,
    position: i64,
    busy: bool,
    broken: bool,
}

impl MemoryStore {
    pub(super) fn commit_in(&self, tables: &mut Tables, turns: &[TurnRecord], lease: Option<&Lease>) -> Vec<Committed> {
        let mut standings = BTreeMap::new();
        for turn in turns {
            let basis = &turn.loaded;
            let address = tables.addresses.entry(basis.address_id.clone());
            if !basis.known {
                let key = basis.key.clone();
                address.or_insert_with(|| Address { key, contact: basis.contact.clone(), session: None });
            }
            if !standings.contains_key(&basis.address_id) {
                standings.insert(basis.address_id.clone(), self.standing(tables, turn, lease));
            }
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut committed = Vec::with_capacity(turns.len());
        for turn in turns {
            let is_seen =
                tables.remembered.contains_key(turn.event_id.as_str()) || seen.contains(turn.event_id.as_str());
            let is_seen = is_seen && !self.breaks(Mutant::NoDeduplication);
            let standing = standings.get_mut(&turn.loaded.address_id).and_then(Option::as_mut);
            committed.push(self.decide(turn, standing, is_seen));
            if matches!(committed.last(), Some(Committed::Done { .. })) {
                seen.insert(turn.event_id.to_string());
            }
        }
        for (turn, committed) in turns.iter().zip(&committed) {
            if let Committed::Done { sends_leased } = committed {
                self.write(tables, turn, lease, *sends_leased);
            }
            if turn.own && *committed != Committed::Conflict {
                tables.own_events.remove(turn.event_id.as_str());
                let answered = turn.answers.as_ref();
                // A dead letter stays.
                if let Some(effect) =
                    answered.filter(|id| tables.effects.get(*id).is_some_and(|row| row.due_at.is_some()))
                {
                    tables.effects.remove(effect);
                }
            }
            if matches!(committed, Committed::Done { .. }) || self.breaks(Mutant::CountsWhatWasDropped) {
                for (key, count) in &turn.statistics {
                    let hour = turn.now - turn.now.rem_euclid(HOUR);
                    *tables.statistics.entry((hour, key.clone())).or_default() += count;
                }
            }
        }
        let said = |committed| match committed {
            Committed::Done { sends_leased } => Committed::Done { sends_leased: sends_leased && lease.is_some() },
            other => other,
        };
        committed.into_iter().map(said).collect()
    }

    fn standing(&self, tables: &Tables, first: &TurnRecord, lease: Option<&Lease>) -> Option<Standing> {
        let address_id = first.loaded.address_id.as_str();
        let address = tables.addresses.get(address_id)?;
        let in_the_way = |id: &String| {
            !tables.effects.get(id).is_some_and(|row| {
                row.state == EffectState::Leased
                    && row.owner.as_ref() == lease.map(|lease| &lease.owner)
                    && first.goes_behind.is_some_and(|position| row.position <= position)
            })
        };
        let session = address.session.as_ref().and_then(|id| tables.sessions.get(id));
        Some(Standing {
            session: address.session.clone(),
            contact: address.contact.clone(),
            version: session.map_or(0, |session| session.row.version),
            position: session.map_or(0, |session| session.row.position),
            busy: !self.breaks(Mutant::OvertakesInTheLane) && tables.lane(address_id).iter().any(in_the_way),
            broken: false,
        })
    }

    fn decide(&self, turn: &TurnRecord, standing: Option<&mut Standing>, is_seen: bool) -> Committed {
        let Some(standing) = standing else {
            return if is_seen { Committed::Duplicate } else { Committed::Conflict };
        };
        let basis = &turn.loaded;
        let stands = !standing.broken
            && standing.session == basis.present
            && standing.version == basis.version
            && standing.position == basis.position
            && standing.contact == basis.contact;
        let stands = stands || self.breaks(Mutant::NoVersionCheck);
        if is_seen || !stands {
            standing.broken = true;
            return if is_seen { Committed::Duplicate } else { Committed::Conflict };
        }
        standing.session = Some(turn.session.id.clone());
        standing.version = turn.session.version;
        standing.position = turn.session.position;
        Committed::Done { sends_leased: !standing.busy }
    }

    fn write(&self, tables: &mut Tables, turn: &TurnRecord, lease: Option<&Lease>, sends_leased: bool) {
        let basis = &turn.loaded;
        let contact = tables.contacts.entry(basis.contact.clone()).or_default();
        if let Some(told) = &turn.profile {
            contact.name = contact.name.take().or_else(|| told.name.clone());
            contact.phone = contact.phone.take().or_else(|| told.phone.clone());
            contact.language = contact.language.take().or_else(|| told.language.clone());
        }
        for (name, value) in &turn.attributes {
            match value {
                Some(value) => contact.attributes.insert(name.clone(), value.clone()),
                None => contact.attributes.remove(name),
            };
        }
        if let Some(address) = tables.addresses.get_mut(&basis.address_id) {
            address.session = Some(turn.session.id.clone());
        }
        let mut row = turn.session.clone();
        if let Some(before) = tables.sessions.get(&row.id) {
            row.ended_at = before.row.ended_at.or(row.ended_at);
        }
        let session = Session { key: basis.key.clone(), row, expiring_at: None };
        tables.sessions.insert(turn.session.id.clone(), session);
        tables.remembered.insert(turn.event_id.to_string(), turn.now);
        tables.journal.push(Arc::new(Entry {
            address_id: basis.address_id.clone(),
            session: turn.session.clone(),
            event_id: turn.event_id.to_string(),
            event: turn.journal.event.clone(),
            at: turn.now,
            committed_at: self.wall(),
            effects: turn.effects.clone(),
            timers: turn.timers.clone(),
            statistics: turn.statistics.clone(),
        }));
        for message in &turn.messages {
            let row = Message {
                session: turn.session.id.clone(),
                outbound: message.direction == "out",
                effect: message.effect.clone(),
                state: message.state.map(|_| DeliveryState::Pending),
                known_at: None,
                provider_id: message.provider_id.clone(),
            };
            tables.messages.insert((basis.address_id.clone(), message.position), row);
        }
        if !self.breaks(Mutant::ForgetsEffects) {
            for effect in &turn.effects {
                tables.effects.insert(effect.id.clone(), self.effect(turn, effect, lease, sends_leased));
            }
        }
        for (name, timer) in &turn.timers {
            let named = (turn.session.id.clone(), name.clone());
            match timer {
                Some(timer) => {
                    tables.timers.insert(named, Timer { generation: timer.generation, due: timer.due });
                }
                None => {
                    tables.timers.remove(&named);
                }
            }
        }
        if turn.session.ended_at.is_some() {
            tables.timers.retain(|(session, _), _| *session != turn.session.id);
        }
    }

    fn effect(&self, turn: &TurnRecord, effect: &EffectRow, lease: Option<&Lease>, sends_leased: bool) -> Row {
        let is_send = effect.kind == "send";
        let waits = !sends_leased && is_send;
        let waits_for = effect.waits_for.clone().filter(|_| !waits);
        let lease = lease.filter(|_| !waits && waits_for.is_none());
        let due_at = match lease {
            Some(lease) => lease.until.as_millisecond(),
            None if waits => turn.now + PARKED,
            None => turn.now,
        };
        Row {
            address_id: turn.loaded.address_id.clone(),
            key: turn.loaded.key.clone(),
            channel_kind: turn.session.channel_kind.clone(),
            session: SessionId(turn.session.id.clone()),
            effect: serde_json::from_str(&effect.effect).expect("an effect is JSON that the runner wrote"),
            is_send,
            position: effect.position,
            state: if lease.is_some() { EffectState::Leased } else { EffectState::Pending },
            taken_from: None,
            taken_at: self.wall(),
            due_at: Some(due_at),
            owner: lease.map(|lease| lease.owner.clone()),
            waits_for,
            attempts: u32::from(lease.is_some()),
            asked_at: turn.now,
            error: None,
        }
    }
}
