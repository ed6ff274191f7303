//! Delivery states: three quarters of a provider's webhooks. Those of many webhooks are recorded together; no turn is
//! taken on them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use usher_store::{Hot, Status};

use crate::bus::{Bus, Refused};
use crate::clock::Clock;
use crate::live::Live;
use crate::supervise::caught;

/// Webhooks whose states are recorded together, and how many may wait.
const BATCH: usize = 256;
const QUEUE: usize = 4_096;

/// States of one webhook, and who waits for them.
type Given = (Vec<Status>, oneshot::Sender<bool>);

/// Where states wait to be recorded; cheap to clone.
#[derive(Debug, Clone)]
pub struct Statuses(mpsc::Sender<Given>);

/// Records states.
#[derive(Debug)]
pub struct Recorder {
    pub store: Arc<dyn Hot>,
    pub bus: Arc<dyn Bus>,
    pub live: Live,
    pub clock: Clock,
}

impl Statuses {
    /// Makes the queue; [`Recorder::start`] serves its other end.
    pub fn new() -> (Self, mpsc::Receiver<Given>) {
        let (given, taken) = mpsc::channel(QUEUE);
        (Self(given), taken)
    }

    /// Records states; returns when they are stored.
    ///
    /// # Errors
    ///
    /// They were not stored; giving them again is harmless.
    pub async fn record(&self, statuses: Vec<Status>) -> Result<(), Refused> {
        if statuses.is_empty() {
            return Ok(());
        }
        let (done, outcome) = oneshot::channel();
        self.0.try_send((statuses, done)).map_err(|_| Refused::Full)?;
        if outcome.await.unwrap_or(false) { Ok(()) } else { Err(Refused::NotStored) }
    }
}

impl Recorder {
    /// Serves the queue until its last giver is gone.
    pub fn start(self, mut taken: mpsc::Receiver<Given>) {
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while taken.recv_many(&mut batch, BATCH).await > 0 {
                let (statuses, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
                let recorded = caught(self.record(statuses.into_iter().flatten().collect())).await;
                let recorded = recorded.unwrap_or_else(|panic| {
                    tracing::error!(panic, "recording delivery states panicked; the provider sends them again");
                    false
                });
                for done in waiting {
                    // Who waited may have gone.
                    let _ = done.send(recorded);
                }
            }
        });
    }

    /// Records states; says whether they are recorded.
    pub async fn record(&self, statuses: Vec<Status>) -> bool {
        match self.store.record_statuses(statuses, self.clock.now()).await {
            Ok(recorded) => {
                for changed in &recorded.changed {
                    if !self.live.is_idle() {
                        self.live.nudge(&changed.key.id());
                    }
                }
                self.bus.offer(recorded.failures);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "delivery states could not be recorded; the provider sends them again");
                tokio::time::sleep(Duration::from_millis(20)).await;
                false
            }
        }
    }
}
