//! The room in which conversations run: bus, runner, dispatcher and timers over one store.
//!
//! The way of a message: a door ([`crate::channels`], [`crate::web_chat`], [`crate::preview`]) makes an
//! [`Envelope`](crate::bus::Envelope) and gives it to the [bus](crate::bus); [`batch`] takes a turn on it and
//! commits; the [dispatcher](crate::dispatcher) carries out what the turn asked for; what comes back, and what
//! [timers](crate::timers) find due, are events of our own, which the bus carries the same way.

mod admission;
mod batch;
pub mod configuration;
pub mod configurations;
mod demo_api;
pub mod kept;
pub mod library;
pub mod notes;
mod streamed;
mod telling;
mod turn;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore};
use usher_connect::http;
use usher_store::{Hot, Store};

use crate::app::Core;
use crate::bus::jetstream::{self, JetStream, Nudge, Nudges};
use crate::bus::local::{self, Local, Size};
use crate::bus::{Bus, Envelope, Refused, Report};
use crate::channels::statuses::{Recorder, Statuses};
use crate::clock::Clock;
use crate::config;
use crate::dispatcher::{self, Dispatcher};
use crate::gather::Company;
use crate::ids::Ids;
use crate::live::Live;
use crate::metrics::{self, Metrics};
use crate::preview::Previews;
use crate::roles::Roles;
use crate::secrets::Vault;
use crate::spans::{self, Spans};
use crate::timers::{self, Timers};
use crate::web_chat::Visitors;
use admission::Admission;
use batch::Runner;
use configurations::Configurations;
use demo_api::DemoApi;
use library::Library;
use streamed::Streamed;

/// How long, once Usher is told to stop, effects still begin that were asked for before.
const GRACE: Duration = Duration::from_secs(5);
/// How long a sweep waits that is for sends behind those of another process.
const SOON: Duration = Duration::from_millis(25);
/// KiB of webhooks that may be in memory at a time, before they are read and parsed.
const INTAKE_KIB: usize = 192 * 1024;

/// How a room is measured out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    pub configurations: configurations::Settings,
    pub bus: Size,
    pub jetstream: jetstream::Size,
    pub dispatcher: dispatcher::Settings,
    pub timers: timers::Settings,
    pub roles: Roles,
}

impl Settings {
    /// Returns the usual settings, with what the operator has set.
    pub fn of(configuration: &config::Configuration) -> Self {
        let mut settings = Self::default();
        settings.dispatcher.unknown_wait = configuration.unknown_wait;
        settings.roles = configuration.roles;
        settings
    }
}

/// What everything in the room shares.
#[derive(Debug)]
pub struct Room {
    pub store: Arc<dyn Hot>,
    /// The same store, for what is not on the hot path.
    pub records: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub ids: Ids,
    pub configurations: Configurations,
    pub library: Library,
    pub previews: Previews,
    pub dispatcher: Dispatcher,
    pub live: Live,
    /// Tells the other processes, if there are any.
    pub nudges: Option<Nudges>,
    pub roles: Roles,
    /// Whether a sweep is about to begin.
    sweeps_soon: Arc<AtomicBool>,
    pub visitors: Visitors,
    pub statuses: Statuses,
    /// Who may put how much in at the doors, and how much without a rate of its own.
    pub admission: Admission,
    pub workspace_rate: Option<u32>,
    /// The room for bodies that doors read, in KiB.
    pub intake: Semaphore,
    pub metrics: Arc<Metrics>,
    /// Tells a collector what goes on, if there is one.
    pub spans: Spans,
    /// When the room was opened.
    pub started_at: Timestamp,
}

impl Room {
    /// Looks at once for effects that are due, here or where they are carried out.
    pub fn sweep(&self) {
        match &self.nudges {
            Some(nudges) if !self.roles.dispatcher => nudges.give(Nudge::Due),
            _ => self.dispatcher.sweep(),
        }
    }

