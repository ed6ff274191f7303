//! Writes down what came of effects and gives back what was not carried out, many at a time, and passes the events that
//! come of it to the bus.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use metrics::Counter;
use opentelemetry::KeyValue;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use usher_engine::event::{Answer, CallFailure};
use usher_engine::id::EffectId;
use usher_engine::{Event, EventKind};
use usher_store::{Error, Hot, Outcome, OwnEvent, Release, Settlement};

use super::Shared;
use super::hand::Held;
use crate::bus::Bus;
use crate::gather::Rests;
use crate::spans::{Span, What};
use crate::supervise::{self, caught};

/// Effects in one transaction.
const BATCH: usize = 256;
/// How long the settler rests at least. Hardly anybody waits for it: only sends that are left in the store behind others. After
/// a crash, what was not written down may have to be sent again.
const REST: Duration = Duration::from_millis(10);
/// How long to wait after the store refused, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Where effects wait that are over. There are never more than effects in hand, which are bounded.
#[derive(Debug)]
pub(super) struct Settler {
    given: mpsc::UnboundedSender<Given>,
    taken: Arc<Mutex<mpsc::UnboundedReceiver<Given>>>,
    owed: Arc<AtomicUsize>,
}

/// An effect that is over, as far as this process is concerned.
#[derive(Debug)]
pub(super) struct Given {
    pub effect: EffectId,
    /// The name under which it is leased.
    pub owner: Arc<str>,
    pub fate: Fate,
    /// Its place in memory, which it has until this is written down.
    pub held: Option<Arc<Held>>,
}

/// What is to become of an effect.
#[derive(Debug)]
pub(super) enum Fate {
    /// This came of it.
    Settled(Outcome),
    /// It was not started, and is due again as it was, if it is still leased until then; or waits in the store until that
    /// system has room.
    Back { until: Timestamp, waits_for: Option<String> },
}

impl Fate {
    /// It was leased until then and not started: it is due again.
    pub(super) fn back(until: Timestamp) -> Self {
        Self::Back { until, waits_for: None }
    }

    /// It was leased until then and not started: it waits until this system has room.
    pub(super) fn waits(until: Timestamp, system: &str) -> Self {
        Self::Back { until, waits_for: Some(system.to_owned()) }
    }
}

/// One that is given back; counted until the store has it.
#[derive(Debug)]
struct Owed(Arc<AtomicUsize>);

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Default for Settler {
    fn default() -> Self {
        let (given, taken) = mpsc::unbounded_channel();
        Self { given, taken: Arc::new(Mutex::new(taken)), owed: Arc::default() }
    }
}

impl Settler {
    pub(super) fn give(&self, given: Given) {
        if !matches!(given.fate, Fate::Settled(_)) {
            self.owed.fetch_add(1, Ordering::AcqRel);
        }
        // The receiver lives as long as the dispatcher that holds this.
        let _ = self.given.send(given);
    }

    /// Says whether something was given back that the store does not have yet.
    pub(super) fn owes(&self) -> bool {
        self.owed.load(Ordering::Acquire) > 0
    }
}

pub(super) fn start(shared: &Arc<Shared>, bus: &Arc<dyn Bus>) {
    let (alive, taken, bus) = (Arc::downgrade(shared), Arc::clone(&shared.settler.taken), Arc::clone(bus));
    supervise::keep("settler", move || run(Weak::clone(&alive), Arc::clone(&taken), Arc::clone(&bus)));
}

async fn run(alive: Weak<Shared>, taken: Arc<Mutex<mpsc::UnboundedReceiver<Given>>>, bus: Arc<dyn Bus>) {
    let mut taken = taken.lock().await;
    let Some(company) = alive.upgrade().map(|shared| shared.parts.company.clone()) else { return };
    let mut rests = Rests::among(company).of_at_least(REST);
    loop {
        let batch = rests.gather(&mut taken, BATCH, BATCH).await;
        let Some(shared) = alive.upgrade().filter(|_| !batch.is_empty()) else { return };
        let began = Instant::now();
        let writing = Writing { shared: &shared, store: &*shared.parts.store, bus: &*bus };
        writing.write(batch).await;
        rests.begin(began);
    }
}

struct Writing<'a> {
    shared: &'a Shared,
    store: &'a dyn Hot,
    bus: &'a dyn Bus,
}

