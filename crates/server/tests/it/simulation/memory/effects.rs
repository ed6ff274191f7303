//! Effects: leased, settled, given back.

use std::collections::{BTreeMap, BTreeSet};

use usher_engine::id::EffectId;
use usher_store::{DeliveryState, DueEffect, Lease, Outcome, OwnEvent, Release, Settlement, Standing};

use super::tables::{EffectState, Row, Tables};
use super::{MemoryStore, PARKED, events, time};
use crate::simulation::mutants::Mutant;

impl MemoryStore {
    pub(super) fn due_effects_in(&self, tables: &mut Tables, now: i64, limit: u32, lease: &Lease) -> Vec<DueEffect> {
        if self.breaks(Mutant::IgnoresLeases) {
            for row in tables.effects.values_mut().filter(|row| row.state == EffectState::Leased) {
                row.state = EffectState::Pending;
                row.due_at = row.due_at.map(|_| now);
            }
        }
        let mut taken = due_calls(tables, now, limit);
        taken.extend(due_sends(tables, now, limit));
        let wall = self.wall();
        let take = |id: &String| {
            let row = tables.effects.get_mut(id)?;
            let due = due_effect(row, lease, self.revision);
            row.taken_from = Some(row.state);
            row.taken_at = wall;
            row.state = EffectState::Leased;
            row.owner = Some(lease.owner.clone());
            row.due_at = Some(lease.until.as_millisecond());
            row.attempts += 1;
            row.waits_for = None;
            Some(due)
        };
        taken.iter().filter_map(take).collect()
    }

    pub(super) fn settle_in(&self, tables: &mut Tables, settlements: Vec<Settlement>, now: i64) -> Vec<OwnEvent> {
        let mut lanes = BTreeSet::new();
        let mut stored = Vec::new();
        let mut settled = BTreeSet::new();
        let mut put_off = Vec::new();
        for Settlement { effect, outcome } in settlements {
            if settled.insert(effect.clone()) {
                stored.extend(settle_one(tables, &effect, outcome, self.wall(), &mut lanes, &mut put_off));
            }
        }
        for place in &put_off {
            give_back_behind(tables, place, now);
        }
        if !self.breaks(Mutant::AnswersOnlyInMemory) {
            events::insert(tables, &stored, now);
        }
        for lane in &lanes {
            free_lane(tables, lane, now);
        }
        stored
    }
}

fn due_effect(row: &Row, lease: &Lease, revision: u64) -> DueEffect {
    DueEffect {
        key: row.key.clone(),
        channel_kind: row.channel_kind.clone(),
        session: row.session.clone(),
        effect: row.effect.clone(),
        standing: match row.state {
            EffectState::Leased => Standing::Interrupted,
            EffectState::Retry => Standing::Retried,
            EffectState::Unknown => Standing::Unheard,
            EffectState::Pending | EffectState::Dead => Standing::Fresh,
        },
        attempts: row.attempts,
        asked_at: time(row.asked_at),
        leased_until: lease.until,
        position: row.position,
        revision,
    }
}

fn due_calls(tables: &Tables, now: i64, limit: u32) -> Vec<String> {
    let due = tables.effects.iter().filter(|(_, row)| !row.is_send && row.is_due(now));
    let mut due: Vec<(Option<i64>, String)> = due.map(|(id, row)| (row.due_at, id.clone())).collect();
    due.sort_unstable();
    due.truncate(limit as usize);
    due.into_iter().map(|(_, id)| id).collect()
}

/// Takes lanes whose first send is due, each whole and in order.
fn due_sends(tables: &mut Tables, now: i64, limit: u32) -> Vec<String> {
    let due = tables.effects.iter().filter(|(_, row)| row.is_send && row.is_due(now));
    let mut due: Vec<(Option<i64>, &String)> = due.map(|(_, row)| (row.due_at, &row.address_id)).collect();
    due.sort_unstable();
    due.truncate(limit as usize);
    let lanes: BTreeSet<String> = due.into_iter().map(|(_, lane)| lane.clone()).collect();
    let mut taken = Vec::new();
    for lane in lanes {
        let mut waiting = false;
        for (place, id) in tables.lane(&lane).into_iter().enumerate() {
            let Some(row) = tables.effects.get_mut(&id) else { continue };
            let is_due = row.due_at.is_some_and(|due| due <= now);
            waiting |= !is_due && (place == 0 || row.state != EffectState::Pending);
            if !waiting {
                taken.push(id);
            } else if is_due {
                row.due_at = Some(now + PARKED);
            }
        }
    }
    taken
}

pub(super) fn end_leases(tables: &mut Tables, now: i64, of: impl Fn(Option<&str>) -> bool) -> u64 {
    let leased = |row: &&mut Row| {
        row.state == EffectState::Leased && row.due_at.is_some_and(|due| due > now) && of(row.owner.as_deref())
    };
    let ended = tables.effects.values_mut().filter(leased).map(|row| row.due_at = Some(now));
    ended.count() as u64
}

