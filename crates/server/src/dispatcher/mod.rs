//! Carries out what committed turns asked for: sends in order, calls at once.
//!
//! The sends of one address are a lane ([`lane`]): one at a time, in order; a lane never waits for another. A
//! call starts at once, beside the lane ([`call`]). What comes of an effect is written down in batches ([`settler`]),
//! and an answer becomes an event in the same transaction. Effects come straight from the commit that made them,
//! under the lease that the commit took; a sweeper takes up what was left over.
//!
//! Memory is bounded ([`places`]): what has no place waits in the store, so that a system that does not answer fills
//! its own share alone. What a process holds it may start only while it is known to be up ([`presence`]). An effect that
//! panics goes back to the store and comes again; one that does so too often is a dead letter.

mod call;
mod circuit;
mod follow;
mod hand;
mod lane;
mod pace;
mod places;
mod presence;
pub mod rate;
mod settler;
mod sweeper;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use usher_connect::call::Caller;
use usher_connect::http;
use usher_engine::effect::{Effect, EffectKind};
use usher_engine::id::EffectId;
use usher_store::{AddressKey, DueEffect, Hot, Lease};

use crate::bus::Bus;
use crate::clock::Clock;
use crate::gather::Company;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::runner::configurations::Configurations;
use crate::spans::{Parent, Spans};
use crate::supervise;
use follow::{Follow, Sweeps};
use hand::Held;
use pace::Pace;
use places::{Places, system_of};
use presence::Presence;
use settler::{Fate, Given, Settler};

pub use follow::Behind;
pub use places::Place;

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
    /// Calls to one system at a time.
    pub calls_at_once: usize,
    /// Effects in memory, and those of one system among them.
    pub in_hand: usize,
    pub in_hand_of_one: usize,
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
            in_hand: 8_192,
            in_hand_of_one: 1_024,
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
    pub spans: Spans,
    pub live: Live,
    /// Names this process among those that share the store.
    pub owner: String,
    /// Whether no other process can work on the store.
    pub is_alone: bool,
    /// The processes that work on it.
    pub company: Company,
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
    places: Arc<Places>,
    presence: Presence,
    lanes: Mutex<HashMap<String, Lane>>,
    follow: Arc<Follow>,
    /// Systems for whose room effects wait in the store.
    waiting: Mutex<HashSet<String>>,
    /// The leases under which effects were taken again that are in hand already, as those whose lease was ended.
    again: Mutex<BTreeMap<EffectId, Lease>>,
    /// When the last lease ends, in milliseconds since the epoch.
    leased_until: AtomicI64,
    pace: Mutex<Pace>,
    /// The permits to call a system at the same time, by system.
    calls: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// How often an effect has panicked.
    panics: Mutex<HashMap<EffectId, u32>>,
    /// Set when it starts.
    bus: OnceLock<Arc<dyn Bus>>,
    sweeps: Arc<Sweeps>,
    stopping: CancellationToken,
    /// Whether this process has nothing more to do with the store.
    left: CancellationToken,
}

/// The sends of one address that are in hand, first to last; somebody works on it as long as it is there.
type Lane = VecDeque<Arc<Held>>;

/// The place that an effect got before its turn was committed, or the system that has no room for it here.
pub type Admission = Result<Place, String>;

/// An effect that was just committed, with its place.
#[derive(Debug)]
pub struct Fresh {
    pub due: DueEffect,
    pub place: Place,
    /// For a send that may stand behind others that were in hand when its turn was about to be committed.
    pub behind: Option<Arc<Behind>>,
    /// The turn that asked for it.
    pub led_by: Parent,
}

/// Panics of one effect after which it is given up, and effects of which they are remembered.
const PANICS: u32 = 3;
const PANICKED: usize = 10_000;

