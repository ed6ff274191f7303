//! What everything in a simulated world shares: chance, time, the weather, and a record of what happened.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use usher_server::clock::Clock;

use super::absence::Away;
use super::chance::Chance;

/// Lines of the record that are kept for a failure.
const KEPT: usize = 60;

#[derive(Debug)]
pub struct World {
    pub clock: Clock,
    pub weather: Weather,
    calm: AtomicBool,
    steps: AtomicU64,
    record: Mutex<Record>,
    voice: Voice,
}

/// What is printed as it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    Silent,
    /// What is written down for a failure.
    Aloud,
    /// Every step too.
    EveryStep,
}

/// What goes wrong in this world, each so many times in a thousand.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// The store refuses before it did anything.
    pub refused: u64,
    /// The store did it, and its answer is lost.
    pub answer_lost: u64,
    /// A commit meets a conflict.
    pub conflicts: u64,
    /// A step takes long.
    pub slow: u64,
    /// A request to the outside goes wrong.
    pub outside: u64,
    /// A status is lost for good.
    pub statuses_lost: u64,
    /// Something is told twice.
    pub twice: u64,
    /// Steps from one death of a process to the next, on average; 0 for none.
    pub life: u64,
    /// How many processes share the store.
    pub processes: u64,
}

impl Weather {
    /// Draws a weather; in each world some things never go wrong, so that others show.
    pub fn draw(chance: &Chance) -> Self {
        let some = |most: u64| if chance.per_mille(600) { chance.between(1, most) } else { 0 };
        Self {
            refused: some(40),
            answer_lost: some(40),
            conflicts: some(60),
            slow: some(60),
            outside: some(400),
            statuses_lost: some(500),
            twice: some(400),
            life: if chance.per_mille(850) { chance.between(40, 800) } else { 0 },
            processes: if chance.per_mille(400) { chance.between(2, 4) } else { 1 },
        }
    }
}

#[derive(Debug)]
struct Record {
    last: VecDeque<String>,
    digest: u64,
    violations: Vec<String>,
    away: Away,
    met: BTreeMap<String, u64>,
}

impl World {
    pub fn new(clock: Clock, weather: Weather, voice: Voice) -> Arc<Self> {
        let away = Away::new(clock.now().as_millisecond());
        let record = Record { last: VecDeque::new(), digest: 0, violations: Vec::new(), away, met: BTreeMap::new() };
        let (calm, steps) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { clock, weather, calm, steps, record: Mutex::new(record), voice })
    }

    /// Lets nothing go wrong from now on.
    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Counts a step, by which what happened before is told from what happened after.
    pub fn step(&self) -> u64 {
        self.steps.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Writes down what happens.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let line = self.line(what, Voice::Aloud);
        let mut record = self.record();
        if record.last.len() == KEPT {
            record.last.pop_front();
        }
        record.last.push_back(line);
    }

    /// Lets the digest tell of what happens, which is of no use to whoever reads about a failure.
    pub fn trace(&self, what: fmt::Arguments<'_>) {
        self.line(what, Voice::EveryStep);
    }

    fn line(&self, what: fmt::Arguments<'_>, from: Voice) -> String {
        let now = self.now();
        let line = format!("{:>7}.{:03}  {what}", now.div_euclid(1_000) % 1_000_000, now.rem_euclid(1_000));
        if self.voice == from || self.voice == Voice::EveryStep {
            println!("{line}");
        }
        let mut record = self.record();
        for byte in line.bytes() {
            record.digest = (record.digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        line
    }

    /// Writes down that a promise was broken.
    pub fn violated(&self, what: String) {
        self.note(format_args!("VIOLATION {what}"));
        self.record().violations.push(what);
    }

    pub fn violations(&self) -> Vec<String> {
        self.record().violations.clone()
    }

    /// Notes who comes or goes now.
    pub fn notes_who_is_there(&self, note: impl FnOnce(&mut Away, i64)) {
        let now = self.now();
        note(&mut self.record().away, now);
    }

    pub fn away(&self) -> Away {
        self.record().away.clone()
    }

    /// Counts a trouble, so that it is known that it was met.
    pub fn meets(&self, trouble: &str) {
        let mut record = self.record();
        if let Some(times) = record.met.get_mut(trouble) {
            *times += 1;
        } else {
            record.met.insert(trouble.to_owned(), 1);
        }
    }

    /// Returns which troubles were met how often.
    pub fn met(&self) -> BTreeMap<String, u64> {
        self.record().met.clone()
    }

    /// Returns the last lines, and a digest of all.
    pub fn told(&self) -> (Vec<String>, u64) {
        let record = self.record();
        (record.last.iter().cloned().collect(), record.digest)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The life of one process. Whoever belongs to it passes through [`Life::step`] at each touch with the world; once it is
/// over, nobody comes back from there, which is all that the world can see of a process that was killed.
#[derive(Debug)]
pub struct Life {
    pub name: String,
    pub world: Arc<World>,
    chance: Chance,
    is_over: AtomicBool,
    /// Wakes in the order in which it was waited for, unlike a watch, which wakes as chance has it.
    over: Notify,
    /// Steps until the end; 0 if that does not come by itself.
    left: AtomicU64,
}

impl Life {
    pub fn new(name: String, world: &Arc<World>, chance: Chance) -> Arc<Self> {
        let mean = world.weather.life;
        let left = if mean == 0 { 0 } else { 1 + chance.below(mean * 2) };
        Arc::new(Self {
            name,
            world: Arc::clone(world),
            chance,
            is_over: AtomicBool::new(false),
            over: Notify::new(),
            left: AtomicU64::new(left),
        })
    }

    /// Writes down what the process does, while it lives.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        if !self.is_over() {
            self.world.note(format_args!("{} {what}", self.name));
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            self.world.note(format_args!("{} is killed", self.name));
            self.over.notify_waiters();
        }
    }

    /// Returns once the process is dead.
    pub async fn ended(&self) {
        let over = self.over.notified();
        if !self.is_over() {
            over.await;
        }
    }

    /// Passes from one step to the next: others may go first, time may pass, and the process may die in between.
    pub async fn step(&self, what: &str) {
        let step = self.world.step();
        self.world.trace(format_args!("{step} {} {what}", self.name));
        if !self.is_over() && !self.world.is_calm() {
            let last = |left: u64| left.checked_sub(1);
            if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, last) == Ok(1) {
                self.world.meets("killed");
                self.end();
            }
        }
        self.live().await;
        if self.world.is_calm() {
            tokio::task::yield_now().await;
        } else if self.chance.per_mille(self.world.weather.slow) {
            tokio::time::sleep(self.chance.millis(20, 3_000)).await;
        } else {
            match self.chance.below(10) {
                0..5 => tokio::task::yield_now().await,
                5..8 => tokio::time::sleep(self.chance.millis(0, 8)).await,
                _ => {}
            }
        }
        self.live().await;
    }

    /// Goes on only in a process that is alive.
    pub async fn live(&self) {
        if self.is_over() {
            pending::<()>().await;
        }
    }

    pub fn chance(&self) -> &Chance {
        &self.chance
    }
}
