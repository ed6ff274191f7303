//! A stream that brings customers' messages to processes that share one store, as NATS does in earnest.
//!
//! What it has taken it never loses, and it is the stream's word that customers get. A partition has one message in
//! somebody's hand, into which it packs what has come meanwhile. What nobody acknowledges in time it gives to somebody else
//! too, while the first may still be at it; and now and then much sooner, as to processes that both slept meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use usher_server::bus::{Envelope, Refused};

use super::chance::Chance;
use super::mutants::Mutant;
use super::town::{Process, Town};
use super::world::World;

/// How long the stream waits for an acknowledgement.
const ACK_WAIT: Duration = Duration::from_secs(5);
/// Events in one message.
const TOGETHER: usize = 8;

#[derive(Debug)]
pub struct Stream {
    world: Arc<World>,
    chance: Chance,
    mutant: Option<Mutant>,
    partitions: Mutex<BTreeMap<usize, Arc<Partition>>>,
}

/// What waits in a partition, and that something does.
#[derive(Debug, Default)]
struct Partition {
    waiting: Mutex<VecDeque<Envelope>>,
    arrived: Notify,
}

impl Stream {
    pub fn new(world: &Arc<World>, chance: Chance, mutant: Option<Mutant>) -> Self {
        Self { world: Arc::clone(world), chance, mutant, partitions: Mutex::default() }
    }

    /// Takes events; what is taken is handled sooner or later, whoever dies.
    ///
    /// # Errors
    ///
    /// They were not taken, or it is not known.
    pub async fn take(&self, events: Vec<Envelope>, town: &Arc<Town>) -> Result<(), Refused> {
        let weather = &self.world.weather;
        tokio::time::sleep(self.chance.millis(0, 5)).await;
        if self.goes_wrong(weather.refused) {
            return Err(Refused::NotStored);
        }
        for event in events {
            self.partition(event.partition(), town).put(event);
        }
        tokio::time::sleep(self.chance.millis(0, 5)).await;
        if self.goes_wrong(weather.answer_lost) { Err(Refused::NotStored) } else { Ok(()) }
    }

    /// Says whether everything was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.partitions().values().all(|partition| partition.waiting().is_empty())
    }

    fn goes_wrong(&self, often: u64) -> bool {
        !self.world.is_calm() && self.chance.per_mille(often)
    }

    fn partitions(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<Partition>>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a partition, which is served from the first time on.
    fn partition(&self, number: usize, town: &Arc<Town>) -> Arc<Partition> {
        let mut partitions = self.partitions();
        let partition = partitions.entry(number).or_insert_with(|| {
            let partition = Arc::new(Partition::default());
            let consumer =
                Consumer { partition: Arc::clone(&partition), town: Arc::clone(town), chance: self.chance.fork() };
            tokio::spawn(consumer.run(self.mutant));
            partition
        });
        Arc::clone(partition)
    }
}

impl Partition {
    fn put(&self, event: Envelope) {
        self.waiting().push_back(event);
        self.arrived.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Envelope>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings a partition's messages to processes, one after the other.
struct Consumer {
    partition: Arc<Partition>,
    town: Arc<Town>,
    chance: Chance,
}

impl Consumer {
    async fn run(self, mutant: Option<Mutant>) {
        loop {
            let message: Vec<Envelope> = self.partition.waiting().iter().take(TOGETHER).cloned().collect();
            if message.is_empty() {
                self.partition.arrived.notified().await;
                continue;
            }
            let mut given = 0;
            let acknowledged = watch::Sender::new(mutant == Some(Mutant::AcknowledgesBeforeTheCommit));
            loop {
                let Some(process) = self.town.anyone() else {
                    tokio::time::sleep(self.chance.millis(50, 500)).await;
                    continue;
                };
                given += 1;
                if given > 1 {
                    self.town.world.meets("message: given again");
                }
                let wait = self.give(&message, process, &acknowledged);
                let mut acknowledgement = acknowledged.subscribe();
                if tokio::time::timeout(wait, acknowledgement.wait_for(|is| *is)).await.is_ok() {
                    break;
                }
            }
            self.partition.waiting().drain(..message.len());
        }
    }

    /// Gives a message to a process; returns how long to wait for the acknowledgement.
    fn give(&self, message: &[Envelope], process: Process, acknowledged: &watch::Sender<bool>) -> Duration {
        let world = &self.town.world;
        let names: Vec<&str> = message.iter().map(|event| &event.event.id.as_str()[..6]).collect();
        world.note(format_args!("the stream gives {names:?} to {}", process.life.name));
        let (message, acknowledged) = (message.to_vec(), acknowledged.clone());
        let is_lost = !world.is_calm() && self.chance.per_mille(world.weather.answer_lost);
        tokio::spawn(async move {
            let handled = tokio::select! {
                biased;
                () = process.life.ended() => return,
                handled = process.room.accept(message) => handled,
            };
            process.life.step("acknowledge").await;
            if handled.is_ok() && !is_lost {
                acknowledged.send_replace(true);
            }
        });
        let is_hasty = !world.is_calm() && self.chance.per_mille(world.weather.twice / 4);
        if is_hasty { self.chance.millis(0, 300) } else { ACK_WAIT }
    }
}
