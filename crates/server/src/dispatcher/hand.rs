//! What this process has taken and not let go of yet.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use opentelemetry::KeyValue;
use usher_store::DueEffect;

use super::follow::InLane;
use super::places::Place;
use super::settler::Fate;
use crate::spans::{self, Parent, Span, Spans, What};

/// An effect that was taken, with the name under which it is leased and its place in memory. Nothing is in hand longer
/// than this lives.
#[derive(Debug)]
pub(super) struct Held {
    pub due: DueEffect,
    pub owner: Arc<str>,
    /// Let go of before the place: what waits behind it is looked for before there seems to be nothing left to do.
    _in_lane: Option<InLane>,
    place: Place,
    /// The turn that asked for it, if it was taken here and spans are kept of it.
    pub led_by: Parent,
}

impl Held {
    /// Takes an effect in hand; none if it is there already, as one whose lease ran out meanwhile.
    pub(super) fn new(
        due: DueEffect,
        owner: Arc<str>,
        in_lane: Option<InLane>,
        mut place: Place,
        led_by: Parent,
    ) -> Option<Arc<Self>> {
        place.fill(&due.effect.id).then(|| Arc::new(Self { due, owner, _in_lane: in_lane, place, led_by }))
    }

    /// Returns the system that it goes to.
    pub(super) fn system(&self) -> &str {
        self.place.system()
    }

    /// It was not started: it is due again as it was.
    pub(super) fn back(&self) -> Fate {
        Fate::back(self.due.leased_until)
    }

    /// It was not started: it waits until its system has room.
    pub(super) fn waits(&self) -> Fate {
        Fate::waits(self.due.leased_until, self.system())
    }

    /// Begins the span of its being carried out.
    pub(super) fn begin(&self, spans: &Spans, what: What) -> Span {
        spans.begin(what, self.led_by, || {
            let mut attributes = spans::at(&self.due.key);
            attributes.push(KeyValue::new("usher.effect.id", self.due.effect.id.to_string()));
            attributes.push(KeyValue::new("usher.session", self.due.session.to_string()));
            attributes
        })
    }

    /// Says whether its lease lasts for something that takes this long.
    pub(super) fn lasts(&self, now: Timestamp, time: SignedDuration) -> bool {
        self.due.leased_until.duration_since(now) >= time
    }
}
