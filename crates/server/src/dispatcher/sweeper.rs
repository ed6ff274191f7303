//! Takes up effects that nobody has in hand: those of before the start, those put off, those of a process that died,
//! and those that wait for room.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Weak};

use usher_engine::effect::EffectKind;
use usher_store::{DueEffect, Error, Lease};

use super::places::{system_of, workspace_of};
use super::settler::{Fate, Given};
use super::{Shared, lock};
use crate::spans::Parent;
use crate::supervise;

/// Effects taken at a time.
const BATCH: u32 = 500;

pub(super) fn start(shared: &Arc<Shared>) {
    let alive = Arc::downgrade(shared);
    supervise::keep("sweeper", move || run(Weak::clone(&alive)));
}

async fn run(alive: Weak<Shared>) {
    loop {
        let Some(shared) = alive.upgrade() else { return };
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            () = shared.sweeps.wanted() => {}
            () = tokio::time::sleep(shared.settings.sweep_every) => {}
        }
        let asked = shared.sweeps.asked();
        match sweep(&shared).await {
            Ok(Swept::All) => shared.sweeps.are_over(asked),
            // The settler has it go on.
            Ok(Swept::UntilGivenBack) => {}
            Err(error) => {
                shared.parts.metrics.store_errors.sweeping.increment(1);
                tracing::warn!(%error, "cannot look for effects that are due; trying again");
                shared.sweeps.are_over(asked);
            }
        }
    }
}

/// How far a sweep came.
enum Swept {
    All,
    /// Something is to be given back first: it may be due again, and would be taken as if it had been started.
    UntilGivenBack,
}

async fn sweep(shared: &Arc<Shared>) -> Result<Swept, Error> {
    shared.tidy();
    shared.give_again_back();
    let Some(mut lease) = shared.lease() else { return Ok(Swept::All) };
    let waits = || shared.sweeps.is_put_off(|| shared.settler.owes());
    if waits() {
        return Ok(Swept::UntilGivenBack);
    }
    let_in(shared).await?;
    while shared.places.free() > 0 {
        if waits() {
            return Ok(Swept::UntilGivenBack);
        }
        let due = shared.parts.store.due_effects(shared.parts.clock.now(), BATCH, &lease).await?;
        let is_all = due.len() < BATCH as usize;
        shared.take_up(due, &lease);
        match shared.lease() {
            Some(next) if !is_all => lease = next,
            _ => break,
        }
    }
    Ok(Swept::All)
}

/// Lets effects in that wait for room, where there is some.
async fn let_in(shared: &Shared) -> Result<(), Error> {
    let systems = shared.parts.store.waiting_systems().await?;
    *lock(&shared.waiting) = systems.iter().cloned().collect();
    let now = shared.parts.clock.now();
    let rests = |system: &String| lock(&shared.pace).rests(system, now);
    let rooms = systems.into_iter().filter(|system| !rests(system)).map(|system| {
        let room = shared.places.room(&system);
        (system, room)
    });
    // Half is left to what is asked for meanwhile.
    let shares = shares_of(shared.places.free() / 2, rooms.filter(|(_, room)| *room > 0).collect());
    if !shares.is_empty() {
        shared.parts.store.let_in(&shares).await?;
        *lock(&shared.waiting) = shared.parts.store.waiting_systems().await?.into_iter().collect();
    }
    Ok(())
}

/// Divides places among systems that have so much room each: to each workspace as many, and of these to each system.
fn shares_of(places: usize, systems: Vec<(String, usize)>) -> Vec<(String, u32)> {
    let mut by_workspace: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for (system, room) in systems {
        by_workspace.entry(workspace_of(&system).to_owned()).or_default().push((system, room));
    }
    let of_workspace = places / by_workspace.len().max(1);
    let of_each = by_workspace.into_values().flat_map(|systems| {
        let of_system = (of_workspace / systems.len().max(1)).max(1);
        systems.into_iter().map(move |(system, room)| (system, u32::try_from(room.min(of_system)).unwrap_or(u32::MAX)))
    });
    of_each.collect()
}

impl Shared {
    /// Takes up effects that the store gave; those of which there are too many wait there until their system has room.
    fn take_up(self: &Arc<Self>, due: Vec<DueEffect>, lease: &Lease) {
        let owner: Arc<str> = Arc::from(lease.owner.as_str());
        // What is behind one that waits in its lane waits with it.
        let mut full = HashSet::new();
        // What is behind one that is in hand already, under a lease that was ended, goes after it.
        let mut in_hand = HashSet::new();
        for due in due {
            let system = system_of(&due.key, &due.effect.kind);
            let lane = matches!(due.effect.kind, EffectKind::Send { .. }).then(|| due.key.id());
            if lane.as_ref().is_some_and(|lane| in_hand.contains(lane)) {
                let fate = Fate::back(lease.until);
                self.settler.give(Given { effect: due.effect.id, owner: Arc::clone(&owner), fate, held: None });
                continue;
            }
            let is_behind = lane.as_ref().is_some_and(|lane| full.contains(lane));
            let place = if is_behind { None } else { self.places.take(&system) };
            if let Some(place) = place {
                let effect = due.effect.id.clone();
                if let Some(held) = self.take_in_hand(due, Arc::clone(&owner), place, Parent::default()) {
                    self.begin(held);
                } else {
                    lock(&self.again).insert(effect, lease.clone());
                    in_hand.extend(lane);
                }
                continue;
            }
            full.extend(lane);
            self.wait_for(&system);
            let fate = Fate::waits(lease.until, &system);
            self.settler.give(Given { effect: due.effect.id, owner: Arc::clone(&owner), fate, held: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workspace_and_each_of_its_systems_gets_as_much() {
        let systems = [("v/a", 100), ("w/a", 100), ("w/b", 3)].map(|(system, room)| (system.to_owned(), room));
        let shares = shares_of(40, systems.into());
        assert_eq!(shares, [("v/a".to_owned(), 20), ("w/a".to_owned(), 10), ("w/b".to_owned(), 3)]);
    }

    #[test]
    fn everybody_gets_one_at_least() {
        let systems = (0..10).map(|n| (format!("w/{n}"), 5)).collect();
        assert!(shares_of(3, systems).iter().all(|(_, share)| *share == 1));
    }
}
