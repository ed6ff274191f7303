//! A bounded queue that takes turns among workspaces: one that floods it waits behind itself alone.
//!
//! What one workspace puts in comes out in that order. Bounded by count and by bytes; of both a workspace gets no more
//! than its share ([`Shares`]), so that the others still get in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Refused;
use crate::shares::Shares;

/// The queue; many put, one takes.
#[derive(Debug)]
pub(super) struct Fair<T> {
    inside: Mutex<Inside<T>>,
    arrived: Notify,
}

/// Something that waits, and what it counts.
#[derive(Debug)]
pub(super) struct Item<T> {
    pub workspace: String,
    pub bytes: usize,
    pub what: T,
}

#[derive(Debug)]
struct Inside<T> {
    /// What waits, by workspace; nobody has an empty line.
    lines: HashMap<String, VecDeque<(usize, T)>>,
    /// The workspaces with a line, the next one first.
    turns: VecDeque<String>,
    events: Shares,
    bytes: Shares,
    closed: bool,
}

impl<T> Fair<T> {
    /// Makes an empty queue with these bounds.
    pub(super) fn new(events: usize, bytes: usize) -> Self {
        let inside = Inside {
            lines: HashMap::new(),
            turns: VecDeque::new(),
            events: Shares::new(events),
            bytes: Shares::new(bytes),
            closed: false,
        };
        Self { inside: Mutex::new(inside), arrived: Notify::new() }
    }

    /// Puts all of these in, or none.
    pub(super) fn put(&self, items: Vec<Item<T>>) -> Result<(), Refused> {
        let mut inside = self.lock();
        if inside.closed {
            return Err(Refused::Stopping);
        }
        if !inside.has_room(&items) {
            return Err(Refused::Full);
        }
        for item in items {
            inside.add(item);
        }
        drop(inside);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes up to `most`, in turn from each workspace that has something here.
    pub(super) fn take(&self, most: usize) -> Vec<T> {
        let mut inside = self.lock();
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(next) = inside.next()
        {
            taken.push(next);
        }
        taken
    }

    /// Returns how much of the room is taken, from 0 to 1.
    pub(super) fn fullness(&self) -> f64 {
        let inside = self.lock();
        inside.events.fullness().max(inside.bytes.fullness())
    }

    /// Waits until something was put in since the last call.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets nothing more in, and drops what waits.
    pub(super) fn close(&self) {
        let mut inside = self.lock();
        inside.closed = true;
        inside.turns.clear();
        let dropped = std::mem::take(&mut inside.lines);
        drop(inside);
        drop(dropped);
    }

    fn lock(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inside<T> {
    fn has_room(&self, items: &[Item<T>]) -> bool {
        let mut wanted: Vec<(&str, usize, usize)> = Vec::with_capacity(1);
        for item in items {
            match wanted.iter_mut().find(|(workspace, ..)| *workspace == item.workspace) {
                Some((_, events, bytes)) => {
                    *events += 1;
                    *bytes += item.bytes;
                }
                None => wanted.push((&item.workspace, 1, item.bytes)),
            }
        }
        wanted.into_iter().all(|(workspace, events, bytes)| {
            events <= self.events.room(workspace) && bytes <= self.bytes.room(workspace)
        })
    }

    fn add(&mut self, Item { workspace, bytes, what }: Item<T>) {
        self.events.take(&workspace, 1);
        self.bytes.take(&workspace, bytes);
        if let Some(line) = self.lines.get_mut(&workspace) {
            line.push_back((bytes, what));
        } else {
            self.turns.push_back(workspace.clone());
            self.lines.insert(workspace, VecDeque::from([(bytes, what)]));
        }
    }

    fn next(&mut self) -> Option<T> {
        let workspace = self.turns.pop_front()?;
        let line = self.lines.get_mut(&workspace)?;
        let (bytes, what) = line.pop_front()?;
        self.events.give_back(&workspace, 1);
        self.bytes.give_back(&workspace, bytes);
        if line.is_empty() {
            self.lines.remove(&workspace);
        } else {
            self.turns.push_back(workspace);
        }
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(workspace: &str, count: usize) -> Vec<Item<String>> {
        let item = |n| Item { workspace: workspace.to_owned(), bytes: 10, what: format!("{workspace}{n}") };
        (0..count).map(item).collect()
    }

    #[test]
    fn workspaces_take_turns_and_each_keeps_its_order() {
        let queue = Fair::new(100, 10_000);
        queue.put(items("a", 4)).unwrap();
        queue.put(items("b", 2)).unwrap();
        assert_eq!(queue.take(3), ["a0", "b0", "a1"]);
        queue.put(items("c", 1)).unwrap();
        assert_eq!(queue.take(100), ["b1", "a2", "c0", "a3"]);
        assert!(queue.take(1).is_empty());
        assert!(queue.lock().turns.is_empty() && queue.lock().lines.is_empty());
    }

    #[test]
    fn a_flood_is_refused_while_others_still_get_in() {
        let queue = Fair::new(100, 10_000);
        let flood = (0..100).filter(|_| queue.put(items("flood", 1)).is_ok()).count();
        assert_eq!(flood, 50, "alone it gets half");
        assert!((queue.fullness() - 0.5).abs() < f64::EPSILON);
        assert_eq!(queue.put(items("flood", 1)), Err(Refused::Full));
        assert_eq!(queue.put(items("other", 20)), Ok(()));
        assert_eq!(queue.take(2), ["flood0", "other0"], "and is not before the others");
    }

    #[test]
    fn bytes_are_bounded_too_and_all_or_nothing_is_put_in() {
        let queue = Fair::new(100, 100);
        assert_eq!(queue.put(items("a", 11)), Err(Refused::Full));
        assert!(queue.take(1).is_empty(), "none of them");
        queue.put(items("a", 5)).unwrap();
        assert_eq!(queue.put(items("a", 1)), Err(Refused::Full));
        queue.take(100);
        queue.put(items("a", 10)).unwrap();
    }

    #[test]
    fn a_closed_queue_drops_what_waits() {
        let queue = Fair::new(100, 10_000);
        queue.put(items("a", 5)).unwrap();
        queue.close();
        assert!(queue.take(1).is_empty());
        assert_eq!(queue.put(items("a", 1)), Err(Refused::Stopping));
    }
}
