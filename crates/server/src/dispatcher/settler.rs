//! Writes down what came of effects, many at a time, and passes the events that come of it to the bus.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use usher_engine::id::EffectId;
use usher_store::{Hot, Settlement};

use super::Shared;
use crate::bus::Bus;

/// Settlements in one transaction.
const BATCH: usize = 256;
/// How long to wait after the store refused, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Where settlements wait. There are never more than effects in hand, which are bounded where they are made.
#[derive(Debug)]
pub(super) struct Settler {
    given: mpsc::UnboundedSender<Given>,
    taken: Mutex<Option<mpsc::UnboundedReceiver<Given>>>,
}

/// A settlement, and the lane that it lets go on.
#[derive(Debug)]
pub(super) struct Given {
    pub settlement: Settlement,
    pub lane: Option<String>,
}

impl Default for Settler {
    fn default() -> Self {
        let (given, taken) = mpsc::unbounded_channel();
        Self { given, taken: Mutex::new(Some(taken)) }
    }
}

impl Settler {
    pub(super) fn give(&self, given: Given) {
        // The receiver lives as long as the dispatcher that holds this.
        let _ = self.given.send(given);
    }
}

pub(super) fn start(shared: &Arc<Shared>, bus: Arc<dyn Bus>) {
    tokio::spawn(run(Arc::downgrade(shared), Arc::clone(shared), bus));
}

async fn run(alive: std::sync::Weak<Shared>, shared: Arc<Shared>, bus: Arc<dyn Bus>) {
    let Some(mut taken) = shared.settler.taken.lock().await.take() else { return };
    drop(shared);
    let mut batch = Vec::with_capacity(BATCH);
    while taken.recv_many(&mut batch, BATCH).await > 0 {
        let Some(shared) = alive.upgrade() else { return };
        let (settlements, lanes): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|given| (given.settlement, given.lane)).unzip();
        let effects = write(&shared, &*shared.parts.store, &*bus, settlements).await;
        // Counted before they are let go of, so that there is no moment in which nothing seems to be left to do.
        let goes_on = shared.go_on(lanes.iter().flatten());
        shared.let_go(effects.iter());
        if goes_on {
            shared.sweep.notify_one();
        }
    }
}

/// Writes settlements down, however long the store is away: what was done must not be done again.
async fn write(shared: &Shared, store: &dyn Hot, bus: &dyn Bus, settlements: Vec<Settlement>) -> Vec<EffectId> {
    let mut wait = FIRST_WAIT;
    loop {
        match store.settle(settlements.clone(), shared.parts.clock.now()).await {
            Ok(events) => {
                bus.offer(events);
                break;
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "cannot write down what came of effects; trying again");
                tokio::time::sleep(wait).await;
                wait = LONGEST_WAIT.min(wait * 2);
            }
            Err(error) => {
                tracing::error!(%error, effects = settlements.len(), "what came of effects could not be written down");
                break;
            }
        }
    }
    settlements.into_iter().map(|settlement| settlement.effect).collect()
}
