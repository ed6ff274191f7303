//! Delivery states of sent messages: three quarters of WhatsApp's webhooks, on a path of their own.

use jiff::Timestamp;
use usher_engine::event::SendFailure;
use usher_engine::id::{EffectId, SessionId};

use super::address::AddressKey;
use super::events::OwnEvent;
use crate::db::Db;
use crate::error::{Error, Result};

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// Not given to the provider yet.
    Pending,
    Sent,
    Delivered,
    Read,
    /// It will not arrive.
    Failed,
}

impl DeliveryState {
    /// Returns the state's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }

    /// Reads a state's word as it is stored.
    pub(crate) fn read(word: &str) -> Result<Self> {
        match word {
            "pending" => Ok(Self::Pending),
            "sent" => Ok(Self::Sent),
            "delivered" => Ok(Self::Delivered),
            "read" => Ok(Self::Read),
            "failed" => Ok(Self::Failed),
            other => Err(Error::unreadable("message", format_args!("there is no state `{other}`"))),
        }
    }
}

/// A delivery state as a provider told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub workspace: String,
    pub channel: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// The effect, where the provider gives back what it was sent with.
    pub effect: Option<EffectId>,
    pub state: DeliveryState,
    /// Why, for [`DeliveryState::Failed`].
    pub failure: Option<SendFailure>,
    /// When the provider says that it happened.
    pub at: Timestamp,
}

/// A message whose state has changed, for live views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusOf {
    pub key: AddressKey,
    pub session: SessionId,
    pub position: i64,
    pub state: DeliveryState,
}

/// What recording statuses came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// The messages whose state has changed.
    pub changed: Vec<StatusOf>,
    /// Failures of messages of sessions that are present and not over, stored as events.
    pub failures: Vec<OwnEvent>,
    /// How many statuses fit no message.
    pub unmatched: usize,
}

pub(super) async fn record(_db: &Db, _statuses: Vec<Status>, _now: Timestamp) -> Result<Recorded> {
    todo!()
}
