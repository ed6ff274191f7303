//! The bus among any number of processes: one NATS JetStream stream, on which each partition is a subject with a durable
//! consumer that has one message in somebody's hand at a time. So NATS itself keeps the order, shares the work, and gives
//! what a dead process held to another.
//!
//! The way of an event: [`JetStream::accept`] writes it ([`wire`](super::wire)) and gives it to its partition's [`publisher`],
//! which packs what comes while a message is under way; the stream's word that it has the message is the word to the
//! door. A [`taker`] of some process pulls the message, its [`worker`] handles it together with those of other
//! partitions, and the acknowledgement asks for the partition's next. An event that is taken twice is known by its id.
//!
//! Nothing here asks the database on the way in: webhooks are taken while it is away.

mod backlog;
mod connection;
mod look;
mod nudges;
mod publisher;
mod pulls;
mod reports;
mod stream;
mod taker;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::context::{Context, ContextBuilder};
use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use usher_store::OwnEvent;

use super::partition::PARTITIONS;
use super::wire::{self, Content};
use super::{Bus, Envelope, Handled, Handler, Refused, Report};
use crate::gather::Company;
use crate::metrics::Metrics;
use crate::spans::Parent;
use crate::supervise;
use backlog::Backlog;
use publisher::{Publisher, Waiting};
use taker::Taker;
use worker::{Work, Worker};

pub use connection::Nats;
pub use look::{Seen, look};
pub use nudges::{Nudge, Nudges};
pub use worker::Size;

/// How often the stream is asked how it is.
const LOOK: Duration = Duration::from_secs(1);
/// How long a door waits until the stream has what it was given, before it refuses: a provider waits for ten seconds.
const PATIENCE: Duration = Duration::from_secs(9);
/// Bytes of a message that are left for what is around an event.
const AROUND: usize = 1_024;

/// Handles events, and what else is on the stream.
#[async_trait]
pub trait Handling: Handler {
    /// Keeps an event that fails every time, where people see it; says whether it is kept.
    async fn set_aside(&self, event: &Envelope, problem: &str, tries: u32) -> bool;

    /// Records reports; says whether all of them are recorded. Recording one again is harmless.
    async fn record(&self, reports: Vec<Report>) -> bool;
}

/// Why the stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot reach NATS at {servers}: {source}")]
    Unreachable { servers: String, source: async_nats::ConnectError },
    #[error("cannot read the credentials in {file}: {source}")]
    Credentials { file: PathBuf, source: std::io::Error },
    #[error(
        "NATS at {servers} does not let Usher in: {source}; correct --nats-credentials, --nats-token, or the user in --nats"
    )]
    LetNotIn { servers: String, source: async_nats::ConnectError },
    #[error("NATS at {servers} has no JetStream; turn it on, and for the account that Usher has there")]
    NoJetStream { servers: String },
    #[error(
        "NATS has no room for the stream `{stream}` of {max_bytes} bytes, {replicas} times; let its JetStream hold more, or \
         lower --nats-max-bytes"
    )]
    NoRoom { stream: String, max_bytes: i64, replicas: usize },
    #[error(
        "NATS has too few servers for {replicas} copies of the stream `{stream}`; add some, or lower --nats-replicas"
    )]
    TooFewServers { stream: String, replicas: usize },
    #[error("NATS does not give the stream `{stream}`: {source}")]
    Stream { stream: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("there is a stream `{stream}` that is not Usher's; name another with --nats-stream")]
    OtherStream { stream: String },
}

impl OpenError {
    /// Says whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Credentials { .. } | Self::OtherStream { .. })
    }
}

/// The stream, from this process.
#[derive(Debug)]
pub struct JetStream {
    nats: Nats,
    client: Client,
    context: Context,
    connected: watch::Receiver<u64>,
    events: Vec<Publisher>,
    reports: Publisher,
    waiting: Arc<Waiting>,
    /// What is on the stream, when it was last asked, and whether it answered.
    backlog: RwLock<Backlog>,
    answers: AtomicBool,
    stopping: AtomicBool,
    /// Who handles what no message can hold.
    handler: OnceLock<Weak<dyn Handling>>,
    /// Where the workers of this process take their work from, if it has some.
    work: OnceLock<mpsc::WeakUnboundedSender<Work>>,
    metrics: Arc<Metrics>,
}

