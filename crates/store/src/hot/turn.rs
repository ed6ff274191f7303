//! A turn as it is committed: everything serialised beforehand, so that the one writer only writes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_engine::change::{Change, Counted};
use usher_engine::effect::{Effect, EffectKind};
use usher_engine::event::{Event, EventKind};
use usher_engine::id::EventId;
use usher_engine::message::Outbound;
use usher_engine::session::{Ending, Place, Session, State};
use usher_engine::trace::Visit;

use super::load::Loaded;
use crate::db::{to_json, to_ms};
use crate::error::{Error, Result};

/// Everything that a turn is made of, as the runner has it at hand.
#[derive(Debug, Clone, Copy)]
pub struct TurnParts<'a> {
    /// What the turn began with.
    pub loaded: &'a Loaded,
    pub event: &'a Event,
    /// When the event was accepted.
    pub now: Timestamp,
    /// The seed of the turn's chance, in hexadecimal.
    pub seed: &'a str,
    /// The engine's version.
    pub engine: &'a str,
    /// The session after the turn.
    pub session: &'a Session,
    pub changes: &'a [Change],
    pub effects: &'a [Effect],
    pub trace: &'a [Visit],
    /// What else the channel said of the customer's message.
    pub inbound: Option<&'a InboundDetails>,
    /// What the channel says of who the customer is; kept where nothing better is known.
    pub profile: Option<&'a Profile>,
}

/// What a channel says of a message beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDetails {
    /// The provider's own id of the message.
    pub provider_id: Option<String>,
    /// What the provider sent, as it should be shown beside the message.
    pub provider: Option<String>,
}

/// What a channel says of who the customer is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
}

/// What became of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is stored.
    Done {
        /// Whether its sends are leased to the committer; if not, others of the lane go first.
        sends_leased: bool,
    },
    /// A turn on this event was committed before; nothing was written.
    Duplicate,
    /// The session or the address has moved on since it was loaded; nothing was written. Load and take the turn again.
    Conflict,
}

/// A turn, serialised and ready to be committed.
#[derive(Debug, Clone)]
pub struct TurnRecord {
    pub loaded: LoadedBasis,
    pub event_id: EventId,
    /// Whether the event may be one of our own, which leaves with its turn.
    pub own: bool,
    /// The effect whose answer the event is; it is settled with the turn, unless it was before.
    pub answers: Option<String>,
    pub now: i64,
    pub session: SessionRow,
    pub journal: JournalRow,
    pub messages: Vec<MessageRow>,
    pub effects: Vec<EffectRow>,
    pub timers: BTreeMap<String, Option<TimerRow>>,
    pub attributes: BTreeMap<String, Option<String>>,
    pub profile: Option<Profile>,
    pub statistics: Vec<(StatisticKey, i64)>,
    /// The position of the last send of the lane that the committer has in hand, if its sends may go behind that.
    pub goes_behind: Option<i64>,
}

/// What the turn stands on, and what is checked when it is committed.
#[derive(Debug, Clone)]
pub struct LoadedBasis {
    pub key: super::AddressKey,
    pub address_id: String,
    pub contact: String,
    pub known: bool,
    pub profile_changed: bool,
    /// The id of the session that was present, if any.
    pub present: Option<String>,
    /// That session's version.
    pub version: i64,
    /// The last message position used at the address.
    pub position: i64,
}

/// A session as the turn leaves it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: String,
    pub channel_kind: String,
    pub route: String,
    pub workflow: String,
    pub deployment: i64,
    /// The version after the turn.
    pub version: i64,
    /// The last message position after the turn.
    pub position: i64,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub end_reason: Option<&'static str>,
    pub outcome: Option<String>,
    pub expires_at: Option<i64>,
    pub state: String,
}

/// What the journal keeps of a turn beside its event's id and time.
#[derive(Debug, Clone)]
pub struct JournalRow {
    pub seed: String,
    pub engine: String,
    pub event: String,
    pub visits: String,
    pub contact: String,
}

