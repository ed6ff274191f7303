//! The store in memory beside the one on SQLite: both are asked the same, call by call, and must answer the same.
//!
//! The database has threads of its own, for which simulated time does not wait. So the world stands still, its one thread
//! with it, until an answer is there.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, mpsc};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::runtime::Runtime;
use usher_engine::id::EventId;
use usher_store::{
    AddressKey, Beat, Committed, DueEffect, Hot, Lease, Loaded, OwnEvent, Pruned, Recorded, Release, Result,
    Settlement, Status, Store, TurnRecord,
};

use super::memory::MemoryStore;
use super::shop::Shop;
use super::world::World;

/// The two stores; the answers are those of the one in memory.
#[derive(Debug)]
pub struct Twins {
    world: Arc<World>,
    memory: Arc<MemoryStore>,
    database: Store,
    folder: PathBuf,
}

impl Twins {
    /// Opens a copy of the shop's database beside a store in memory.
    pub fn open(world: &Arc<World>, memory: &Arc<MemoryStore>, shop: &Shop) -> Self {
        let (folder, file) = shop.copy();
        let database = wait_for(async move { Store::open(&format!("sqlite:{}", file.display()), 2).await });
        let database = database.expect("the copy opens");
        Self { world: Arc::clone(world), memory: Arc::clone(memory), database, folder }
    }

    /// Asks the database too, and compares.
    fn both<T, F>(&self, what: &str, in_memory: Result<T>, ask: impl FnOnce(Store) -> F) -> Result<T>
    where
        T: fmt::Debug + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let on_disk = wait_for(ask(self.database.clone()));
        let (in_memory_said, on_disk_said) = (format!("{in_memory:?}"), format!("{on_disk:?}"));
        // One difference makes others.
        if in_memory_said != on_disk_said && self.world.violations().is_empty() {
            self.world.violated(format!("{what}: in memory {in_memory_said}, on SQLite {on_disk_said}"));
        }
        in_memory
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        let database = self.database.clone();
        wait_for(async move { database.close().await });
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs what databases do, beside all worlds.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime can be made")
});

/// Lets another runtime do something while this thread stands still.
fn wait_for<T: Send + 'static>(what: impl Future<Output = T> + Send + 'static) -> T {
    let (answer, answered) = mpsc::channel();
    RUNTIME.spawn(async move { answer.send(what.await) });
    answered.recv().expect("it does not panic")
}

#[async_trait]
impl Hot for Twins {
    fn is_single_process(&self) -> bool {
        self.memory.is_single_process()
    }

    async fn load(&self, keys: &[AddressKey]) -> Result<Vec<Loaded>> {
        let asked = keys.to_vec();
        self.both("load", self.memory.load(keys).await, move |store| async move { store.load(&asked).await })
    }

    async fn commit(&self, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
        let (asked, of) = (turns.clone(), lease.cloned());
        let in_memory = self.memory.commit(turns, lease).await;
        self.both("commit", in_memory, move |store| async move { store.commit(asked, of.as_ref()).await })
    }

    async fn seen(&self, events: &[EventId]) -> Result<Vec<bool>> {
        let asked = events.to_vec();
        self.both("seen", self.memory.seen(events).await, move |store| async move { store.seen(&asked).await })
    }

    async fn due_effects(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>> {
        let of = lease.clone();
        let in_memory = self.memory.due_effects(now, limit, lease).await;
        self.both("due_effects", in_memory, move |store| async move { store.due_effects(now, limit, &of).await })
    }

    async fn end_leases(&self, now: Timestamp) -> Result<u64> {
        let in_memory = self.memory.end_leases(now).await;
        self.both("end_leases", in_memory, move |store| async move { store.end_leases(now).await })
    }

    async fn release(&self, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64> {
        let (asked, of) = (effects.to_vec(), owner.to_owned());
        let in_memory = self.memory.release(effects, owner, now).await;
        self.both("release", in_memory, move |store| async move { store.release(&asked, &of, now).await })
    }

    async fn waiting_systems(&self) -> Result<Vec<String>> {
        let in_memory = self.memory.waiting_systems().await;
        self.both("waiting_systems", in_memory, move |store| async move { store.waiting_systems().await })
    }

    async fn let_in(&self, systems: &[(String, u32)]) -> Result<u64> {
        let asked = systems.to_vec();
        self.both("let_in", self.memory.let_in(systems).await, move |store| async move { store.let_in(&asked).await })
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>> {
        let asked = settlements.clone();
        let in_memory = self.memory.settle(settlements, now).await;
        self.both("settle", in_memory, move |store| async move { store.settle(asked, now).await })
    }

    async fn pending_events(&self, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        let in_memory = self.memory.pending_events(now, again_at, limit).await;
        self.both(
            "pending_events",
            in_memory,
            move |store| async move { store.pending_events(now, again_at, limit).await },
        )
    }

    async fn consume(&self, events: &[EventId]) -> Result<()> {
        let asked = events.to_vec();
        self.both("consume", self.memory.consume(events).await, move |store| async move { store.consume(&asked).await })
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        let in_memory = self.memory.due_timers(now, limit).await;
        self.both("due_timers", in_memory, move |store| async move { store.due_timers(now, limit).await })
    }

    async fn expired_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        let in_memory = self.memory.expired_sessions(now, limit).await;
        self.both("expired_sessions", in_memory, move |store| async move { store.expired_sessions(now, limit).await })
    }

    async fn beat(&self, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat> {
        let of = process.to_owned();
        let in_memory = self.memory.beat(process, now, grace_ms).await;
        self.both("beat", in_memory, move |store| async move { store.beat(&of, now, grace_ms).await })
    }

    async fn bury(&self, process: &str, now: Timestamp) -> Result<u64> {
        let of = process.to_owned();
        self.both("bury", self.memory.bury(process, now).await, move |store| async move { store.bury(&of, now).await })
    }

    async fn leave(&self, process: &str) -> Result<()> {
        let of = process.to_owned();
        self.both("leave", self.memory.leave(process).await, move |store| async move { store.leave(&of).await })
    }

    async fn record_statuses(&self, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded> {
        let asked = statuses.clone();
        let in_memory = self.memory.record_statuses(statuses, now).await;
        self.both("record_statuses", in_memory, move |store| async move { store.record_statuses(asked, now).await })
    }

    async fn prune(&self, now: Timestamp) -> Result<Pruned> {
        // There is nothing that is old enough; whether there are more parts to look through is the database's own affair.
        self.memory.prune(now).await
    }
}
