//! Carries out what committed turns asked for: sends in order, calls at once.
//!
//! The sends of one address are a lane ([`lane`]): one at a time, in order; a lane never waits for another. A
//! call starts at once, beside the lane ([`call`]). What comes of an effect is written down in batches ([`settler`]),
//! and an answer becomes an event in the same transaction. Effects come straight from the commit that made them,
//! under the lease that the commit took; a sweeper takes up what was left over.

mod call;
mod circuit;
mod lane;
pub mod rate;
mod settler;
mod sweeper;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore, watch};
use usher_connect::call::Caller;
use usher_connect::http;
use usher_engine::effect::EffectKind;
use usher_engine::id::EffectId;
use usher_store::{DueEffect, Hot, Lease, Outcome, Settlement};

use crate::bus::Bus;
use crate::clock::Clock;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::runner::configurations::Configurations;
use circuit::Circuit;
use rate::Bucket;
use settler::{Given, Settler};

/// How effects are carried out.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a lease lasts: longer than the longest call or send with its wait in memory.
    pub lease: SignedDuration,
    /// How long a send whose outcome is unknown waits for a status before it is sent again.
    pub unknown_wait: SignedDuration,
    /// How long after the turn a send is still tried again.
    pub give_up: SignedDuration,
    /// The longest wait that is waited in memory; a longer one goes back to the store.
    pub short_wait: SignedDuration,
    /// How often the sweeper looks for what was left over.
    pub sweep_every: Duration,
    /// Calls to one system at a time, and how many more may wait in memory.
    pub calls_at_once: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: SignedDuration::from_secs(120),
            unknown_wait: SignedDuration::from_secs(60),
            give_up: SignedDuration::from_hours(1),
            short_wait: SignedDuration::from_secs(20),
            sweep_every: Duration::from_millis(500),
            calls_at_once: 256,
        }
    }
}

/// What the dispatcher works with.
#[derive(Debug)]
pub struct Parts {
    pub store: Arc<dyn Hot>,
    pub configurations: Configurations,
    pub http: http::Client,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub live: Live,
    /// Names this process in leases.
    pub owner: String,
}

/// Carries effects out; cheap to clone.
#[derive(Debug, Clone)]
pub struct Dispatcher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    parts: Parts,
    settings: Settings,
    caller: Caller,
    settler: Settler,
    /// The effects that this process has taken and not settled: neither taken twice nor forgotten in the end.
    in_hand: Mutex<HashSet<EffectId>>,
    lanes: Mutex<HashMap<String, Lane>>,
    /// Lanes in which sends wait in the store for those in hand.
    followed: Mutex<HashSet<String>>,
    health: Mutex<Health>,
    /// The places to call a system at the same time, by system.
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
    sweep: Notify,
    /// How many sweeps were asked for, and how many of these are over.
    sweeps_asked: AtomicU64,
    sweeps_done: AtomicU64,
    stopping: watch::Sender<bool>,
}

/// The sends of one address that are in hand, first to last; somebody works on it as long as it is there.
type Lane = VecDeque<Arc<DueEffect>>;

/// What is known of the pace and health of channels and systems.
#[derive(Debug, Default)]
struct Health {
    /// By channel, and by address.
    rates: HashMap<String, Bucket>,
    /// By channel: nothing is sent before.
    holds: HashMap<String, Timestamp>,
    circuits: HashMap<String, Circuit>,
}

/// Lanes that are remembered as followed.
const FOLLOWED: usize = 10_000;
/// How many paces are remembered before those that mean nothing any more are forgotten.
const RATES: usize = 10_000;

impl Health {
    /// Forgets the paces of those to whom nothing was sent for a while.
    fn tidy(&mut self, now: Timestamp) {
        if self.rates.len() > RATES {
            self.rates.retain(|_, bucket| !bucket.is_full(now));
        }
        self.holds.retain(|_, until| *until > now);
    }
}