/// A message of the transcript that the turn adds.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub position: i64,
    pub direction: &'static str,
    pub body: String,
    pub effect: Option<String>,
    pub place: Option<String>,
    pub state: Option<&'static str>,
    pub provider_id: Option<String>,
    pub provider: Option<String>,
}

/// An effect that the turn asks for.
#[derive(Debug, Clone)]
pub struct EffectRow {
    pub id: String,
    pub kind: &'static str,
    /// The position of the send's message; 0 for a call.
    pub position: i64,
    pub effect: String,
    /// The system for whose room it waits instead of being handed over.
    pub waits_for: Option<String>,
}

/// A timer that the turn sets.
#[derive(Debug, Clone)]
pub struct TimerRow {
    pub generation: u32,
    pub due: i64,
}

/// What is counted, and at which node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatisticKey {
    pub place: Place,
    pub what: &'static str,
    pub exit: String,
}

impl TurnRecord {
    /// Serialises a turn. Sends become messages of the transcript, in state `pending`; a place in version 0 (a
    /// draft) is not counted in the statistics.
    pub fn new(parts: TurnParts<'_>) -> Result<Self> {
        let loaded = parts.loaded;
        let basis = loaded.basis(parts.profile);
        let goes_on = basis.present.as_deref() == Some(parts.session.id.as_str());
        let mut record = Self {
            session: session_row(parts.session, if goes_on { basis.version } else { 0 } + 1, to_ms(parts.now))?,
            journal: JournalRow {
                seed: parts.seed.to_owned(),
                engine: parts.engine.to_owned(),
                event: to_json("event", parts.event)?,
                visits: to_json("trace", parts.trace)?,
                contact: to_json("contact", &loaded.contact)?,
            },
            event_id: parts.event.id.clone(),
            answers: match &parts.event.kind {
                EventKind::CallAnswered { effect, .. } => Some(effect.to_string()),
                _ => None,
            },
            own: !matches!(parts.event.kind, EventKind::MessageReceived { .. } | EventKind::ConversationOpened),
            now: to_ms(parts.now),
            messages: Vec::new(),
            effects: Vec::with_capacity(parts.effects.len()),
            timers: BTreeMap::new(),
            attributes: BTreeMap::new(),
            profile: parts.profile.filter(|_| basis.profile_changed).cloned(),
            statistics: Vec::new(),
            goes_behind: None,
            loaded: basis,
        };
        record.add_inbound(parts.event, parts.inbound)?;
        for effect in parts.effects {
            record.add_effect(effect)?;
        }
        for change in parts.changes {
            record.add_change(change)?;
        }
        record.session.position = record.last_position();
        Ok(record)
    }

    /// Returns the address that the turn is on.
    pub fn key(&self) -> &super::AddressKey {
        &self.loaded.key
    }

    /// Returns the id of the event that the turn is on.
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// Lets an effect, by its place among those of the turn, wait in the store until its system has room, instead of
    /// handing it over with the commit.
    pub fn let_wait(&mut self, effect: usize, system: String) {
        if let Some(effect) = self.effects.get_mut(effect) {
            effect.waits_for = Some(system);
        }
    }

    /// Lets the turn's sends be leased although others of their lane are open, if these are all leased to the committer and
    /// the last of them has this position.
    pub fn go_behind(&mut self, position: i64) {
        self.goes_behind = Some(position);
    }

    /// Returns the positions of the messages that its effects send, 0 for a call, in their order.
    pub fn positions(&self) -> Vec<i64> {
        self.effects.iter().map(|effect| effect.position).collect()
    }

    pub(super) fn version(&self) -> i64 {
        self.session.version
    }

    pub(super) fn last_position(&self) -> i64 {
        self.messages.last().map_or(self.loaded.position, |message| message.position)
    }

    fn next_position(&self) -> i64 {
        self.last_position() + 1
    }