impl Dispatcher {
    /// Makes a dispatcher. It takes nothing by itself until it is started.
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let caller = Caller::new(parts.http.clone());
        let in_hand = parts.metrics.effects_in_hand.clone();
        let sweeps = Arc::<Sweeps>::default();
        Self(Arc::new(Shared {
            settler: Settler::default(),
            caller,
            places: Places::new(settings.in_hand, settings.in_hand_of_one, in_hand),
            presence: Presence::new(parts.owner.clone(), parts.is_alone, parts.company.clone()),
            parts,
            settings,
            lanes: Mutex::default(),
            follow: Follow::new(Arc::clone(&sweeps)),
            waiting: Mutex::default(),
            again: Mutex::default(),
            leased_until: AtomicI64::new(i64::MIN),
            pace: Mutex::default(),
            calls: Mutex::default(),
            panics: Mutex::default(),
            bus: OnceLock::new(),
            sweeps,
            stopping: CancellationToken::new(),
            left: CancellationToken::new(),
        }))
    }

    /// Begins to be known as up, and watches the other processes. Whoever is alone buries all others first: they had the
    /// store before, and are gone.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub async fn join(&self) -> Result<(), usher_store::Error> {
        self.0.beat().await?;
        if self.0.parts.is_alone {
            self.0.bury_others().await?;
        }
        let alive = Arc::downgrade(&self.0);
        supervise::keep("presence", move || presence::run(alive.clone()));
        Ok(())
    }

    /// Starts to write down what comes of effects, to offer answers to the bus, and to sweep.
    pub fn start(&self, bus: &Arc<dyn Bus>) {
        // Nobody starts it twice.
        let _ = self.0.bus.set(Arc::clone(bus));
        settler::start(&self.0, bus);
        sweeper::start(&self.0);
    }

    /// Says that Usher is up, before it does what depends on for how long it was not.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub async fn beat(&self) -> Result<(), usher_store::Error> {
        self.0.beat().await
    }

    /// Returns the lease under which a commit hands over its effects; none while this process is not known to be up, or
    /// is about to stop: then they stay in the store, for whoever is.
    pub fn lease(&self) -> Option<Lease> {
        self.0.lease()
    }

    /// Asks for places for the effects of a turn that is about to be committed; either all sends get one or none.
    pub fn admit(&self, key: &AddressKey, effects: &[Effect]) -> Vec<Admission> {
        let mut admissions: Vec<Admission> = effects
            .iter()
            .map(|effect| {
                let system = system_of(key, &effect.kind);
                self.0.admit(&system).ok_or(system)
            })
            .collect();
        let is_send = |effect: &Effect| matches!(effect.kind, EffectKind::Send { .. });
        let refused = effects.iter().zip(&admissions).find_map(|(effect, admission)| {
            let system = admission.as_ref().err().filter(|_| is_send(effect));
            system.cloned()
        });
        if let Some(system) = refused {
            for (_, admission) in effects.iter().zip(&mut admissions).filter(|(effect, _)| is_send(effect)) {
                *admission = Err(system.clone());
            }
        }
        admissions
    }

    /// Says behind which sends of their lane, all of them in hand here, those of a turn may go that is about to be committed.
    pub fn expect(&self, lane: &str) -> Option<Behind> {
        self.0.follow.expect(lane)
    }

    /// Takes effects that were committed under this lease; those of one lane in order.
    pub fn take(&self, effects: Vec<Fresh>, lease: &Lease) {
        let owner: Arc<str> = Arc::from(lease.owner.as_str());
        for Fresh { due, place, behind, led_by } in effects {
            if let Some(held) = self.0.take_in_hand(due, Arc::clone(&owner), place, led_by) {
                self.0.begin_behind(held, behind.as_deref());
            }
        }
    }

    /// Gives effects back that may have been committed under this lease, and were not taken.
    pub fn give_back(&self, effects: impl Iterator<Item = EffectId>, lease: &Lease) {
        let owner: Arc<str> = Arc::from(lease.owner.as_str());
        for effect in effects {
            let fate = Fate::back(lease.until);
            let given = Given { effect, owner: Arc::clone(&owner), fate, held: None };
            self.0.settler.give(given);
        }
    }

    /// Learns that a turn's effects were left to the store until their system has room.
    pub fn wait_for(&self, system: &str) {
        self.0.wait_for(system);
    }

    /// Learns that a turn's sends were left to the store, because others of their lane go first: they are taken up as
    /// soon as those are settled, if they are in hand here. Says whether they are.
    pub fn follow(&self, lane: &str) -> bool {
        self.0.follow.behind(lane)
    }

    /// Looks at once for effects that are due.
    pub fn sweep(&self) {
        self.0.sweeps.ask();
    }

    /// Says whether the store took this process's last sign of life: one that is full or read-only does not.
    pub fn is_heard(&self) -> bool {
        self.0.presence.is_heard()
    }

    /// Says whether nothing is in hand or about to be.
    pub fn is_idle(&self) -> bool {
        self.in_hand() == 0 && self.0.sweeps.is_all_over()
    }

    /// Returns how many effects are in hand.
    pub fn in_hand(&self) -> usize {
        self.0.places.in_hand()
    }

    /// Stops: what is under way is finished until the deadline, what only waits goes back to the store.
    pub async fn finish(&self, deadline: tokio::time::Instant) {
        self.0.stopping.cancel();
        let is_busy = || self.in_hand() > 0 || self.0.settler.owes();
        while is_busy() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left = self.in_hand();
        if left > 0 {
            tracing::warn!(left, "stopped before all effects were carried out; they are taken up after the next start");
        }
    }

    /// Takes this process off the list of those that are up. To be called once it does nothing more.
    pub async fn leave(&self) {
        self.0.left.cancel();
        let name = self.0.presence.name();
        if let Err(error) = self.0.parts.store.leave(&name).await {
            tracing::warn!(%error, "cannot take leave; the other processes find out by themselves");
        }
    }
}

