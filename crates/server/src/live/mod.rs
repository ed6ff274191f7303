//! Tells who watches an address, or the statistics of an environment, that something new happened there, so that they
//! read on from where they were.
//!
//! A nudge carries nothing: what happened is in the store, and a watcher that missed ten nudges reads once.
//! So nothing is lost when a connection breaks, and another process can nudge as well as this one.

mod stream;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use usher_engine::Environment;
use usher_store::AddressKey;

pub use stream::{Source, Told, event, follow};

use crate::bus::jetstream::{Nudge, Nudges};

/// Streams that may be open at a time.
const STREAMS: usize = 10_000;

type Topics = RwLock<HashMap<String, watch::Sender<u64>>>;

/// The watchers of this process, by what they watch.
#[derive(Debug, Clone)]
pub struct Live {
    topics: Arc<Topics>,
    places: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    /// Tells the other processes, if there are any.
    others: Option<Nudges>,
}

impl Default for Live {
    fn default() -> Self {
        Self::among(None)
    }
}

/// Returns the topic of what is counted in an environment.
pub fn statistics_of(workspace: &str, environment: Environment) -> String {
    format!("statistics/{workspace}/{environment}")
}

/// Somebody who watches one topic; stops when dropped.
#[derive(Debug)]
pub struct Watcher {
    topic: String,
    nudges: Option<watch::Receiver<u64>>,
    topics: Arc<Topics>,
    closing: watch::Receiver<bool>,
}

impl Live {
    /// Makes the watchers of one process, among others that are to be told.
    pub fn among(others: Option<Nudges>) -> Self {
        Self {
            topics: Arc::default(),
            places: Arc::new(Semaphore::new(STREAMS)),
            closing: watch::Sender::new(false),
            others,
        }
    }

    /// Nudges those who watch a topic, in whichever process; cheap when nobody does.
    pub fn nudge(&self, topic: &str) {
        self.nudge_here(topic);
        if let Some(others) = &self.others {
            others.give(Nudge::Watched(topic.to_owned()));
        }
    }

    /// Nudges those who watch a topic in this process.
    pub fn nudge_here(&self, topic: &str) {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(nudges) = topics.get(topic) {
            nudges.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Nudges those who watch the statistics of the environments in which turns were committed at these addresses: once
    /// for each, however many turns there were.
    pub fn nudge_statistics<'a>(&self, keys: impl Iterator<Item = &'a AddressKey>) {
        if self.is_idle() {
            return;
        }
        let environments: BTreeSet<_> = keys.map(|key| (key.workspace.as_str(), key.environment)).collect();
        for (workspace, environment) in environments {
            self.nudge(&statistics_of(workspace, environment));
        }
    }

    /// Says whether nobody watches anything, so that no topic's name need be made.
    pub fn is_idle(&self) -> bool {
        self.others.is_none() && self.topics.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Starts to watch a topic. What happened before is for the caller to read, after this returns.
    pub fn watch(&self, topic: String) -> Watcher {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let nudges = topics.entry(topic.clone()).or_insert_with(|| watch::Sender::new(0)).subscribe();
        drop(topics);
        Watcher { topic, nudges: Some(nudges), topics: Arc::clone(&self.topics), closing: self.closing.subscribe() }
    }

    /// Takes a place for a stream, if there is one left.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Returns how many streams are open.
    pub fn open(&self) -> usize {
        STREAMS.saturating_sub(self.places.available_permits())
    }

    /// Ends all watching, so that no stream keeps Usher from stopping.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl Watcher {
    /// Waits until something happened since the last call (or since the watch began); false when Usher is stopping.
    pub async fn nudged(&mut self) -> bool {
        let Some(nudges) = &mut self.nudges else { return false };
        tokio::select! {
            // The sender lives as long as a watcher does.
            changed = nudges.changed() => changed.is_ok(),
            _ = self.closing.wait_for(|closing| *closing) => false,
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        self.nudges = None;
        if topics.get(&self.topic).is_some_and(|nudges| nudges.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn watchers_hear_of_their_own_topic_and_leave_nothing_behind() {
        let live = Live::default();
        assert!(live.is_idle());
        let mut first = live.watch("a".to_owned());
        let mut second = live.watch("a".to_owned());
        live.nudge("b");
        assert!(timeout(Duration::from_millis(20), first.nudged()).await.is_err(), "another topic is silent");
        live.nudge("a");
        live.nudge("a");
        timeout(Duration::from_secs(1), first.nudged()).await.unwrap();
        timeout(Duration::from_secs(1), second.nudged()).await.unwrap();
        assert!(timeout(Duration::from_millis(20), first.nudged()).await.is_err(), "two nudges are one reading");
        drop(first);
        assert!(!live.is_idle());
        live.close();
        assert!(!second.nudged().await, "nobody watches while Usher stops");
        drop(second);
        assert!(live.is_idle());
    }
}
