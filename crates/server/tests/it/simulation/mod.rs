//! The seeded simulation: customers, providers and a store that fail at any step, around the runner, bus, dispatcher and
//! timers that serve in earnest.
//!
//! One thread, simulated time, one source of chance: a seed is a world, and the same seed the same world, to the last
//! step. [`world`] says what goes wrong, [`faulty`] and [`provider`] let it go wrong, [`checker`] says what must be true
//! nevertheless, and [`mutants`] are Ushers in which it is not.

pub mod absence;
pub mod chance;
pub mod checker;
pub mod customers;
pub mod faulty;
pub mod house;
pub mod memory;
pub mod mutants;
pub mod provider;
pub mod shop;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod town;
pub mod twins;
pub mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use usher_server::clock::Clock;

use chance::Chance;
use customers::Post;
use house::{House, Machine};
use memory::MemoryStore;
use mutants::Mutant;
use provider::Provider;
use shop::Shop;
use stream::Stream;
use town::Town;
use twins::Twins;
use world::{Voice, Weather, World};

/// When all simulated worlds begin.
const BEGINNING: i64 = 1_800_000_000;
/// How long the bad weather lasts, at most.
const STORMY: Duration = Duration::from_secs(240);
/// How long everything may take to come to rest after it: a send that was put off often waits for up to an hour.
const CALM: Duration = Duration::from_secs(4_000);

/// After how many steps the weather calms down, unless it is said otherwise.
pub const STEPS: u64 = 1_500;

/// A world to be lived through.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// After how many steps of each process the weather calms down.
    pub steps: u64,
    pub mutant: Option<Mutant>,
    /// Whether the store on SQLite is asked too, and must answer the same.
    pub beside_sqlite: bool,
    pub voice: Voice,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        Self { seed, steps: STEPS, mutant: None, beside_sqlite: false, voice: Voice::Silent }
    }
}

/// What came of a world.
#[derive(Debug)]
pub struct Report {
    pub plan: Plan,
    pub violations: Vec<String>,
    pub last: Vec<String>,
    pub digest: u64,
    pub tally: Tally,
}

/// What happened in a world, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub processes: u64,
    pub steps: u64,
    pub letters: usize,
    pub turns: usize,
    pub sends: usize,
    pub repeated: usize,
    pub lives: u64,
    /// Which troubles were met how often.
    pub met: BTreeMap<String, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, steps, mutant, .. } = self.plan;
        let Tally { processes, steps: lived, letters, turns, sends, repeated, lives, .. } = &self.tally;
        writeln!(
            f,
            "seed {seed}, digest {:016x}: {processes} processes, {lives} lives, {lived} steps, {letters} letters, {turns} \
             turns, {sends} sends, {repeated} repeated",
            self.digest
        )?;
        if self.violations.is_empty() {
            return writeln!(f, "every promise was kept");
        }
        for line in &self.last {
            writeln!(f, "  {line}")?;
        }
        for violation in &self.violations {
            writeln!(f, "broken: {violation}")?;
        }
        if mutant.is_none() {
            writeln!(f, "again: cargo run -p usher-server --example simulate -- --seed {seed} --steps {steps}")?;
        }
        Ok(())
    }
}

/// Lives through a world.
pub fn run(plan: Plan) -> Report {
    let shop = Shop::get();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime can be made");
    let report = runtime.block_on(live(plan, &shop));
    // What a killed process left lying is no more.
    drop(runtime);
    report
}

async fn live(plan: Plan, shop: &Arc<Shop>) -> Report {
    let chance = Chance::new(plan.seed);
    let clock = Clock::of_runtime(Timestamp::from_second(BEGINNING).expect("a time"));
    let world = World::new(clock.clone(), Weather::draw(&chance), plan.voice);
    let processes = world.weather.processes;
    let store = Arc::new(MemoryStore::new(clock, shop, processes, plan.mutant));
    let provider = Provider::new(&world, chance.fork(), Arc::clone(&store));
    let town = Town::new(&world, &provider, chance.fork(), plan.mutant);
    let post = Arc::new(Post::default());
    for customer in customers::all(&town, &post, &chance) {
        tokio::spawn(customer.live());
    }
    let lives = Arc::new(AtomicU64::new(0));
    let machine: Arc<dyn Machine> = match plan.beside_sqlite {
        true => Arc::new(Twins::open(&world, &store, shop, plan.mutant)),
        false => Arc::<MemoryStore>::clone(&store),
    };
    for _ in 0..processes {
        let (shop, store, town) = (Arc::clone(shop), Arc::clone(&machine), Arc::clone(&town));
        let house = House { shop, store, town, plan, lives: Arc::clone(&lives) };
        tokio::spawn(house.keep_up(chance.fork()));
    }

    let storm = async {
        while world.steps() < plan.steps * processes {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let _ = tokio::time::timeout(STORMY, storm).await;
    world.note(format_args!("the weather calms down"));
    world.calm_down();
    let rest = async {
        let nothing_is_on_its_way = || post.is_idle() && town.stream.as_ref().is_none_or(Stream::is_empty);
        while world.violations().is_empty() && !(nothing_is_on_its_way() && checker::is_at_rest(&store)) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    if tokio::time::timeout(CALM, rest).await.is_err() {
        world.violated(format!("it did not come to rest: {}", checker::what_is_left(&store, &post)));
    }
    if world.violations().is_empty() {
        checker::check(&world, &store, &provider, &post);
    }
    let (last, digest) = world.told();
    let requests = provider.seen().requests.len();
    if messages_were_overtaken(&store, &post) {
        world.meets("message: overtaken");
    }
    let tally = Tally {
        processes,
        steps: world.steps(),
        letters: post.letters().len(),
        turns: store.tables().journal.len(),
        sends: requests,
        repeated: requests - provider.seen().distinct(),
        lives: lives.load(Ordering::Relaxed),
        met: world.met(),
    };
    Report { plan, violations: world.violations(), last, digest, tally }
}

/// Says whether a customer's messages were handled in another order than they were written in, as may be while the former is
/// not acknowledged yet.
fn messages_were_overtaken(store: &MemoryStore, post: &Post) -> bool {
    let (tables, letters) = (store.tables(), post.letters());
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    let handled =
        tables.journal.iter().filter_map(|entry| Some((&entry.address_id, letters.get(&entry.event_id)?.number)));
    let mut in_order = handled.map(|(address, number)| {
        let before = latest.insert(address, number);
        before.is_none_or(|before| before < number)
    });
    !in_order.all(|in_order| in_order)
}