    fn add_inbound(&mut self, event: &Event, details: Option<&InboundDetails>) -> Result<()> {
        let EventKind::MessageReceived { message } = &event.kind else { return Ok(()) };
        let details = details.cloned().unwrap_or_default();
        self.messages.push(MessageRow {
            position: self.next_position(),
            direction: "in",
            body: to_json("message", message)?,
            effect: None,
            place: None,
            state: None,
            provider_id: details.provider_id,
            provider: details.provider,
        });
        Ok(())
    }

    fn add_effect(&mut self, effect: &Effect) -> Result<()> {
        let (kind, position) = match &effect.kind {
            EffectKind::Send { message } => ("send", self.add_outbound(effect, message)?),
            EffectKind::Call { .. } => ("call", 0),
        };
        let (id, effect) = (effect.id.to_string(), to_json("effect", effect)?);
        self.effects.push(EffectRow { id, kind, position, effect, waits_for: None });
        Ok(())
    }

    fn add_outbound(&mut self, effect: &Effect, message: &Outbound) -> Result<i64> {
        let position = self.next_position();
        self.messages.push(MessageRow {
            position,
            direction: "out",
            body: to_json("message", message)?,
            effect: Some(effect.id.to_string()),
            place: Some(to_json("place", &effect.place)?),
            state: Some("pending"),
            provider_id: None,
            provider: None,
        });
        Ok(position)
    }

    fn add_change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::ContactAttribute { name, value } => {
                let json = (!value.is_unset()).then(|| to_json("attribute", value)).transpose()?;
                self.attributes.insert(name.clone(), json);
            }
            Change::TimerSet { timer, generation, due } => {
                self.timers.insert(timer.clone(), Some(TimerRow { generation: *generation, due: to_ms_up(*due) }));
            }
            Change::TimerCleared { timer } => {
                self.timers.insert(timer.clone(), None);
            }
            Change::Ended { ending } => self.session.end(ending, self.now),
            Change::Counted { place, what } if place.version > 0 => {
                let (what, exit) = match what {
                    Counted::Entered => ("entered", ""),
                    Counted::Left { exit } => ("left", exit.as_str()),
                    Counted::DroppedOff => ("dropped_off", ""),
                    Counted::Failed => ("failed", ""),
                };
                self.statistics.push((StatisticKey { place: place.clone(), what, exit: exit.to_owned() }, 1));
            }
            Change::Counted { .. } => {}
        }
        Ok(())
    }
}

impl SessionRow {
    fn end(&mut self, ending: &Ending, now: i64) {
        self.ended_at = Some(self.ended_at.unwrap_or(now));
        self.end_reason = Some(ending.reason.as_str());
        self.outcome.clone_from(&ending.outcome);
        self.expires_at = None;
    }
}

fn session_row(session: &Session, version: i64, now: i64) -> Result<SessionRow> {
    let deployment = i64::try_from(session.deployment)
        .map_err(|_| Error::unstorable("session", format_args!("deployment {} is out of range", session.deployment)))?;
    let mut row = SessionRow {
        id: session.id.to_string(),
        channel_kind: session.channel_kind.clone(),
        route: session.route.clone(),
        workflow: session.entry.workflow.clone(),
        deployment,
        version,
        position: 0,
        started_at: to_ms(session.started_at),
        ended_at: None,
        end_reason: None,
        outcome: None,
        expires_at: session.expires_at.map(to_ms_up),
        state: String::new(),
    };
    row.state = match &session.state {
        State::Ended { ending } => {
            row.end(ending, now);
            // Who built a preview still looks at what was found out in it.
            let is_preview = session.deployment == 0;
            if is_preview { to_json("session", session)? } else { to_json("session", &session.remains())? }
        }
        State::New | State::Waiting { .. } => to_json("session", session)?,
    };
    Ok(row)
}

/// Gives milliseconds since the epoch, rounded up: what is due then is due for the engine too, which knows finer times.
fn to_ms_up(time: Timestamp) -> i64 {
    let floor = to_ms(time);
    if time.subsec_nanosecond().rem_euclid(1_000_000) == 0 { floor } else { floor + 1 }
}
