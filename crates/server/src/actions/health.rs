//! How Usher does: what waits, who works, and what went wrong last.

use jiff::Timestamp;
use serde::Serialize;
use usher_engine::Environment;
use usher_store::{Backlog, COUNTED};
use utoipa::ToSchema;

use super::channels::LastError;
use super::{Desk, channels};
use crate::problem::Problem;
use crate::runner::Handle;

/// How Usher does, as an environment sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    pub at: Timestamp,
    /// Whether this process takes messages.
    pub accepting: bool,
    /// What waits in this process, of all workspaces.
    pub process: ProcessLoad,
    /// What waits in the store, of this environment.
    pub waiting: Waiting,
    /// Of each number that is told of what waits, no more than this is counted.
    pub counted: u64,
    pub channels: Vec<ChannelHealth>,
}

/// What waits in a process.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ProcessLoad {
    pub started_at: Timestamp,
    /// Usher's version.
    pub version: &'static str,
    /// Events that were accepted and wait for their turn.
    pub events: usize,
    /// Sends and calls that wait for their place or are under way.
    pub effects: usize,
}

/// What waits in the store.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Waiting {
    /// Sends and calls that should be under way already, and since when the oldest of them.
    pub due: u64,
    pub due_since: Option<Timestamp>,
    /// Sends and calls that a process has in hand.
    pub in_hand: u64,
    /// Sends that failed and are tried again later.
    pub retried: u64,
    /// Sends of which it is not known whether they were carried out.
    pub unknown: u64,
    /// Sends that stand behind others to the same customer.
    pub parked: u64,
    /// Answers, timers and failures on which no turn was taken yet.
    pub own_events: u64,
    pub dead_letters: u64,
    pub kept: u64,
}

/// How a channel does.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelHealth {
    pub key: String,
    pub kind: String,
    pub name: String,
    pub last_webhook_at: Option<Timestamp>,
    pub last_error: Option<LastError>,
}

impl From<Backlog> for Waiting {
    fn from(backlog: Backlog) -> Self {
        Self {
            due: backlog.due_effects,
            due_since: backlog.due_since,
            in_hand: backlog.leased_effects,
            retried: backlog.retried_effects,
            unknown: backlog.unknown_effects,
            parked: backlog.parked_effects,
            own_events: backlog.own_events,
            dead_letters: backlog.dead_letters,
            kept: backlog.kept,
        }
    }
}

/// Reads how Usher does.
///
/// # Errors
///
/// The store cannot be read.
pub async fn read(desk: &Desk, room: &Handle, environment: Environment) -> Result<Health, Problem> {
    let now = desk.core.clock.now();
    let backlog = desk.core.store.backlog().count(Some((&desk.workspace.id, environment)), now).await?;
    let channels = channels::list(desk, environment).await?.into_iter().map(|channel| ChannelHealth {
        key: channel.key,
        kind: channel.kind,
        name: channel.name,
        last_webhook_at: channel.last_webhook_at,
        last_error: channel.last_error,
    });
    Ok(Health {
        at: now,
        accepting: room.is_accepting(),
        process: ProcessLoad {
            started_at: room.started_at,
            version: env!("CARGO_PKG_VERSION"),
            events: room.waiting(),
            effects: room.dispatcher.in_hand(),
        },
        waiting: backlog.into(),
        counted: COUNTED,
        channels: channels.collect(),
    })
}
