//! Everything that can happen to a session, in the past tense.

use serde::{Deserialize, Serialize};

use crate::id::{EffectId, EventId};
use crate::message::Inbound;

/// One happening, told once or many times under the same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// The customer opened the chat, or a builder a preview, and waits for the first words.
    ConversationOpened,
    /// The customer wrote, tapped or sent something.
    MessageReceived { message: Inbound },
    /// An outside system answered a call, or did not.
    CallAnswered { effect: EffectId, answer: Answer },
    /// A message could not be delivered.
    SendFailed { effect: EffectId, failure: SendFailure },
    /// A timer that the session had set came due.
    TimerFired { timer: String, generation: u32 },
    /// The session's length passed without an inbound message.
    SessionExpired,
}

/// What came of a call to an outside system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Answer {
    /// The system answered, with any status; `body` is at most [`crate::limits::ANSWER_BYTES`] long.
    Responded {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
        body: String,
    },
    /// There was no answer to use.
    Failed { kind: CallFailure, message: String },
}

/// Why a call gave no answer to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFailure {
    /// No answer within the time set.
    Timeout,
    /// No connection, or it broke.
    Unreachable,
    /// The answer is larger than Usher keeps.
    TooLarge,
    /// The answer's body is no text.
    NotText,
    /// Usher may not call this address, or the request cannot be made as it is set.
    Refused,
    /// What was to be called is not set up in this environment.
    NotConfigured,
}

impl CallFailure {
    /// Returns the failure's word, as nodes read it in `error.kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::TooLarge => "too_large",
            Self::NotText => "not_text",
            Self::Refused => "refused",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// Why a message did not reach the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendFailure {
    pub reason: SendFailureReason,
    /// The provider's own code, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in plain words.
    pub message: String,
}

/// The reasons that a workflow can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendFailureReason {
    /// The channel's window for free messages has closed.
    WindowClosed,
    /// The customer cannot be reached at this address.
    Undeliverable,
    /// The file was refused.
    MediaRefused,
    /// The request was refused as it stands.
    Rejected,
    /// The channel itself cannot send now: its account, its token or its limits.
    ChannelUnavailable,
    /// The text held a sensitive value, which never leaves for a channel.
    Sensitive,
}