impl Shared {
    fn lease(&self) -> Option<Lease> {
        let owner = self.presence.name();
        if self.is_stopping() || !self.presence.holds(&owner) {
            return None;
        }
        Some(Lease { owner: owner.as_ref().to_owned(), until: self.next_end() })
    }

    /// Returns when a lease ends that begins now: later than all before it, so that one is known by its end.
    fn next_end(&self) -> Timestamp {
        let end = self.after(self.settings.lease).as_millisecond();
        let next = |last: i64| end.max(last.saturating_add(1));
        let last = self.leased_until.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(next(last)));
        Timestamp::from_millisecond(last.map_or(end, next)).unwrap_or(Timestamp::MAX)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Takes a place for an effect of a system, unless nothing of that system is to be taken now, or others wait for it.
    fn admit(&self, system: &str) -> Option<Place> {
        if lock(&self.waiting).contains(system) || lock(&self.pace).rests(system, self.parts.clock.now()) {
            return None;
        }
        self.places.take(system)
    }

    fn begin(self: &Arc<Self>, held: Arc<Held>) {
        self.begin_behind(held, None);
    }

    /// Begins with an effect; a send that was to go behind others which were put off meanwhile goes back after them.
    fn begin_behind(self: &Arc<Self>, held: Arc<Held>, behind: Option<&Behind>) {
        match &held.due.effect.kind {
            EffectKind::Send { .. } => {
                let id = held.due.key.id();
                let mut lanes = lock(&self.lanes);
                if behind.is_some_and(|behind| !behind.is_open()) {
                    drop(lanes);
                    self.give(&held, held.back());
                } else if let Some(lane) = lanes.get_mut(&id) {
                    lane.push_back(held);
                } else {
                    lanes.insert(id.clone(), VecDeque::from([held]));
                    drop(lanes);
                    tokio::spawn(lane::run(Arc::clone(self), id));
                }
            }
            EffectKind::Call { .. } => {
                tokio::spawn(call::run(Arc::clone(self), held));
            }
        }
    }

    /// Lets go of an effect, once it is written down what is to become of it.
    fn give(&self, held: &Arc<Held>, fate: Fate) {
        if let Fate::Back { waits_for: Some(system), .. } = &fate {
            self.wait_for(system);
        }
        let (effect, owner) = (held.due.effect.id.clone(), Arc::clone(&held.owner));
        self.settler.give(Given { effect, owner, fate, held: Some(Arc::clone(held)) });
    }

    /// Gives back what was taken again while it was in hand, once it is not: what came of it has ended that lease too, unless
    /// it was given back itself.
    fn give_again_back(&self) {
        let over = |effect: &EffectId, _: &mut Lease| !self.places.has(effect);
        for (effect, Lease { owner, until }) in lock(&self.again).extract_if(.., over) {
            self.settler.give(Given { effect, owner: Arc::from(owner), fate: Fate::back(until), held: None });
        }
    }