    /// Learns that a turn's sends were left to the store, because others of their lane go first.
    fn follow(&self, lane: String) {
        if self.dispatcher.follow(&lane) {
            return;
        }
        // Those others are in hand elsewhere, or were settled since that commit.
        match &self.nudges {
            Some(nudges) => {
                nudges.give(Nudge::Behind(lane));
                self.sweep_soon();
            }
            None => self.dispatcher.sweep(),
        }
    }

    /// Looks for effects that are due in a moment, once for all who ask meanwhile: by the time another process hears
    /// that something stands behind its sends, they may be over.
    fn sweep_soon(&self) {
        if !self.roles.dispatcher || self.sweeps_soon.swap(true, Ordering::AcqRel) {
            return;
        }
        let (dispatcher, sweeps_soon) = (self.dispatcher.clone(), Arc::clone(&self.sweeps_soon));
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            sweeps_soon.store(false, Ordering::Release);
            dispatcher.sweep();
        });
    }

    /// Tells every process that something may have been set up otherwise in a workspace.
    pub fn tell_changed(&self, workspace: &str) {
        self.configurations.ask_again(workspace);
        if let Some(nudges) = &self.nudges {
            nudges.give(Nudge::Changed(workspace.to_owned()));
        }
    }

    /// Hears what another process tells.
    fn hear(&self, nudge: Nudge) {
        match nudge {
            Nudge::Watched(topic) => self.live.nudge_here(&topic),
            Nudge::Changed(workspace) => self.configurations.ask_again(&workspace),
            Nudge::Behind(lane) => {
                self.dispatcher.follow(&lane);
            }
            Nudge::Due => {
                self.dispatcher.sweep();
                self.sweep_soon();
            }
        }
    }
}

/// The running room; cheap to clone.
#[derive(Clone)]
pub struct Handle(Arc<Running>);

struct Running {
    room: Arc<Room>,
    bus: Arc<dyn Bus>,
    /// The same bus, where it is a stream.
    stream: Option<Arc<JetStream>>,
    accepting: AtomicBool,
    /// What is waited for in the end.
    ending: Mutex<Option<(Workers, Timers)>>,
}

/// Those who handle what is on the bus.
enum Workers {
    Local(local::Workers),
    JetStream(jetstream::Workers),
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("accepting", &self.is_accepting()).finish_non_exhaustive()
    }
}

impl Deref for Handle {
    type Target = Room;

    fn deref(&self) -> &Room {
        &self.0.room
    }
}

