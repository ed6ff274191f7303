//! The bus inside one process: queues in memory, a few workers, and doors that wait for the commit.
//!
//! A partition belongs to one worker, so that order holds without a lock. A worker takes all that waits for it, up
//! to a bound, as one batch: the more there is to do, the more turns share one commit. The database has one writer, which
//! one worker keeps busy; with two, the same turns would come in twice as many commits. The queue before a worker takes
//! turns among workspaces ([`super::fair`]).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use usher_store::OwnEvent;

use super::fair::{Fair, Item};
use super::{Bus, Envelope, Handled, Handler, Origin, Refused};
use crate::metrics::Metrics;
use crate::spans::Parent;

/// How the bus is measured out.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workers: usize,
    /// Events that may wait for one worker, and their bytes.
    pub queue: usize,
    pub bytes: usize,
    /// Events in one batch.
    pub batch: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { workers: 1, queue: 16_384, bytes: 32 * 1024 * 1024, batch: 256 }
    }
}

/// The queues and those who serve them.
#[derive(Debug)]
pub struct Local {
    queues: Vec<Arc<Fair<Queued>>>,
    metrics: Arc<Metrics>,
    waiting: Arc<AtomicUsize>,
    stopping: AtomicBool,
}

/// The workers, to be waited for in the end.
#[derive(Debug)]
pub struct Workers {
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// An event in a queue, and who waits for it.
#[derive(Debug)]
struct Queued {
    envelope: Envelope,
    ticket: Option<Arc<Ticket>>,
}

/// Tells one who waits when the last of their events is done: when the last holder lets go.
#[derive(Debug)]
struct Ticket {
    /// How many of the events are not done yet.
    open: AtomicUsize,
    done: Option<oneshot::Sender<Result<(), Refused>>>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            let outcome = if self.open.load(Ordering::Acquire) == 0 { Ok(()) } else { Err(Refused::NotStored) };
            // Who waited may have gone, as when a provider hangs up.
            let _ = done.send(outcome);
        }
    }
}

impl Local {
    /// Starts the workers, which give what they take to `handler`.
    pub fn start(size: Size, handler: &Arc<impl Handler>, metrics: Arc<Metrics>) -> (Self, Workers) {
        let stop = watch::Sender::new(false);
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut queues = Vec::with_capacity(size.workers);
        let mut tasks = Vec::with_capacity(size.workers);
        for _ in 0..size.workers.max(1) {
            let queue = Arc::new(Fair::new(size.queue, size.bytes));
            queues.push(Arc::clone(&queue));
            let worker = Worker {
                queue,
                handler: Arc::clone(handler),
                batch: size.batch.max(1),
                waiting: Arc::clone(&waiting),
                metrics: Arc::clone(&metrics),
            };
            tasks.push(tokio::spawn(worker.run(stop.subscribe())));
        }
        (Self { queues, metrics, waiting, stopping: AtomicBool::new(false) }, Workers { tasks, stop })
    }

    /// Puts events into their queues, all or none of a queue's.
    fn enqueue(&self, events: Vec<Envelope>, ticket: Option<&Arc<Ticket>>) -> Result<(), Refused> {
        let mut by_queue: Vec<Vec<Item<Queued>>> = self.queues.iter().map(|_| Vec::new()).collect();
        for envelope in events {
            let queue = envelope.partition() % self.queues.len();
            by_queue[queue].push(Item {
                workspace: envelope.key.workspace.clone(),
                bytes: bytes_of(&envelope),
                what: Queued { envelope, ticket: ticket.cloned() },
            });
        }
        for (queue, events) in self.queues.iter().zip(by_queue).filter(|(_, events)| !events.is_empty()) {
            let count = events.len();
            // Counted before a worker can take them.
            self.waiting.fetch_add(count, Ordering::AcqRel);
            if let Err(refused) = queue.put(events) {
                self.waiting.fetch_sub(count, Ordering::AcqRel);
                if refused == Refused::Full {
                    self.metrics.bus_refused.increment(1);
                }
                return Err(refused);
            }
        }
        Ok(())
    }
}