/// Those who take and handle, to be waited for in the end.
pub struct Workers {
    tasks: Mutex<Vec<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
    /// Held for what no message can hold.
    _handler: Arc<dyn Handling>,
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

impl JetStream {
    /// Connects, and makes the stream and its consumers unless they are there. Events can be accepted from now on.
    ///
    /// # Errors
    ///
    /// NATS cannot be reached, or does not give the stream.
    pub async fn open(nats: &Nats, metrics: Arc<Metrics>) -> Result<Arc<Self>, OpenError> {
        let (client, connected) = connection::connect(nats).await?;
        let context = ContextBuilder::new().build(client.clone());
        let found = stream::ensure(&context, nats).await?;
        let waiting = Arc::new(Waiting::default());
        let publisher = |subject, content| Publisher::start(client.clone(), subject, content, Arc::clone(&waiting));
        let events = |partition| publisher(stream::events_subject(&nats.stream, partition), Content::Events);
        let this = Arc::new(Self {
            nats: nats.clone(),
            events: (0..PARTITIONS).map(events).collect(),
            reports: publisher(stream::reports_subject(&nats.stream), Content::Reports),
            waiting,
            backlog: RwLock::new(Backlog::of(&found)),
            answers: AtomicBool::new(true),
            stopping: AtomicBool::new(false),
            handler: OnceLock::new(),
            work: OnceLock::new(),
            metrics,
            connected,
            client,
            context,
        });
        tokio::spawn(look_after(Arc::downgrade(&this)));
        Ok(this)
    }

    /// Starts to handle what is on the stream, or, where this process takes nothing, only what no message can hold.
    pub fn start(&self, size: Size, company: Company, handler: Arc<dyn Handling>, takes: bool) -> Workers {
        let _ = self.handler.set(Arc::downgrade(&handler));
        let stop = watch::Sender::new(false);
        let mut tasks = Vec::new();
        if takes {
            let (work, given) = mpsc::unbounded_channel();
            let _ = self.work.set(work.downgrade());
            let taker = Taker::new(&self.context, &self.nats.stream, self.connected.clone(), work);
            tasks.push(tokio::spawn(taker.run(stop.subscribe())));
            let worker = Worker {
                size,
                handler: Arc::clone(&handler),
                given: Arc::new(Mutex::new(given)),
                company,
                stop: stop.subscribe(),
            };
            for _ in 0..size.workers.max(1) {
                let worker = worker.clone();
                // What a panic drops is given back, and comes again.
                tasks.push(supervise::keep("stream worker", move || worker.clone().run()));
            }
            drop(worker);
            let stream = self.nats.stream.clone();
            let reports = reports::take(self.context.clone(), stream, Arc::clone(&handler), stop.subscribe());
            tasks.push(tokio::spawn(reports));
        }
        Workers { tasks: Mutex::new(tasks), stop, _handler: handler }
    }

    /// Starts to tell the other processes; `own` is this one's name.
    pub fn nudges(&self, own: &str) -> Nudges {
        Nudges::start(self.client.clone(), &self.nats.stream, own)
    }

    /// Starts to listen to the other processes; `carries_out` says whether word of due effects is for this one too.
    pub fn listen(&self, own: &str, carries_out: bool, hear: impl Fn(Nudge) + Send + Sync + 'static) {
        let (client, stream) = (self.client.clone(), self.nats.stream.clone());
        tokio::spawn(nudges::listen(client, stream, own.to_owned(), carries_out, hear));
    }

    /// Says whether NATS is there and takes events.
    pub fn is_ready(&self) -> bool {
        self.client.connection_state() == State::Connected && self.answers.load(Ordering::Acquire)
    }

    /// Gives reports to the stream; returns when it has them.
    ///
    /// # Errors
    ///
    /// Some of them may not have been taken; giving all of them again is harmless.
    pub async fn report(&self, reports: &[Report]) -> Result<(), Refused> {
        self.check()?;
        if reports.is_empty() {
            return Ok(());
        }
        let written: Result<Vec<_>, _> = reports.iter().map(wire::write_report).collect();
        let items = written.map_err(|error| {
            tracing::error!(%error, "a report cannot be written");
            Refused::NotStored
        })?;
        told(self.counted(self.reports.give(items))?, Instant::now() + PATIENCE).await
    }

    /// Refuses what cannot be published.
    fn check(&self) -> Result<(), Refused> {
        if self.stopping.load(Ordering::Acquire) {
            return Err(Refused::Stopping);
        }
        if self.client.connection_state() == State::Connected { Ok(()) } else { Err(Refused::NotStored) }
    }

    fn counted<T>(&self, outcome: Result<T, Refused>) -> Result<T, Refused> {
        if matches!(outcome, Err(Refused::Full)) {
            self.metrics.bus_refused.increment(1);
        }
        outcome
    }

    /// Returns the longest event that fits into a message.
    fn longest(&self) -> usize {
        self.client.max_payload().saturating_sub(AROUND)
    }