impl Dispatcher {
    /// Makes a dispatcher. It takes nothing by itself until it is started.
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let caller = Caller::new(parts.http.clone());
        Self(Arc::new(Shared {
            settler: Settler::default(),
            caller,
            parts,
            settings,
            in_hand: Mutex::default(),
            lanes: Mutex::default(),
            followed: Mutex::default(),
            health: Mutex::default(),
            places: Mutex::default(),
            sweep: Notify::new(),
            sweeps_asked: AtomicU64::new(0),
            sweeps_done: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Starts to write down what comes of effects, to offer answers to the bus, and to sweep.
    pub fn start(&self, bus: Arc<dyn Bus>) {
        settler::start(&self.0, bus);
        sweeper::start(&self.0);
    }

    /// Returns the name of this process in leases.
    pub fn owner(&self) -> &str {
        &self.0.parts.owner
    }

    /// Returns the lease under which a commit hands over its effects.
    pub fn lease(&self) -> Lease {
        self.0.lease()
    }

    /// Takes effects that are leased to this process; those of one lane in order.
    pub fn take(&self, effects: Vec<DueEffect>) {
        for effect in effects {
            self.0.clone().take(effect);
        }
    }

    /// Learns that a turn's sends were left to the store, because others of their lane go first: they are taken up as
    /// soon as those are settled.
    pub fn follow(&self, lane: String) {
        let mut followed = lock(&self.0.followed);
        if followed.len() >= FOLLOWED {
            // The sweeper finds them anyway, only later.
            followed.clear();
        }
        followed.insert(lane);
        drop(followed);
        // Those before may have been settled between that commit and now.
        if self.in_hand() == 0 {
            self.sweep();
        }
    }

    /// Looks at once for effects that are due.
    pub fn sweep(&self) {
        self.0.ask_for_sweep();
    }

    /// Says whether nothing is in hand or about to be.
    pub fn is_idle(&self) -> bool {
        let asked = self.0.sweeps_asked.load(Ordering::Acquire);
        self.in_hand() == 0 && self.0.sweeps_done.load(Ordering::Acquire) >= asked
    }

    /// Returns how many effects are in hand.
    pub fn in_hand(&self) -> usize {
        lock(&self.0.in_hand).len()
    }

    /// Stops: what is under way is finished until the deadline, what only waits goes back to the store.
    pub async fn finish(&self, deadline: tokio::time::Instant) {
        self.0.stopping.send_replace(true);
        while self.in_hand() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left = self.in_hand();
        if left > 0 {
            tracing::warn!(left, "stopped before all effects were carried out; they are taken up after the next start");
        }
    }
}

impl Shared {
    fn lease(&self) -> Lease {
        let until = self.parts.clock.now().saturating_add(self.settings.lease).unwrap_or(Timestamp::MAX);
        Lease { owner: self.parts.owner.clone(), until }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn take(self: Arc<Self>, effect: DueEffect) {
        if !lock(&self.in_hand).insert(effect.effect.id.clone()) {
            // Its lease ran out while it waited here, and was renewed by taking it again.
            return;
        }
        self.parts.metrics.effects_in_hand.increment(1.0);
        match &effect.effect.kind {
            EffectKind::Send { .. } => {
                let id = effect.key.id();
                let mut lanes = lock(&self.lanes);
                if let Some(lane) = lanes.get_mut(&id) {
                    lane.push_back(Arc::new(effect));
                } else {
                    lanes.insert(id.clone(), VecDeque::from([Arc::new(effect)]));
                    drop(lanes);
                    tokio::spawn(lane::run(self, id));
                }
            }
            EffectKind::Call { .. } => {
                tokio::spawn(call::run(self, effect));
            }
        }
    }

    /// Writes down what came of an effect; a send says its lane.
    fn settle(&self, effect: &EffectId, outcome: Outcome, lane: Option<String>) {
        self.settler.give(Given { settlement: Settlement { effect: effect.clone(), outcome }, lane });
    }

    /// Asks for a sweep where sends wait in the store behind those that are now settled; says whether it did. The
    /// sweep begins with the notification, once what is settled was let go of.
    fn go_on<'a>(&self, lanes: impl Iterator<Item = &'a String>) -> bool {
        let mut followed = lock(&self.followed);
        let freed = !followed.is_empty() && lanes.filter(|lane| followed.remove(*lane)).count() > 0;
        if freed {
            self.sweeps_asked.fetch_add(1, Ordering::AcqRel);
        }
        freed
    }

    fn ask_for_sweep(&self) {
        self.sweeps_asked.fetch_add(1, Ordering::AcqRel);
        self.sweep.notify_one();
    }

    /// Lets go of effects that are settled, or that the store has back.
    fn let_go<'a>(&self, effects: impl Iterator<Item = &'a EffectId>) {
        let mut in_hand = lock(&self.in_hand);
        for effect in effects {
            if in_hand.remove(effect) {
                self.parts.metrics.effects_in_hand.decrement(1.0);
            }
        }
    }

    /// Waits in memory, unless Usher stops before; says whether the time was waited.
    async fn pause(&self, wait: SignedDuration) -> bool {
        let wait = Duration::try_from(wait).unwrap_or_default();
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Locks; a panic while the lock was held leaves nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
