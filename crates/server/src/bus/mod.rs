//! Carries events to the sessions that they happened to.
//!
//! What every bus promises: the events of one address are handled one at a time, in the order in which they were
//! accepted, and [`Bus::accept`] returns once what it was given can no longer be lost. [`local`] carries them inside
//! one process and promises that by waiting for the commit of their turns; [`jetstream`] carries them among any number
//! of processes and promises it by waiting for the stream to have them.

mod fair;
pub mod jetstream;
pub mod local;
pub mod partition;
pub mod wire;

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_engine::Event;
use usher_engine::id::SessionId;
use usher_store::{AddressKey, InboundDetails, OwnEvent, Profile, Status};

use crate::spans::Parent;

/// An event on its way, with the address at which it happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub key: AddressKey,
    pub event: Event,
    /// When it was accepted: the turn's `now`, however often the turn is taken.
    pub at: Timestamp,
    pub origin: Origin,
    /// What led to it, if spans are kept of that.
    pub led_by: Parent,
}

/// Where an event comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From a customer, through a channel.
    Channel(Box<Told>),
    /// From Usher itself, about this session and no other.
    Own(SessionId),
}

/// What a channel says of a customer's message beside its content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The route by which it came, where the channel knows it.
    pub route: Option<String>,
    pub details: InboundDetails,
    pub profile: Profile,
}

/// Something that a provider tells beside events: it is recorded, and no turn is taken on it.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// What became of a message.
    Status(Status),
    /// Something that came in and cannot be used.
    Unread(Unread),
}

/// Something that came in and cannot be used: kept for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// Where it came in; without an address.
    pub key: AddressKey,
    /// Why, in plain words.
    pub problem: String,
    pub body: String,
}

impl From<OwnEvent> for Envelope {
    fn from(own: OwnEvent) -> Self {
        Self { key: own.key, event: own.event, at: own.at, origin: Origin::Own(own.session), led_by: Parent::default() }
    }
}

impl Envelope {
    /// Returns the partition to which the event's address belongs.
    pub fn partition(&self) -> usize {
        partition::of(&[&self.key.workspace, self.key.environment.as_str(), &self.key.channel, &self.key.address])
    }
}

/// Takes events and sees to it that a turn is taken on each.
#[async_trait]
pub trait Bus: Debug + Send + Sync {
    /// Takes events and returns when they cannot be lost any more.
    ///
    /// # Errors
    ///
    /// Some of the events may not have been taken. Giving all of them again is harmless: what was handled is known by
    /// its id.
    async fn accept(&self, events: Vec<Envelope>) -> Result<(), Refused>;

    /// Offers events of our own, which are stored: they come again if they cannot be taken now.
    fn offer(&self, events: Vec<OwnEvent>);

    /// Takes an answer that is not stored, and returns once the turn on it is committed, and its effect settled with it;
    /// a call led to it.
    ///
    /// # Errors
    ///
    /// Gives it back: it has to be stored.
    async fn answer(&self, answer: OwnEvent, led_by: Parent) -> Result<(), OwnEvent>;

    /// Returns how many events wait or are being handled, as far as it is known here.
    fn waiting(&self) -> usize;

    /// Returns how much of the room for events is taken, from 0 to 1, as far as it is known here.
    fn fullness(&self) -> f64;

    /// Refuses new events from doors from now on; our own are still carried.
    fn refuse(&self);
}

/// Takes turns on batches of events.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles events, those of one address in the order given, and says for each whether it is done for good.
    async fn handle(&self, batch: &[Envelope]) -> Vec<Handled>;
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Its turn is committed, now or before, or there is none to take.
    Done,
    /// It must come again, as long as it takes: the store is away.
    NotStored,
    /// It must come again, but not for ever: the store is there, and yet its turn cannot be committed.
    Failed,
}

/// Why events were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More was accepted than could be handled so far; try again in a moment.
    #[error("too many messages wait already; try again in a moment")]
    Full,
    /// The workspace puts more in than its rate.
    #[error("this workspace gets more messages than it may take in a second; try again in {seconds} s")]
    TooMany { seconds: u64 },
    /// Usher is about to stop.
    #[error("Usher is stopping; try again in a moment")]
    Stopping,
    /// The turns could not be committed: the store is away, or it refused.
    #[error("the message could not be stored; try again in a moment")]
    NotStored,
}