/// Why the room cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Http(#[from] http::BuildError),
    #[error(transparent)]
    Store(#[from] usher_store::Error),
    #[error(transparent)]
    Bus(#[from] jetstream::OpenError),
    #[error(transparent)]
    Spans(#[from] spans::OpenError),
}

impl Handle {
    /// Opens the room: from now on events are accepted, effects carried out, and what was pending goes on.
    ///
    /// # Errors
    ///
    /// The store does not answer, or there can be no HTTP client.
    pub async fn open(core: &Core, settings: Settings) -> Result<Self, OpenError> {
        Self::open_over(core, Arc::new(core.store.clone()), settings).await
    }

    /// Opens the room with another hot path in front of the store, such as one that fails now and then.
    ///
    /// # Errors
    ///
    /// As [`Handle::open`].
    pub async fn open_over(core: &Core, hot: Arc<dyn Hot>, settings: Settings) -> Result<Self, OpenError> {
        let clock = core.clock.clone();
        let metrics = Arc::new(Metrics::new(clock.now()));
        let own = &core.configuration;
        let stream = match &own.nats {
            Some(nats) => Some(JetStream::open(nats, Arc::clone(&metrics)).await?),
            None => None,
        };
        let owner = core.ids.id();
        let spans = match &own.otlp {
            Some(otlp) => Spans::to(otlp, &core.http, &metrics, &owner)?,
            None => Spans::default(),
        };
        let nudges = stream.as_ref().map(|stream| stream.nudges(&owner));
        let live = Live::among(nudges.clone());
        let demo = own.demo.then(|| DemoApi::new(&core.http, own.listen, &own.public_url)).transpose()?;
        let configurations = Configurations::new(
            core.store.clone(),
            core.vault.clone(),
            clock.clone(),
            Arc::clone(&metrics),
            demo,
            settings.configurations,
        );
        let company = Company::default();
        let parts = dispatcher::Parts {
            company: company.clone(),
            store: Arc::clone(&hot),
            configurations: configurations.clone(),
            http: core.http.clone(),
            clock: clock.clone(),
            metrics: Arc::clone(&metrics),
            spans: spans.clone(),
            live: live.clone(),
            owner: owner.clone(),
            is_alone: hot.is_single_process(),
        };
        let (statuses, told) = Statuses::new();
        let room = Arc::new(Room {
            store: hot,
            records: core.store.clone(),
            vault: core.vault.clone(),
            ids: core.ids.clone(),
            library: Library::new(core.store.clone()),
            previews: Previews::new(core.store.clone()),
            dispatcher: Dispatcher::new(parts, settings.dispatcher),
            configurations,
            live,
            nudges,
            roles: settings.roles,
            sweeps_soon: Arc::default(),
            visitors: Visitors::default(),
            statuses,
            admission: Admission::default(),
            workspace_rate: own.workspace_rate,
            intake: Semaphore::new(INTAKE_KIB),
            metrics: Arc::clone(&metrics),
            spans,
            started_at: clock.now(),
            clock,
        });
        metrics::start_sampler(&room);
        // Before anything is due: time in which nobody could write to us does not count, and whoever had leased effects
        // and is gone has them no more.
        room.dispatcher.join().await?;
        let runner = Runner(Arc::clone(&room));
        let recorder = |bus: &Arc<dyn Bus>| Recorder {
            store: Arc::clone(&room.store),
            bus: Arc::clone(bus),
            live: room.live.clone(),
            clock: room.clock.clone(),
        };
        let (bus, workers): (Arc<dyn Bus>, Workers) = match &stream {
            Some(stream) => {
                let bus: Arc<dyn Bus> = Arc::<JetStream>::clone(stream);
                let handler = Streamed { runner, recorder: recorder(&bus), room: Arc::clone(&room) };
                let workers = stream.start(settings.jetstream, company, Arc::new(handler), settings.roles.runner);
                (bus, Workers::JetStream(workers))
            }
            None => {
                let (bus, workers) = Local::start(settings.bus, &Arc::new(runner), metrics);
                let bus: Arc<dyn Bus> = Arc::new(bus);
                recorder(&bus).start(told);
                (bus, Workers::Local(workers))
            }
        };
        if settings.roles.dispatcher {
            room.dispatcher.start(&bus);
        }
        if let Some(stream) = &stream {
            let hearing = Arc::downgrade(&room);
            stream.listen(&owner, settings.roles.dispatcher, move |nudge| {
                if let Some(room) = hearing.upgrade() {
                    room.hear(nudge);
                }
            });
        }
        let timers = Timers::start(&room, &bus, settings.timers);
        let ending = Mutex::new(Some((workers, timers)));
        Ok(Self(Arc::new(Running { room, bus, stream, accepting: AtomicBool::new(true), ending })))
    }

    /// Gives events to the bus; returns when they are stored.
    ///
    /// # Errors
    ///
    /// They were not all taken; giving them again is harmless.
    pub async fn accept(&self, events: Vec<Envelope>) -> Result<(), Refused> {
        self.admit(&events).await?;
        self.0.bus.accept(events).await
    }

    /// Lets events in if their workspace does not put in too much.
    async fn admit(&self, events: &[Envelope]) -> Result<(), Refused> {
        let Some((workspace, count)) = admission::asked(events) else { return Ok(()) };
        // Without its settings nothing is known against it.
        let configuration = self.configurations.latest(workspace, 0).await.ok();
        let own = configuration.as_ref().and_then(|configuration| configuration.workspace.messages_per_second);
        let admitted = self.admission.admit(
            workspace,
            count,
            own.or(self.workspace_rate),
            self.0.bus.fullness(),
            self.clock.now(),
        );
        match (admitted, &configuration) {
            (Err(Refused::TooMany { .. }), Some(configuration)) => {
                self.metrics.over_rate(&configuration.workspace.key);
            }
            (Err(Refused::Full), _) => self.metrics.bus_refused.increment(1),
            _ => {}
        }
        admitted
    }

    /// Takes what a provider tells beside events; returns when it cannot be lost any more.
    ///
    /// # Errors
    ///
    /// It was not all taken; giving it again is harmless.
    pub async fn report(&self, reports: Vec<Report>) -> Result<(), Refused> {
        if let Some(stream) = &self.0.stream {
            return stream.report(&reports).await;
        }
        let (mut statuses, mut unread) = (Vec::new(), Vec::new());
        for report in reports {
            match report {
                Report::Status(status) => statuses.push(status),
                Report::Unread(item) => unread.push(item),
            }
        }
        self.statuses.record(statuses).await?;
        for item in unread {
            self.keep_webhook(&item.key, &item.problem, item.body.into_bytes()).await.map_err(|error| {
                tracing::warn!(%error, "what cannot be used could not be kept; its provider sends it again");
                Refused::NotStored
            })?;
        }
        Ok(())
    }

    /// Offers events of our own that are stored already, to be run at once.
    pub fn offer(&self, events: Vec<usher_store::OwnEvent>) {
        self.0.bus.offer(events);
    }

    /// Returns how many events wait for their turn in this process, or have it right now.
    pub fn waiting(&self) -> usize {
        self.0.bus.waiting()
    }

    /// Says whether the stream takes events; none where there is no stream.
    pub fn stream_takes_events(&self) -> Option<bool> {
        self.0.stream.as_ref().map(|stream| stream.is_ready())
    }

    /// Says whether messages are accepted: what `/readyz` tells.
    pub fn is_accepting(&self) -> bool {
        self.0.accepting.load(Ordering::Acquire)
    }

    /// Stops: refuses what is new, finishes what is under way, and leaves the rest for the next start. To be called
    /// once readiness is off and before the listener is closed, so that the doors can still answer.
    pub async fn close(&self, within: Duration) {
        let deadline = tokio::time::Instant::now() + within;
        self.refuse();
        let Some((workers, timers)) = self.0.ending.lock().await.take() else { return };
        timers.finish(deadline).await;
        if let Workers::JetStream(workers) = &workers {
            // What is on the stream is for others, or for the next start; what is in hand is finished.
            self.finish(deadline, workers.finish()).await;
        }
        // What was accepted is handled, and what it asks for is carried out, unless that has to wait for long.
        let grace = deadline.min(tokio::time::Instant::now() + GRACE);
        while !(self.is_handled() && self.dispatcher.is_idle()) && tokio::time::Instant::now() < grace {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.dispatcher.finish(deadline).await;
        if let Workers::Local(workers) = workers {
            self.finish(deadline, workers.finish()).await;
        }
        // The last turns asked for something too: it goes back to the store, not started.
        let last = tokio::time::Instant::now() + Duration::from_secs(1);
        self.dispatcher.finish(last).await;
        if let Some(stream) = &self.0.stream {
            stream.finish(last).await;
        }
        self.dispatcher.leave().await;
    }

    /// Says whether everything is handled that must be handled here.
    fn is_handled(&self) -> bool {
        self.0.stream.is_some() || self.0.bus.waiting() == 0
    }

    async fn finish(&self, deadline: tokio::time::Instant, workers: impl Future<Output = ()>) {
        if tokio::time::timeout_at(deadline, workers).await.is_err() {
            tracing::warn!("stopped before all accepted messages were handled; they come again");
        }
    }

    /// Turns readiness off: doors answer 503 from now on.
    pub fn refuse(&self) {
        self.0.accepting.store(false, Ordering::Release);
        self.0.bus.refuse();
        self.live.close();
    }
}