/// Returns about how many bytes an event takes while it waits.
fn bytes_of(envelope: &Envelope) -> usize {
    let mut written = Written(size_of::<Envelope>());
    // Counting cannot fail, and what cannot be written cannot be stored either.
    let _ = serde_json::to_writer(&mut written, &envelope.event);
    match &envelope.origin {
        Origin::Channel(told) => written.0 + told.details.provider.as_ref().map_or(0, String::len),
        Origin::Own(_) => written.0,
    }
}

/// Counts what is written to it.
struct Written(usize);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Bus for Local {
    async fn accept(&self, events: Vec<Envelope>) -> Result<(), Refused> {
        if self.stopping.load(Ordering::Acquire) {
            return Err(Refused::Stopping);
        }
        if events.is_empty() {
            return Ok(());
        }
        let (done, outcome) = oneshot::channel();
        let ticket = Arc::new(Ticket { open: AtomicUsize::new(events.len()), done: Some(done) });
        self.enqueue(events, Some(&ticket))?;
        drop(ticket);
        // The sender is gone without a word only when a worker was torn down.
        outcome.await.unwrap_or(Err(Refused::Stopping))
    }

    fn offer(&self, events: Vec<OwnEvent>) {
        // What does not fit now is offered again by the sweeper.
        for event in events {
            let _ = self.enqueue(vec![event.into()], None);
        }
    }

    async fn answer(&self, answer: OwnEvent, led_by: Parent) -> Result<(), OwnEvent> {
        self.accept(vec![Envelope { led_by, ..Envelope::from(answer.clone()) }]).await.map_err(|_| answer)
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    fn fullness(&self) -> f64 {
        self.queues.iter().map(|queue| queue.fullness()).fold(0.0, f64::max)
    }

    fn refuse(&self) {
        self.stopping.store(true, Ordering::Release);
    }
}

impl Workers {
    /// Lets the workers finish what waits, and ends them.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A worker that panicked has nothing left to finish.
            let _ = task.await;
        }
    }
}

