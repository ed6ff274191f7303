//! The seeded simulation: customers, providers and a store that fail at any step, around the runner, bus, dispatcher and
//! timers that serve in earnest.
//!
//! One thread, simulated time, one source of chance: a seed is a world, and the same seed the same world, to the last
//! step. [`world`] says what goes wrong, [`faulty`] and [`provider`] let it go wrong, [`checker`] says what must be true
//! nevertheless, and [`mutants`] are Ushers in which it is not.

pub mod chance;
pub mod checker;
pub mod customers;
pub mod faulty;
pub mod house;
pub mod memory;
pub mod mutants;
pub mod provider;
pub mod shop;
#[cfg(test)]
mod tests;
pub mod town;
pub mod world;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use usher_server::clock::Clock;

use chance::Chance;
use customers::Post;
use house::House;
use memory::MemoryStore;
use mutants::Mutant;
use provider::Provider;
use shop::Shop;
use town::Town;
use world::{Weather, World};

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
    /// After how many steps the weather calms down.
    pub steps: u64,
    pub mutant: Option<Mutant>,
    /// Whether everything is printed as it happens.
    pub aloud: bool,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        Self { seed, steps: STEPS, mutant: None, aloud: false }
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub steps: u64,
    pub letters: usize,
    pub turns: usize,
    pub sends: usize,
    pub repeated: usize,
    pub lives: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, steps, mutant, .. } = self.plan;
        writeln!(f, "seed {seed}, digest {:016x}, {:?}", self.digest, self.tally)?;
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
    let world = World::new(clock.clone(), Weather::draw(&chance), plan.aloud);
    let store = Arc::new(MemoryStore::new(clock, shop.deployment, shop.revision, plan.mutant));
    let provider = Provider::new(&world, chance.fork(), Some(Arc::clone(&store)));
    let town = Town::new(&world, &provider, chance.fork(), plan.mutant);
    let post = Arc::new(Post::default());
    for customer in customers::all(&town, &post, &chance) {
        tokio::spawn(customer.live());
    }
    let lives = Arc::new(AtomicU64::new(0));
    let (shop, lives_of_house) = (Arc::clone(shop), Arc::clone(&lives));
    let house = House { shop, store: Arc::clone(&store), town: Arc::clone(&town), plan, lives: lives_of_house };
    tokio::spawn(house.keep_up(chance.fork()));

    let storm = async {
        while world.steps() < plan.steps {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let _ = tokio::time::timeout(STORMY, storm).await;
    world.note(format_args!("the weather calms down"));
    world.calm_down();
    let rest = async {
        while world.violations().is_empty() && !(post.is_idle() && checker::is_at_rest(&store)) {
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
    let tally = Tally {
        steps: world.steps(),
        letters: post.letters().len(),
        turns: store.tables().journal.len(),
        sends: requests,
        repeated: requests - provider.seen().distinct(),
        lives: lives.load(Ordering::Relaxed),
    };
    Report { plan, violations: world.violations(), last, digest, tally }
}
