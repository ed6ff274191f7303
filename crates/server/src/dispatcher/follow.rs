//! Which lanes have sends in hand, and behind which of these others wait in the store: those are taken up as soon as the
//! last one in hand is let go of.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::lock;

/// Sweeps that were asked for, and how many of these are over.
#[derive(Debug, Default)]
pub(super) struct Sweeps {
    wanted: Notify,
    asked: AtomicU64,
    done: AtomicU64,
}

impl Sweeps {
    pub(super) fn ask(&self) {
        self.count();
        self.begin();
    }

    /// Counts a sweep that is to begin in a moment, so that meanwhile nobody takes the work for done.
    pub(super) fn count(&self) {
        self.asked.fetch_add(1, Ordering::AcqRel);
    }

    /// Begins a sweep that was counted.
    pub(super) fn begin(&self) {
        self.wanted.notify_one();
    }

    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Returns how many were asked for: what a sweep that begins now is for.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Acquire)
    }

    /// Notes that so many of those asked for are over.
    pub(super) fn are_over(&self, asked: u64) {
        self.done.store(asked, Ordering::Release);
    }

    pub(super) fn is_all_over(&self) -> bool {
        let asked = self.asked();
        self.done.load(Ordering::Acquire) >= asked
    }
}

/// The lanes with sends in hand.
#[derive(Debug)]
pub(super) struct Follow {
    lanes: Mutex<HashMap<String, Lane>>,
    sweeps: Arc<Sweeps>,
}

#[derive(Debug, Default)]
struct Lane {
    in_hand: usize,
    is_followed: bool,
}

/// That a send is in hand.
#[derive(Debug)]
pub(super) struct InLane {
    of: Arc<Follow>,
    lane: String,
}

impl Follow {
    pub(super) fn new(sweeps: Arc<Sweeps>) -> Arc<Self> {
        Arc::new(Self { lanes: Mutex::default(), sweeps })
    }

    pub(super) fn take_in_hand(self: &Arc<Self>, lane: String) -> InLane {
        lock(&self.lanes).entry(lane.clone()).or_default().in_hand += 1;
        InLane { of: Arc::clone(self), lane }
    }

    /// Learns that sends in the store wait behind others of their lane; says whether those are in hand here.
    pub(super) fn behind(&self, lane: &str) -> bool {
        lock(&self.lanes).get_mut(lane).map(|lane| lane.is_followed = true).is_some()
    }
}

impl Drop for InLane {
    fn drop(&mut self) {
        let mut lanes = lock(&self.of.lanes);
        let Some(lane) = lanes.get_mut(&self.lane) else { return };
        lane.in_hand -= 1;
        if lane.in_hand == 0 {
            let is_followed = lane.is_followed;
            lanes.remove(&self.lane);
            if is_followed {
                self.of.sweeps.ask();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_looked_for_when_the_last_before_it_is_let_go_of() {
        let sweeps = Arc::<Sweeps>::default();
        let follow = Follow::new(Arc::clone(&sweeps));
        assert!(!follow.behind("a"), "nothing of it is in hand");
        let (first, second) = (follow.take_in_hand("a".into()), follow.take_in_hand("a".into()));
        let other = follow.take_in_hand("b".into());
        assert!(follow.behind("a"));
        drop(first);
        assert!(sweeps.is_all_over());
        drop(second);
        assert_eq!(sweeps.asked(), 1);
        assert!(!sweeps.is_all_over() && !follow.behind("a"));
        sweeps.are_over(1);
        drop(other);
        assert!(sweeps.is_all_over(), "nobody waits behind it");
    }
}
