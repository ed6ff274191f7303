//! What the store in memory holds: the hot tables, row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use usher_engine::effect::Effect;
use usher_engine::id::SessionId;
use usher_store::{AddressKey, DeliveryState, OwnEvent, SessionRow, StatisticKey};

/// The rows. What the databases keep in columns is kept as they would read it back; a session is its JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    pub addresses: BTreeMap<String, Address>,
    pub contacts: BTreeMap<String, Contact>,
    pub sessions: BTreeMap<String, Session>,
    pub remembered: BTreeMap<String, i64>,
    /// In the order of the commits.
    pub journal: Vec<Arc<Entry>>,
    /// By address and position.
    pub messages: BTreeMap<(String, i64), Message>,
    pub effects: BTreeMap<String, Row>,
    /// By session and name.
    pub timers: BTreeMap<(String, String), Timer>,
    /// With the time from which each is offered.
    pub own_events: BTreeMap<String, (OwnEvent, i64)>,
    /// By hour and what is counted.
    pub statistics: BTreeMap<(i64, StatisticKey), i64>,
    /// How often each process has beaten.
    pub processes: BTreeMap<String, i64>,
    pub last_beat: Option<i64>,
    /// Those that were found to be dead; the databases do not keep them.
    pub buried: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    pub key: AddressKey,
    pub contact: String,
    pub session: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contact {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    pub attributes: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub key: AddressKey,
    pub row: SessionRow,
    /// The deadline that passed, while the expiry is on its way.
    pub expiring_at: Option<i64>,
}

/// A turn that was committed, with all that it asked for.
#[derive(Debug, Clone)]
pub struct Entry {
    pub address_id: String,
    pub session: SessionRow,
    pub event_id: String,
    pub event: String,
    /// When the event was accepted, and when the turn was committed by the clock on the wall.
    pub at: i64,
    pub committed_at: i64,
    pub effects: Vec<usher_store::EffectRow>,
    pub timers: BTreeMap<String, Option<usher_store::TimerRow>>,
    pub statistics: Vec<(StatisticKey, i64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub session: String,
    pub outbound: bool,
    pub effect: Option<String>,
    pub state: Option<DeliveryState>,
    /// When a status, or the one who sent it, first said more than `pending`.
    pub known_at: Option<i64>,
    pub provider_id: Option<String>,
}

/// An effect that is not over, or is a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub address_id: String,
    pub key: AddressKey,
    pub channel_kind: String,
    pub session: SessionId,
    pub effect: Effect,
    pub is_send: bool,
    pub position: i64,
    pub state: EffectState,
    pub taken_from: Option<EffectState>,
    /// When it was last taken, by the clock on the wall.
    pub taken_at: i64,
    /// None for a dead letter.
    pub due_at: Option<i64>,
    pub owner: Option<String>,
    /// The system for whose room it waits.
    pub waits_for: Option<String>,
    pub attempts: u32,
    pub asked_at: i64,
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectState {
    Pending,
    Leased,
    Retry,
    Unknown,
    Dead,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    pub generation: u32,
    pub due: i64,
}

/// Its JSON changes with its version.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        let told = |session: &Self| (session.row.version, session.row.expires_at, session.row.ended_at);
        told(self) == told(other)
    }
}

/// An entry is never changed, and there is one of each event.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.event_id == other.event_id
    }
}

impl Row {
    /// Says whether it may be taken, by itself.
    pub fn is_due(&self, now: i64) -> bool {
        self.waits_for.is_none() && self.due_at.is_some_and(|due| due <= now)
    }
}

impl Tables {
    /// Returns the open sends of a lane, first to last.
    pub fn lane(&self, address_id: &str) -> Vec<String> {
        let mut lane: Vec<(i64, &String)> = self
            .effects
            .iter()
            .filter(|(_, row)| row.is_send && row.due_at.is_some() && row.address_id == address_id)
            .map(|(id, row)| (row.position, id))
            .collect();
        lane.sort_unstable();
        lane.into_iter().map(|(_, id)| id.clone()).collect()
    }
}
