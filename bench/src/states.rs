//! Delivery states: for every send it has taken, Meta tells three times what became of it, by a webhook each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::Connection;
use crate::conversation::Contact;
use crate::load::{Target, seconds_of_now};
use crate::webhook::Webhook;

/// What is told of every send, in this order.
const STATES: [&str; 3] = ["sent", "delivered", "read"];
/// Between two states of one send.
const APART: Duration = Duration::from_millis(50);
/// A webhook that is refused is delivered again, so often.
const TRIES: u32 = 5;
const WORKERS: usize = 64;

/// A send that was taken.
#[derive(Debug)]
pub struct Accepted {
    pub contact: Contact,
    pub number: u32,
    /// The id that the provider gave it.
    pub id: String,
    /// What the sender wants to find in the states again.
    pub callback: Option<String>,
}

/// What came of the telling.
#[derive(Debug, Default)]
pub struct Told {
    /// States that are to be told, or were.
    pub due: AtomicU64,
    pub done: AtomicU64,
    /// Webhooks that were not answered with 200, each time that they were not.
    pub refused: AtomicU64,
    /// States that were given up.
    pub lost: AtomicU64,
}

/// Tells the states; cheap to clone.
#[derive(Debug, Clone)]
pub struct Teller {
    workers: Vec<UnboundedSender<(Instant, Accepted)>>,
    pub told: Arc<Told>,
}

impl Teller {
    /// Starts telling them to the target.
    pub fn start(target: &Target) -> Self {
        let told = Arc::new(Told::default());
        let workers = (0..WORKERS).map(|index| {
            let (sender, receiver) = unbounded_channel();
            let address = target.addresses[index % target.addresses.len()];
            tokio::spawn(work(receiver, address, target.path.clone(), told.clone()));
            sender
        });
        Self { workers: workers.collect(), told }
    }

    pub fn tell(&self, accepted: Accepted) {
        self.told.due.fetch_add(STATES.len() as u64, Ordering::Relaxed);
        // A worker ends with the bench alone.
        let _ = self.workers[accepted.contact.0 as usize % WORKERS].send((Instant::now(), accepted));
    }

    /// Waits until everything is told, for a while.
    pub async fn finish(&self) {
        let told = &self.told;
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let open = || count(&told.due) > count(&told.done) + count(&told.lost);
        let began = Instant::now();
        while open() && began.elapsed() < Duration::from_secs(30) {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Tells three states of each send: the sends side by side, the states of one in order.
async fn work(mut sends: UnboundedReceiver<(Instant, Accepted)>, address: SocketAddr, path: String, told: Arc<Told>) {
    let mut connection = Connection::new(address);
    // By when they are due, then by when they came.
    let mut open = BTreeMap::new();
    let mut serial = 0_u64;
    loop {
        if open.is_empty() {
            let Some((at, accepted)) = sends.recv().await else { return };
            open.insert((at + APART, serial), (0, accepted));
        }
        while let Ok((at, accepted)) = sends.try_recv() {
            serial += 1;
            open.insert((at + APART, serial), (0, accepted));
        }
        let Some(((due, place), (step, accepted))) = open.pop_first() else { continue };
        sleep_until(due).await;
        let webhook = Webhook::of_state(&accepted, STATES[step], seconds_of_now());
        let outcome = if post(&mut connection, &path, &webhook, &told).await { &told.done } else { &told.lost };
        outcome.fetch_add(1, Ordering::Relaxed);
        if step + 1 < STATES.len() {
            open.insert((due + APART, place), (step + 1, accepted));
        }
    }
}

async fn post(connection: &mut Connection, path: &str, webhook: &Webhook, told: &Told) -> bool {
    for attempt in 1..=TRIES {
        if matches!(connection.post(path, webhook).await, Ok(200)) {
            return true;
        }
        told.refused.fetch_add(1, Ordering::Relaxed);
        sleep(APART * attempt).await;
    }
    false
}