    fn backlog(&self) -> Backlog {
        *self.backlog.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn handler(&self) -> Option<Arc<dyn Handling>> {
        self.handler.get()?.upgrade()
    }

    /// Keeps an event that no message can hold: the provider would only send it again.
    async fn set_aside(&self, event: &Envelope, bytes: usize) -> Result<(), Refused> {
        let handler = self.handler().ok_or(Refused::Stopping)?;
        let problem = format!("it has {bytes} bytes, and a message to the stream at most {}", self.longest());
        if handler.set_aside(event, &problem, 0).await { Ok(()) } else { Err(Refused::NotStored) }
    }

    /// Waits until all that was given is published, for a while.
    pub async fn finish(&self, deadline: Instant) {
        while self.waiting.items() > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let _ = timeout_at(deadline, self.client.flush()).await;
    }
}

#[async_trait]
impl Bus for JetStream {
    async fn accept(&self, events: Vec<Envelope>) -> Result<(), Refused> {
        self.check()?;
        let mut by_partition: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        for event in &events {
            let item = wire::write_event(event).map_err(|error| {
                tracing::error!(event = %event.event.id, %error, "an event cannot be written");
                Refused::NotStored
            })?;
            if item.len() > self.longest() {
                self.set_aside(event, item.len()).await?;
            } else {
                by_partition.entry(event.partition()).or_default().push(item);
            }
        }
        let given: Vec<_> = by_partition
            .into_iter()
            .map(|(partition, items)| self.counted(self.events[partition].give(items)))
            .collect();
        let (mut outcome, give_up) = (Ok(()), Instant::now() + PATIENCE);
        for given in given {
            let one = match given {
                Ok(outcome) => told(outcome, give_up).await,
                Err(refused) => Err(refused),
            };
            outcome = outcome.and(self.counted(one));
        }
        outcome
    }

    fn offer(&self, events: Vec<OwnEvent>) {
        for event in events.into_iter().map(Envelope::from) {
            match wire::write_event(&event) {
                Ok(item) if item.len() > self.longest() => {
                    let Some(handler) = self.handler() else { continue };
                    // The store has it whole; the version of its session keeps the order.
                    tokio::spawn(async move {
                        if handler.handle(std::slice::from_ref(&event)).await != [Handled::Done] {
                            tracing::warn!(event = %event.event.id, "a long event was not handled; it comes again");
                        }
                    });
                }
                Ok(item) => self.events[event.partition()].give_freely(item),
                Err(error) => tracing::error!(event = %event.event.id, %error, "an event cannot be written"),
            }
        }
    }

    /// An answer has its turn in this process, as what is on the stream; the version of its session keeps the order.
    async fn answer(&self, answer: OwnEvent, led_by: Parent) -> Result<(), OwnEvent> {
        let work = self.work.get().and_then(mpsc::WeakUnboundedSender::upgrade);
        let Some(work) = work.filter(|_| !self.stopping.load(Ordering::Acquire)) else { return Err(answer) };
        let (done, handled) = oneshot::channel();
        let envelope = Envelope { led_by, ..Envelope::from(answer.clone()) };
        // Where nobody takes it any more, it is dropped here, and with it who would tell of it.
        drop(work.send(Work::Answer(Box::new(envelope), done)));
        drop(work);
        match handled.await {
            Ok(Handled::Done) => Ok(()),
            _ => Err(answer),
        }
    }

    fn waiting(&self) -> usize {
        self.waiting.items() + self.backlog().messages()
    }

    fn fullness(&self) -> f64 {
        self.waiting.fullness().max(self.backlog().fullness())
    }

    fn refuse(&self) {
        self.stopping.store(true, Ordering::Release);
    }
}

impl Workers {
    /// Takes nothing more, finishes what is in hand, and gives back what cannot be finished.
    pub async fn finish(&self) {
        self.stop.send_replace(true);
        for task in self.tasks.lock().await.drain(..) {
            // A task that panicked has nothing left to finish.
            let _ = task.await;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Torn down without an end: what is in hand comes to others once its time is over.
        for task in self.tasks.get_mut().drain(..) {
            task.abort();
        }
    }
}

/// Waits until the stream has what was given to it. What it has not in time it may yet get.
async fn told(outcome: oneshot::Receiver<Result<(), Refused>>, give_up: Instant) -> Result<(), Refused> {
    match timeout_at(give_up, outcome).await {
        Ok(told) => told.unwrap_or(Err(Refused::Stopping)),
        Err(_) => Err(Refused::NotStored),
    }
}

/// Asks the stream now and then how it is, and makes it anew if it is gone.
async fn look_after(stream: Weak<JetStream>) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(this) = stream.upgrade() else { return };
        if this.client.connection_state() != State::Connected {
            continue;
        }
        let answer = match this.context.get_stream(&this.nats.stream).await {
            Ok(found) => Ok(Backlog::of(found.cached_info())),
            Err(error) if stream::is_gone(&error) => {
                stream::ensure(&this.context, &this.nats).await.map(|found| Backlog::of(&found))
            }
            // Its servers may be choosing a leader, and have enough to do.
            Err(error) => Err(stream::not_given(&this.nats, error)),
        };
        let answered = answer.is_ok();
        match answer {
            Ok(backlog) => {
                *this.backlog.write().unwrap_or_else(PoisonError::into_inner) = backlog;
                this.metrics.bus_queued.set(this.waiting() as f64);
            }
            Err(error) if this.answers.load(Ordering::Acquire) => tracing::warn!(%error, "not ready"),
            Err(_) => {}
        }
        this.answers.store(answered, Ordering::Release);
    }
}