struct Worker<H> {
    queue: Arc<Fair<Queued>>,
    handler: Arc<H>,
    batch: usize,
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

impl<H> Drop for Worker<H> {
    fn drop(&mut self) {
        // Whoever still waits learns that nobody is left.
        self.queue.close();
    }
}

impl<H: Handler> Worker<H> {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let queued = self.queue.take(self.batch);
            if queued.is_empty() {
                tokio::select! {
                    biased;
                    () = self.queue.arrived() => continue,
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
            let taken = queued.len();
            self.metrics.bus_queued.set(self.waiting.load(Ordering::Relaxed) as f64);
            let (batch, tickets): (Vec<_>, Vec<_>) =
                queued.into_iter().map(|queued| (queued.envelope, queued.ticket)).unzip();
            let handled = AssertUnwindSafe(self.handler.handle(&batch)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!(events = batch.len(), "a batch of events panicked; they come again");
                Vec::new()
            });
            for (place, ticket) in tickets.into_iter().enumerate() {
                let done = handled.get(place) == Some(&Handled::Done);
                if let Some(ticket) = ticket.filter(|_| done) {
                    ticket.open.fetch_sub(1, Ordering::AcqRel);
                }
            }
            let left = self.waiting.fetch_sub(taken, Ordering::AcqRel) - taken;
            self.metrics.bus_queued.set(left as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::time::Duration;

    use jiff::Timestamp;
    use usher_engine::id::EventId;
    use usher_engine::message::Inbound;
    use usher_engine::{Environment, Event, EventKind};
    use usher_store::AddressKey;

    use super::super::Told;
    use super::*;

    fn envelope(address: &str, id: &str) -> Envelope {
        Envelope {
            key: AddressKey {
                workspace: "w".into(),
                environment: Environment::Production,
                channel: "chat".into(),
                address: address.into(),
            },
            event: Event {
                id: EventId::from(id),
                kind: EventKind::MessageReceived { message: Inbound::Text { text: id.into() } },
            },
            at: Timestamp::UNIX_EPOCH,
            origin: Origin::Channel(Box::<Told>::default()),
            led_by: Parent::default(),
        }
    }

    /// Notes what it is given, slowly, and fails events named `bad`.
    #[derive(Debug, Default)]
    struct Notes {
        handled: Mutex<BTreeMap<String, Vec<String>>>,
        batches: AtomicUsize,
    }

    #[async_trait]
    impl Handler for Notes {
        async fn handle(&self, batch: &[Envelope]) -> Vec<Handled> {
            tokio::time::sleep(Duration::from_millis(2)).await;
            self.batches.fetch_add(1, Ordering::Relaxed);
            let mut handled = self.handled.lock().unwrap();
            let outcome = batch.iter().map(|envelope| {
                let id = envelope.event.id.to_string();
                let bad = id.starts_with("bad");
                handled.entry(envelope.key.address.clone()).or_default().push(id);
                if bad { Handled::NotStored } else { Handled::Done }
            });
            outcome.collect()
        }
    }

    fn start(size: Size) -> (Arc<Notes>, Arc<Local>, Workers) {
        let notes = Arc::new(Notes::default());
        let (bus, workers) = Local::start(size, &notes, Arc::new(Metrics::default()));
        (notes, Arc::new(bus), workers)
    }

    #[tokio::test]
    async fn events_of_an_address_stay_in_order_and_share_batches() {
        let (notes, bus, workers) = start(Size::default());
        let mut doors = Vec::new();
        for n in 0..100 {
            let events = (0..20).map(|address| envelope(&format!("a{address}"), &format!("{n:03}"))).collect();
            // Taken in this order: the queues are filled before the first wait.
            let mut door = Box::pin({
                let bus = Arc::clone(&bus);
                async move { bus.accept(events).await }
            });
            assert!(futures_util::poll!(door.as_mut()).is_pending());
            doors.push(door);
        }
        for door in doors {
            assert_eq!(door.await, Ok(()));
        }
        assert_eq!(bus.waiting(), 0);
        workers.finish().await;
        let handled = notes.handled.lock().unwrap();
        assert_eq!(handled.len(), 20);
        for events in handled.values() {
            assert!(events.len() == 100 && events.is_sorted());
        }
        assert!(notes.batches.load(Ordering::Relaxed) < 50, "2000 events share few batches");
    }

    #[tokio::test]
    async fn a_door_learns_that_an_event_was_not_stored() {
        let (_, bus, workers) = start(Size::default());
        assert_eq!(bus.accept(vec![envelope("a", "good")]).await, Ok(()));
        assert_eq!(bus.accept(vec![envelope("a", "good"), envelope("b", "bad")]).await, Err(Refused::NotStored));
        bus.refuse();
        assert_eq!(bus.accept(vec![envelope("a", "late")]).await, Err(Refused::Stopping));
        workers.finish().await;
    }

    #[tokio::test]
    async fn an_event_that_nobody_handled_is_not_accepted() {
        let (done, outcome) = oneshot::channel();
        drop(Ticket { open: AtomicUsize::new(1), done: Some(done) });
        assert_eq!(outcome.await, Ok(Err(Refused::NotStored)));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let (_, bus, workers) = start(Size { workers: 1, queue: 3, batch: 1, ..Size::default() });
        let many = (0..4).map(|n| envelope("a", &n.to_string())).collect();
        assert_eq!(bus.accept(many).await, Err(Refused::Full));
        assert_eq!(bus.waiting(), 0, "all or none");
        assert_eq!(bus.accept(vec![envelope("a", "1")]).await, Ok(()));
        workers.finish().await;
    }

    #[tokio::test]
    async fn what_waits_is_finished_before_the_end() {
        let (notes, bus, workers) = start(Size { workers: 1, queue: 100, batch: 3, ..Size::default() });
        let mut door = Box::pin(bus.accept((0..50).map(|n| envelope("a", &n.to_string())).collect()));
        assert!(futures_util::poll!(door.as_mut()).is_pending());
        workers.finish().await;
        assert_eq!(notes.handled.lock().unwrap()["a"].len(), 50);
        assert_eq!(door.await, Ok(()));
    }
}
