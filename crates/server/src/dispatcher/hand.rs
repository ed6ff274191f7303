//! What this process has taken and not let go of yet.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use usher_store::DueEffect;

use super::follow::InLane;
use super::places::Place;

/// An effect that was taken, with the name under which it is leased and its place in memory. Nothing is in hand longer
/// than this lives.
#[derive(Debug)]
pub(super) struct Held {
    pub due: DueEffect,
    pub owner: Arc<str>,
    /// Let go of before the place: what waits behind it is looked for before there seems to be nothing left to do.
    _in_lane: Option<InLane>,
    place: Place,
}

impl Held {
    /// Takes an effect in hand; none if it is there already, as one whose lease ran out meanwhile.
    pub(super) fn new(due: DueEffect, owner: Arc<str>, in_lane: Option<InLane>, mut place: Place) -> Option<Arc<Self>> {
        place.fill(&due.effect.id).then(|| Arc::new(Self { due, owner, _in_lane: in_lane, place }))
    }

    /// Returns the system that it goes to.
    pub(super) fn system(&self) -> &str {
        self.place.system()
    }

    /// Says whether its lease lasts for something that takes this long.
    pub(super) fn lasts(&self, now: Timestamp, time: SignedDuration) -> bool {
        self.due.leased_until.duration_since(now) >= time
    }
}
