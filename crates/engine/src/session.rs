//! One conversation at one address of a contact: where it stands and what it remembers.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::event::Event;
use crate::id::{EffectId, SessionId};
use crate::message::Inbound;
use crate::value::Value;

/// The version of the session's serialised form that this engine writes; it reads this one and the one before.
pub const FORMAT: u16 = 1;

/// A node of a workflow in one of its versions. Version 0 is the draft.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    pub workflow: String,
    pub version: u32,
    pub node: u32,
}

/// The state of one conversation; serialised between turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub format: u16,
    pub id: SessionId,
    pub environment: Environment,
    /// The key of the channel, and its kind, such as `whatsapp`.
    pub channel: String,
    pub channel_kind: String,
    /// The key of the route by which it began.
    pub route: String,
    /// The number of the deployment that it runs on to its end; 0 runs on drafts.
    pub deployment: u64,
    /// Where it begins.
    pub entry: Entry,
    pub started_at: Timestamp,
    pub state: State,
    /// The node that it waits at, or ended at; none before the first step.
    pub place: Option<Place>,
    /// The workflows that called the present one, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<Caller>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
    /// The last inbound message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Inbound>,
    /// What came while the waiting node could not use it.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub inbox: VecDeque<Event>,
    /// The sends of late, so that one that fails is known for what it was.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub sent: VecDeque<Sent>,
    /// Counts the visits; part of the ids of replies.
    #[serde(default)]
    pub step: u64,
    /// Counts the timers; an older generation's firing is ignored.
    #[serde(default)]
    pub generation: u32,
    /// When it ends unless the customer writes; none while something else is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What was left of its time, in milliseconds, when the clock was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_left_ms: Option<i64>,
    /// Whether the timer of *no reply after …* is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timer_is_set: bool,
}

/// Where a conversation begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub workflow: String,
    /// Without a node: where the workflow starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
}

/// What a session is doing between turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It has not taken its first step.
    New,
    /// It waits at its place.
    Waiting { wait: Wait },
    /// It is over.
    Ended { ending: Ending },
}

/// What a session waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Wait {
    /// The customer.
    Reply {
        /// How many answers did not fit so far.
        attempts: u32,
    },
    /// The answer to a call.
    Answer { effect: EffectId },
}

/// A workflow that waits for the one that it called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The calling node.
    pub place: Place,
    /// The caller's variables, out of the callee's sight.
    pub variables: BTreeMap<String, Value>,
}

/// A message that was asked for, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub effect: EffectId,
    pub place: Place,
}

/// How and why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub reason: EndReason,
    /// The label that an End Session node gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What happened, in plain words, where there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The reasons for which a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// It reached an end.
    Completed,
    /// It reached an exit that leads nowhere.
    DeadEnd,
    /// The customer fell silent for the session's length.
    Expired,
    /// A message could not be delivered, and the node has no exit for that.
    NotDelivered,
    /// The workflow has a mistake that leaves no way on.
    Broken,
    /// It went over one of the engine's limits.
    OverLimit,
}

impl EndReason {
    /// Returns the reason's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::DeadEnd => "dead_end",
            Self::Expired => "expired",
            Self::NotDelivered => "not_delivered",
            Self::Broken => "broken",
            Self::OverLimit => "over_limit",
        }
    }
}

/// What a new session is made of.
#[derive(Debug, Clone)]
pub struct Start {
    pub id: SessionId,
    pub environment: Environment,
    pub channel: String,
    pub channel_kind: String,
    pub route: String,
    pub deployment: u64,
    pub entry: Entry,
    pub now: Timestamp,
}

impl Session {
    /// Makes a session that has not taken its first step; the first event that it is given makes it take it.
    pub fn new(start: Start) -> Self {
        Self {
            format: FORMAT,
            id: start.id,
            environment: start.environment,
            channel: start.channel,
            channel_kind: start.channel_kind,
            route: start.route,
            deployment: start.deployment,
            entry: start.entry,
            started_at: start.now,
            state: State::New,
            place: None,
            callers: Vec::new(),
            variables: BTreeMap::new(),
            message: None,
            inbox: VecDeque::new(),
            sent: VecDeque::new(),
            step: 0,
            generation: 0,
            expires_at: None,
            time_left_ms: None,
            timer_is_set: false,
        }
    }

    /// Returns what is kept of a session that is over: where it was and how it ended, without what was said and found
    /// out in it.
    pub fn remains(&self) -> Self {
        Self {
            callers: Vec::new(),
            variables: BTreeMap::new(),
            message: None,
            inbox: VecDeque::new(),
            sent: VecDeque::new(),
            ..self.clone()
        }
    }

    /// Says whether the session is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }
}
