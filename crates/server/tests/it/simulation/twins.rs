//! The store in memory beside the one on SQLite: both are asked the same, call by call, and must answer the same.
//!
//! The database has threads of its own, for which simulated time does not wait. So the world stands still, its one thread
//! with it, until an answer is there.
//!
//! When the power is cut, SQLite loses what is not synced, torn as it may be, and the store in memory must have been at some
//! time, since the disk was last waited for, what is found then. Which time that was is the one thing that a seed does not
//! tell: SQLite brings its log into its file, and syncs both, by the clock on the wall.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::runtime::Runtime;
use usher_engine::id::EventId;
use usher_power_cut::{Disk, Unsynced};
use usher_store::{
    AddressKey, Beat, Committed, DueEffect, Hot, Lease, Loaded, OwnEvent, Pruned, Recorded, Release, Result,
    Settlement, Status, Store, TurnRecord,
};

use super::chance::Chance;
use super::house::Machine;
use super::memory::MemoryStore;
use super::memory::tables::Tables;
use super::mutants::Mutant;
use super::shop::Shop;
use super::world::World;

/// The two stores; the answers are those of the one in memory.
#[derive(Debug)]
pub struct Twins {
    world: Arc<World>,
    memory: Arc<MemoryStore>,
    database: Mutex<Store>,
    disk: Disk,
    folder: PathBuf,
    file: PathBuf,
}

/// Of each effect its id and state, when it is due, and how often it was tried.
type Effects = Vec<(String, String, Option<i64>, i64)>;

impl Twins {
    /// Opens a copy of the shop's database beside a store in memory.
    pub fn open(world: &Arc<World>, memory: &Arc<MemoryStore>, shop: &Shop, mutant: Option<Mutant>) -> Self {
        let (folder, file) = shop.copy();
        let lies = mutant == Some(Mutant::TellsBeforeTheDisk);
        let disk = if lies { Disk::that_lies_under(&folder) } else { Disk::under(&folder) };
        let (disk, database) = (disk.expect("the folder is there"), Mutex::new(open(&file)));
        Self { world: Arc::clone(world), memory: Arc::clone(memory), database, disk, folder, file }
    }

    fn database(&self) -> MutexGuard<'_, Store> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the database too, and compares.
    fn both<T, F>(&self, what: &str, in_memory: Result<T>, ask: impl FnOnce(Store) -> F) -> Result<T>
    where
        T: fmt::Debug + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let on_disk = wait_for(ask(self.database().clone()));
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
        let database = self.database().clone();
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

fn open(file: &Path) -> Store {
    let address = format!("sqlite:{}", file.display());
    wait_for(async move { Store::open(&address, 2).await }).expect("the database opens")
}

impl Machine for Twins {
    fn power_cut(&self, chance: &Chance) -> usize {
        if !self.is_single_process() {
            // They share a database on another machine, for which SQLite only stands here.
            return 0;
        }
        self.disk.cut(Unsynced::Torn { seed: chance.draw() });
        let before = self.database().clone();
        wait_for(async move { before.close().await });
        self.disk.restore().expect("the files can be written");
        *self.database() = open(&self.file);
        let on_disk = effects_on_disk(&self.file);
        let lost = self.memory.lose(|tables| effects_in(tables) == on_disk);
        let in_memory = effects_in(&self.memory.tables());
        if in_memory != on_disk {
            self.world.violated(format!("power cut: in memory at last {in_memory:?}, on SQLite {on_disk:?}"));
        }
        lost
    }
}

fn effects_on_disk(file: &Path) -> Effects {
    let options = SqliteConnectOptions::new().filename(file);
    let read = async move {
        let sql = "SELECT id, state, due_at, attempts FROM effects ORDER BY id";
        sqlx::query_as(sql).fetch_all(&mut options.connect().await?).await
    };
    wait_for(read).expect("the database can be read")
}

fn effects_in(tables: &Tables) -> Effects {
    let told = tables
        .effects
        .iter()
        .map(|(id, row)| (id.clone(), format!("{:?}", row.state).to_lowercase(), row.due_at, i64::from(row.attempts)));
    told.collect()
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
