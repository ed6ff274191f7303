//! The places for effects in memory: bounded in all, and shared among workspaces and among systems.
//!
//! A system is what effects go to: a channel, an API, a connection. One that does not answer fills its own share
//! ([`Shares`]) and nobody else's; what has no place here waits in the store.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use metrics::Gauge;
use usher_engine::effect::{CallTarget, EffectKind};
use usher_engine::id::EffectId;
use usher_store::AddressKey;

use super::lock;
use crate::shares::Shares;

/// All places, and who has them.
#[derive(Debug)]
pub(super) struct Places {
    inside: Mutex<Inside>,
    in_hand: Gauge,
}

#[derive(Debug)]
struct Inside {
    /// The effects that were taken and are neither settled nor given back.
    effects: HashSet<EffectId>,
    workspaces: Shares,
    systems: Shares,
}

/// A place for one effect; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    of: Arc<Places>,
    workspace: String,
    system: String,
    effect: Option<EffectId>,
}

/// Names the system that an effect at an address goes to; it begins with the workspace.
pub(super) fn system_of(key: &AddressKey, kind: &EffectKind) -> String {
    let AddressKey { workspace, environment, channel, .. } = key;
    match kind {
        EffectKind::Send { .. } => format!("{workspace}/{environment}/channel/{channel}"),
        EffectKind::Call { call } => match &call.target {
            CallTarget::Api { api } => format!("{workspace}/{environment}/api/{api}"),
            CallTarget::Operation { connection, .. } => format!("{workspace}/{environment}/connection/{connection}"),
        },
    }
}

/// Returns the workspace of a system.
pub(super) fn workspace_of(system: &str) -> &str {
    system.split_once('/').map_or(system, |(workspace, _)| workspace)
}

impl Places {
    pub(super) fn new(all: usize, of_one_system: usize, in_hand: Gauge) -> Arc<Self> {
        let inside = Inside {
            effects: HashSet::new(),
            workspaces: Shares::new(all),
            systems: Shares::new(all).at_most(of_one_system),
        };
        Arc::new(Self { inside: Mutex::new(inside), in_hand })
    }

    /// Takes a place for an effect that goes to a system, if there is one.
    pub(super) fn take(self: &Arc<Self>, system: &str) -> Option<Place> {
        let workspace = workspace_of(system);
        let mut inside = self.lock();
        if inside.room(workspace, system) == 0 {
            return None;
        }
        inside.workspaces.take(workspace, 1);
        inside.systems.take(system, 1);
        drop(inside);
        Some(Place { of: Arc::clone(self), workspace: workspace.to_owned(), system: system.to_owned(), effect: None })
    }

    /// Returns how many more effects a system may have here.
    pub(super) fn room(&self, system: &str) -> usize {
        self.lock().room(workspace_of(system), system)
    }

    /// Returns how many effects a system has here.
    pub(super) fn of(&self, system: &str) -> usize {
        self.lock().systems.held(system)
    }

    /// Returns how many places are free.
    pub(super) fn free(&self) -> usize {
        self.lock().systems.free()
    }

    /// Says whether an effect is in hand.
    pub(super) fn has(&self, effect: &EffectId) -> bool {
        self.lock().effects.contains(effect)
    }

    /// Returns how many effects are in hand.
    pub(super) fn in_hand(&self) -> usize {
        self.lock().effects.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }
}

impl Inside {
    fn room(&self, workspace: &str, system: &str) -> usize {
        self.workspaces.room(workspace).min(self.systems.room(system))
    }
}

impl Place {
    /// Fills the place; says whether the effect was not in hand yet.
    pub(super) fn fill(&mut self, effect: &EffectId) -> bool {
        let is_new = self.of.lock().effects.insert(effect.clone());
        if is_new {
            self.of.in_hand.increment(1.0);
            self.effect = Some(effect.clone());
        }
        is_new
    }

    /// Returns the system that it is a place of.
    pub(super) fn system(&self) -> &str {
        &self.system
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.of.lock();
        inside.workspaces.give_back(&self.workspace, 1);
        inside.systems.give_back(&self.system, 1);
        if let Some(effect) = &self.effect {
            inside.effects.remove(effect);
            self.of.in_hand.decrement(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(places: &Arc<Places>, system: &str) -> Vec<Place> {
        std::iter::from_fn(|| places.take(system)).collect()
    }

    #[test]
    fn a_system_that_does_not_answer_fills_its_own_share_only() {
        let places = Places::new(100, 30, Gauge::noop());
        let hanging = fill(&places, "w/production/channel/hangs");
        assert_eq!(hanging.len(), 30);
        assert_eq!(fill(&places, "w/production/channel/other").len(), 20, "a workspace gets half");
        assert_eq!(fill(&places, "v/production/channel/one").len(), 30);
        drop(hanging);
        assert_eq!((places.of("w/production/channel/hangs"), places.free()), (0, 100));
    }

    #[test]
    fn an_effect_is_in_hand_once() {
        let places = Places::new(10, 10, Gauge::noop());
        let id = EffectId::from("e");
        let mut first = places.take("w/a").unwrap();
        assert!(first.fill(&id));
        let mut second = places.take("w/a").unwrap();
        assert!(!second.fill(&id));
        drop(second);
        assert_eq!(places.in_hand(), 1, "the one that was refused leaves the other in hand");
        drop(first);
        assert_eq!((places.in_hand(), places.free()), (0, 10));
    }
}