    /// Lets go of an effect that is settled already.
    fn settled(&self, held: &Arc<Held>) {
        if self.goes_on(std::slice::from_ref(held), false) {
            self.sweeps.begin();
        }
    }

    /// Gives back what waits in lanes behind what is under way.
    fn give_waiting_back(&self) {
        let mut waiting = Vec::new();
        for (id, lane) in lock(&self.lanes).iter_mut() {
            self.follow.close(id);
            waiting.extend(lane.drain(1.min(lane.len())..).map(|held| (id.clone(), held)));
        }
        // A map tells its lanes in any order, and the same must be done in the same.
        waiting.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (_, held) in waiting {
            self.give(&held, held.back());
        }
    }

    /// Takes a lane away from those that are worked on, and lets nothing go behind what was in it.
    fn close(&self, lane: &str) -> Lane {
        let mut lanes = lock(&self.lanes);
        self.follow.close(lane);
        lanes.remove(lane).unwrap_or_default()
    }

    /// Takes an effect in hand; none if it is there already, as one whose lease ran out meanwhile.
    fn take_in_hand(&self, due: DueEffect, owner: Arc<str>, place: Place, led_by: Parent) -> Option<Arc<Held>> {
        let is_send = matches!(due.effect.kind, EffectKind::Send { .. });
        let in_lane = is_send.then(|| self.follow.take_in_hand(due.key.id(), due.position));
        Held::new(due, owner, in_lane, place, led_by)
    }

    fn wait_for(&self, system: &str) {
        let mut waiting = lock(&self.waiting);
        if !waiting.contains(system) {
            waiting.insert(system.to_owned());
        }
    }

    /// Counts a sweep if effects in the store wait for the room of those that are settled or given back now. Says whether it
    /// did; the sweep is to begin once these were let go of.
    fn goes_on(&self, done: &[Arc<Held>], is_due_again: bool) -> bool {
        let goes_on = !self.is_stopping() && (is_due_again || self.makes_room(done));
        if goes_on {
            self.sweeps.count();
        }
        goes_on
    }

    /// Says whether a system for which effects wait in the store has room for many of them, once these are let go of.
    fn makes_room(&self, done: &[Arc<Held>]) -> bool {
        let waiting = lock(&self.waiting);
        if waiting.is_empty() {
            return false;
        }
        let mut freed: HashMap<&str, usize> = HashMap::new();
        for held in done.iter().filter(|held| waiting.contains(held.system())) {
            *freed.entry(held.system()).or_default() += 1;
        }
        let now = self.parts.clock.now();
        freed.into_iter().any(|(system, count)| {
            let left = self.places.of(system).saturating_sub(count);
            left <= self.settings.in_hand_of_one / 2 && !lock(&self.pace).rests(system, now)
        })
    }

    /// Notes that an effect panicked, and returns how long it is to be left alone; none if this was too often.
    fn panicked(&self, effect: &EffectId, words: &str) -> Option<SignedDuration> {
        self.parts.metrics.effect_panics.increment(1);
        let mut panics = lock(&self.panics);
        if panics.len() >= PANICKED {
            panics.clear();
        }
        let count = panics.entry(effect.clone()).or_default();
        *count += 1;
        let count = *count;
        let is_over = count >= PANICS;
        if is_over {
            panics.remove(effect);
        }
        tracing::error!(%effect, panic = words, count, "carrying out an effect panicked");
        (!is_over).then(|| SignedDuration::from_secs(1 << count))
    }

    /// Forgets what means nothing any more.
    fn tidy(&self) {
        lock(&self.pace).tidy(self.parts.clock.now());
        let all = self.settings.calls_at_once;
        lock(&self.calls).retain(|_, permits| permits.available_permits() < all || Arc::strong_count(permits) > 1);
    }

    fn after(&self, wait: SignedDuration) -> Timestamp {
        self.parts.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Waits in memory, unless Usher stops before or may have lost what it leased; says whether the time was waited.
    async fn pause(&self, wait: SignedDuration) -> bool {
        let wait = Duration::try_from(wait).unwrap_or_default();
        let lost = self.presence.lost();
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => false,
            () = lost.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Locks; a panic while the lock was held leaves nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