impl Writing<'_> {
    /// Begins the span of writing a batch down, under one of the turns that asked for it.
    fn begin(&self, batch: &[Given]) -> Span {
        let all = batch.iter().map(|given| given.held.as_ref().map(|held| held.led_by).unwrap_or_default());
        self.shared
            .parts
            .spans
            .begin_together(What::Settle, all, || vec![KeyValue::new("usher.effects", batch.len() as i64)])
    }

    async fn write(&self, batch: Vec<Given>) {
        let mut settlements = Vec::with_capacity(batch.len());
        let mut back: Vec<(Release, Arc<str>)> = Vec::new();
        let mut owed = Vec::new();
        let mut held = Vec::with_capacity(batch.len());
        let span = self.begin(&batch);
        for given in batch {
            let (effect, owner) = (given.effect, given.owner);
            held.extend(given.held);
            if !matches!(given.fate, Fate::Settled(_)) {
                owed.push(Owed(Arc::clone(&self.shared.settler.owed)));
            }
            match given.fate {
                Fate::Settled(outcome) => settlements.push(Settlement { effect, outcome }),
                Fate::Back { until, waits_for } => back.push((Release { effect, until, waits_for }, owner)),
            }
        }
        let is_due_again = back.iter().any(|(release, _)| release.waits_for.is_none());
        self.settle(settlements).await;
        self.give_back(back).await;
        drop(span);
        drop(owed);
        // Counted before they are let go of, so that there is no moment in which nothing seems to be left to do.
        let goes_on = self.shared.goes_on(&held, is_due_again);
        drop(held);
        if self.shared.sweeps.take_put_off() || goes_on {
            self.shared.sweeps.begin();
        }
    }

    /// Writes settlements down, however long the store is away: what was done must not be done again. What the store
    /// refuses for good is written down one by one, so that it takes nothing else with it.
    async fn settle(&self, settlements: Vec<Settlement>) {
        if settlements.is_empty() {
            return;
        }
        match self.try_to_settle(settlements.clone()).await {
            Ok(()) => {}
            Err(error) if settlements.len() == 1 => {
                for settlement in settlements {
                    self.settle_plainly(settlement, &error).await;
                }
            }
            Err(error) => {
                tracing::warn!(error, "the store refuses what came of some effects; it is written down one by one");
                for settlement in settlements {
                    if let Err(error) = self.try_to_settle(vec![settlement.clone()]).await {
                        self.settle_plainly(settlement, &error).await;
                    }
                }
            }
        }
    }

    /// Writes down the least of what came of an effect, where the store refuses the whole.
    async fn settle_plainly(&self, settlement: Settlement, error: &str) {
        let effect = settlement.effect.clone();
        tracing::error!(%effect, error, "what came of an effect could not be written down whole");
        let outcome = plain(&settlement.effect, settlement.outcome);
        if let Err(error) = self.try_to_settle(vec![Settlement { effect: settlement.effect, outcome }]).await {
            tracing::error!(%effect, error, "what came of an effect could not be written down; it comes again");
        }
    }

    async fn try_to_settle(&self, settlements: Vec<Settlement>) -> Result<(), String> {
        let now = || self.shared.parts.clock.now();
        let events: Vec<OwnEvent> =
            persist(&self.shared.parts.metrics.store_errors.settling, || self.store.settle(settlements.clone(), now()))
                .await?;
        self.bus.offer(events);
        Ok(())
    }

    async fn give_back(&self, mut back: Vec<(Release, Arc<str>)>) {
        while let Some((_, owner)) = back.last().cloned() {
            let of_owner: Vec<Release> =
                back.extract_if(.., |(_, of)| *of == owner).map(|(release, _)| release).collect();
            if let Err(error) = persist(&self.shared.parts.metrics.store_errors.settling, || {
                self.store.release(&of_owner, &owner, self.shared.parts.clock.now())
            })
            .await
            {
                tracing::error!(error, "effects could not be given back; they come again when their lease ends");
            }
        }
    }
}

/// Asks the store until it answers; counts when it does not.
///
/// # Errors
///
/// It refuses for good, or panicked.
async fn persist<T, F>(errors: &Counter, ask: impl Fn() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, Error>> + Send,
{
    let mut wait = FIRST_WAIT;
    loop {
        match caught(ask()).await? {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_transient() => {
                errors.increment(1);
                tracing::warn!(%error, "cannot write down what came of effects; trying again");
                tokio::time::sleep(wait).await;
                wait = LONGEST_WAIT.min(wait * 2);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Returns an outcome without the words of others, which may be what cannot be stored.
fn plain(effect: &EffectId, outcome: Outcome) -> Outcome {
    let words = || "what came of this could not be written down; Usher's log says why".to_owned();
    match outcome {
        Outcome::Sent { .. } => Outcome::Sent { provider_id: None, provider: None },
        Outcome::Answered { event, at } => {
            let answer = Answer::Failed { kind: CallFailure::TooLarge, message: words() };
            let kind = EventKind::CallAnswered { effect: effect.clone(), answer };
            Outcome::Answered { event: Event { id: event.id, kind }, at }
        }
        Outcome::Retry { at, .. } => Outcome::Retry { at, error: words() },
        Outcome::Unknown { until, .. } => Outcome::Unknown { until, error: words() },
        Outcome::Dead { at, .. } => Outcome::Dead { error: words(), provider: None, event: None, at },
    }
}