pub(super) fn release(tables: &mut Tables, effects: &[Release], owner: &str, now: i64) -> u64 {
    let released = effects.iter().filter(|Release { effect, until, waits_for }| {
        let as_leased = |row: &&mut Row| {
            row.state == EffectState::Leased
                && row.owner.as_deref() == Some(owner)
                && row.due_at.is_some_and(|due| due == until.as_millisecond() || due <= now)
        };
        let Some(row) = tables.effects.get_mut(effect.as_str()).filter(as_leased) else { return false };
        row.state = row.taken_from.unwrap_or(EffectState::Pending);
        row.due_at = Some(row.asked_at);
        row.owner = None;
        row.waits_for.clone_from(waits_for);
        row.attempts -= 1;
        true
    });
    released.count() as u64
}

pub(super) fn let_in(tables: &mut Tables, systems: &[(String, u32)]) -> u64 {
    let mut let_in = 0;
    for (system, most) in systems {
        let mut waiting: Vec<&mut Row> =
            tables.effects.values_mut().filter(|row| row.waits_for.as_ref() == Some(system)).collect();
        waiting.sort_by_key(|row| row.due_at);
        for row in waiting.into_iter().take(*most as usize) {
            row.waits_for = None;
            let_in += 1;
        }
    }
    let_in
}

fn settle_one(
    tables: &mut Tables,
    effect: &EffectId,
    outcome: Outcome,
    wall: i64,
    lanes: &mut BTreeSet<String>,
    put_off: &mut Vec<(String, i64)>,
) -> Option<OwnEvent> {
    let row = tables.effects.get(effect.as_str()).filter(|row| row.due_at.is_some())?.clone();
    let place = (row.address_id.clone(), row.position);
    if row.is_send {
        lanes.insert(row.address_id.clone());
    }
    let message = tables.messages.get_mut(&place).filter(|_| row.is_send);
    let is_known = message.as_ref().is_some_and(|message| message.state != Some(DeliveryState::Pending));
    if is_known && !matches!(outcome, Outcome::Sent { .. }) {
        // A status that came before tells more than the one who sent; who puts a send off lets go of those behind it too.
        tables.effects.remove(effect.as_str());
        if matches!(outcome, Outcome::Retry { .. } | Outcome::Unknown { .. }) {
            put_off.push(place);
        }
        return None;
    }
    let own = |event, at| OwnEvent { key: row.key.clone(), session: row.session.clone(), event, at };
    match outcome {
        Outcome::Sent { provider_id, .. } => {
            tables.effects.remove(effect.as_str());
            if let Some(message) = message {
                if message.state == Some(DeliveryState::Pending) {
                    message.state = Some(DeliveryState::Sent);
                    message.known_at = Some(wall);
                }
                message.provider_id = provider_id.or(message.provider_id.take());
            }
            None
        }
        Outcome::Answered { event, at } => {
            tables.effects.remove(effect.as_str());
            Some(own(event, at))
        }
        Outcome::Retry { at, error } => {
            wait(tables, effect, EffectState::Retry, at.as_millisecond(), error);
            put_off.extend(row.is_send.then_some(place));
            None
        }
        Outcome::Unknown { until, error } => {
            wait(tables, effect, EffectState::Unknown, until.as_millisecond(), error);
            put_off.extend(row.is_send.then_some(place));
            None
        }
        Outcome::Dead { error, event, at, .. } => {
            if let Some(message) = message {
                message.state = Some(DeliveryState::Failed);
                message.known_at = Some(wall);
            }
            let row = tables.effects.get_mut(effect.as_str())?;
            row.state = EffectState::Dead;
            row.due_at = None;
            row.owner = None;
            row.error = Some(error);
            event.map(|event| own(event, at))
        }
    }
}

fn wait(tables: &mut Tables, effect: &EffectId, state: EffectState, at: i64, error: String) {
    let Some(row) = tables.effects.get_mut(effect.as_str()) else { return };
    row.state = state;
    row.due_at = Some(at);
    row.error = Some(error);
    row.owner = None;
}

/// The sends behind one that is put off wait with it, as if they had not been taken.
fn give_back_behind(tables: &mut Tables, (lane, position): &(String, i64), now: i64) {
    for row in tables.effects.values_mut() {
        let is_behind = row.is_send && row.address_id == *lane && row.position > *position && row.due_at.is_some();
        if is_behind && row.state == EffectState::Leased {
            row.state = EffectState::Pending;
            row.due_at = Some(now + PARKED);
            row.owner = None;
            row.attempts -= 1;
        }
    }
}

/// Lets the sends that wait in a lane be taken, where nothing is under way before them.
pub(super) fn free_lane(tables: &mut Tables, lane: &str, now: i64) {
    let mut open: BTreeMap<i64, &mut Row> = BTreeMap::new();
    for row in tables.effects.values_mut() {
        if row.is_send && row.address_id == lane && row.due_at.is_some() {
            open.insert(row.position, row);
        }
    }
    if open.values().any(|row| row.state != EffectState::Pending) {
        return;
    }
    for row in open.into_values() {
        row.due_at = row.due_at.map(|due| due.min(now));
    }
}
