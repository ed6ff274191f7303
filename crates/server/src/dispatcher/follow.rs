//! Which lanes have sends in hand, and behind which of these others wait in the store: those are taken up as soon as the
//! last one in hand is let go of.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::lock;

/// Sweeps that were asked for, and how many of these are over.
#[derive(Debug, Default)]
pub(super) struct Sweeps {
    wanted: Notify,
    asked: AtomicU64,
    done: AtomicU64,
    /// Whether one waits until everything that is to be given back is.
    is_put_off: AtomicBool,
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

    /// Says whether a sweep has to wait, as `must_wait` says; whoever it waits for has it go on.
    pub(super) fn is_put_off(&self, must_wait: impl Fn() -> bool) -> bool {
        // Noted before it is asked: else it could be over in between, and nobody told.
        self.is_put_off.store(true, Ordering::SeqCst);
        must_wait() || !self.is_put_off.swap(false, Ordering::SeqCst)
    }

    /// Says whether one was put off, which is to begin now.
    pub(super) fn take_put_off(&self) -> bool {
        self.is_put_off.swap(false, Ordering::SeqCst)
    }

    pub(super) fn is_all_over(&self) -> bool {
        let asked = self.asked();
        self.done.load(Ordering::Acquire) >= asked
    }
}

/// The lanes with sends in hand, or about to be.
#[derive(Debug)]
pub(super) struct Follow {
    lanes: Mutex<HashMap<String, Lane>>,
    sweeps: Arc<Sweeps>,
}

#[derive(Debug, Default)]
struct Lane {
    in_hand: usize,
    /// Turns under way whose sends may go behind those in hand.
    expected: usize,
    /// The position of the last send that was taken in hand.
    last: i64,
    /// Whether sends in the store wait behind those in hand.
    is_followed: bool,
    /// Whether sends of this lane were put off or given back: until nothing of it is in hand or expected, none may go behind.
    is_closed: bool,
}

/// That a send is in hand.
#[derive(Debug)]
pub(super) struct InLane {
    of: Arc<Follow>,
    lane: String,
}

/// That a turn is under way whose sends may go behind those in hand.
#[derive(Debug)]
pub struct Behind {
    of: Arc<Follow>,
    lane: String,
    /// The position of the last of those.
    pub position: i64,
}

impl Follow {
    pub(super) fn new(sweeps: Arc<Sweeps>) -> Arc<Self> {
        Arc::new(Self { lanes: Mutex::default(), sweeps })
    }

    pub(super) fn take_in_hand(self: &Arc<Self>, lane: String, position: i64) -> InLane {
        let mut lanes = lock(&self.lanes);
        let at = lanes.entry(lane.clone()).or_default();
        at.in_hand += 1;
        at.last = at.last.max(position);
        drop(lanes);
        InLane { of: Arc::clone(self), lane }
    }

    /// Learns that sends in the store wait behind others of their lane; says whether those are in hand here.
    pub(super) fn behind(&self, lane: &str) -> bool {
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(lane).filter(|lane| lane.in_hand > 0) else { return false };
        lane.is_followed = true;
        true
    }

    /// Says behind which of those in hand the sends of a turn may go that is about to be committed; behind none where none
    /// is, or where some were put off.
    pub(super) fn expect(self: &Arc<Self>, lane: &str) -> Option<Behind> {
        let mut lanes = lock(&self.lanes);
        let at = lanes.get_mut(lane).filter(|lane| lane.in_hand > 0 && !lane.is_closed)?;
        at.expected += 1;
        Some(Behind { of: Arc::clone(self), lane: lane.to_owned(), position: at.last })
    }

    /// Learns that sends of a lane are put off or given back, before they are.
    pub(super) fn close(&self, lane: &str) {
        if let Some(lane) = lock(&self.lanes).get_mut(lane) {
            lane.is_closed = true;
        }
    }

    fn let_go(&self, id: &str, of: impl Fn(&mut Lane) -> &mut usize) {
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(id) else { return };
        *of(lane) -= 1;
        let is_free = lane.in_hand == 0;
        let sweeps = is_free && std::mem::take(&mut lane.is_followed);
        if is_free && lane.expected == 0 {
            lanes.remove(id);
        }
        drop(lanes);
        if sweeps {
            self.sweeps.ask();
        }
    }
}

impl Behind {
    /// Says whether sends may still go behind those that were in hand. To be asked by who keeps lanes from changing.
    pub(super) fn is_open(&self) -> bool {
        lock(&self.of.lanes).get(&self.lane).is_some_and(|lane| !lane.is_closed)
    }
}

impl Drop for InLane {
    fn drop(&mut self) {
        self.of.let_go(&self.lane, |lane| &mut lane.in_hand);
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.of.let_go(&self.lane, |lane| &mut lane.expected);
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
        let (first, second) = (follow.take_in_hand("a".into(), 1), follow.take_in_hand("a".into(), 2));
        let other = follow.take_in_hand("b".into(), 1);
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

    #[test]
    fn a_sweep_that_has_to_wait_goes_on_once() {
        let sweeps = Sweeps::default();
        assert!(!sweeps.is_put_off(|| false) && !sweeps.take_put_off(), "nothing is to be waited for");
        assert!(sweeps.is_put_off(|| true));
        assert!(sweeps.take_put_off() && !sweeps.take_put_off());
        // What was waited for is over before it is asked: whoever ended it has begun another sweep.
        let ended_meanwhile = || {
            assert!(sweeps.take_put_off());
            false
        };
        assert!(sweeps.is_put_off(ended_meanwhile) && !sweeps.take_put_off());
    }

    #[test]
    fn sends_go_behind_those_in_hand_until_some_are_put_off() {
        let follow = Follow::new(Arc::default());
        assert!(follow.expect("a").is_none(), "nothing of it is in hand");
        let first = follow.take_in_hand("a".into(), 4);
        let (open, late) = (follow.expect("a").unwrap(), follow.expect("a").unwrap());
        assert_eq!((open.position, open.is_open()), (4, true));
        drop(first);
        assert!(open.is_open(), "those in hand went, and nothing stands before");
        assert!(!follow.behind("a") && follow.expect("a").is_none());
        let next = follow.take_in_hand("a".into(), 6);
        drop(open);
        follow.close("a");
        drop(next);
        assert!(!late.is_open(), "what was put off goes first");
        drop(late);
        let again = follow.take_in_hand("a".into(), 6);
        assert!(follow.expect("a").is_some(), "it came again");
        drop(again);
        assert!(lock(&follow.lanes).is_empty());
    }
}
