//! Channels: what a customer's platform says and takes, translated to and from Usher's words.
//!
//! A channel type only translates. It gets bytes and gives values; who asks stores, orders, waits and repeats.
//! A new type is a folder here, a line in [`kinds`], and a line in [`open`] if it speaks to a provider.

pub mod web_chat;
pub mod whatsapp;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use usher_engine::event::SendFailure;
use usher_engine::id::EffectId;
use usher_engine::message::{Inbound, Outbound};
use usher_engine::render::Abilities;

use crate::http;
use crate::{Secrets, SettingsError};

/// What the editor and the API need to know of a channel type.
#[derive(Debug, Clone, Serialize)]
pub struct Kind {
    /// Its word, such as `whatsapp`.
    pub key: &'static str,
    /// Its name, such as `WhatsApp`.
    pub title: &'static str,
    /// JSON Schema of its settings, with `x-widget` hints.
    pub settings: Map<String, Json>,
    /// JSON Schema of its secrets, an object of texts.
    pub secrets: Map<String, Json>,
    pub abilities: &'static Abilities,
    /// Whether a provider posts webhooks to it, so that it has a callback URL.
    pub webhook: bool,
}

/// Returns every channel type.
pub fn kinds() -> Vec<Kind> {
    vec![whatsapp::kind(), web_chat::kind()]
}

/// Checks the settings of a channel before they are stored; secrets may still be missing.
///
/// # Errors
///
/// The type is unknown or the settings do not fit; says which setting and why.
pub fn check(kind: &str, settings: &Json) -> Result<(), SettingsError> {
    match kind {
        whatsapp::KEY => whatsapp::Settings::read(settings).map(drop),
        web_chat::KEY => web_chat::Settings::read(settings).map(drop),
        other => Err(unknown(other)),
    }
}

/// Opens a channel that speaks to a provider.
///
/// # Errors
///
/// The type is unknown or has no provider (the web chat is served by Usher itself), or its settings or secrets
/// cannot be used.
pub fn open(kind: &str, settings: &Json, secrets: &Secrets) -> Result<Arc<dyn Channel>, SettingsError> {
    match kind {
        whatsapp::KEY => Ok(Arc::new(whatsapp::WhatsApp::open(settings, secrets)?)),
        other => Err(unknown(other)),
    }
}

fn unknown(name: &str) -> SettingsError {
    let known = [whatsapp::KEY, web_chat::KEY].join(", ");
    SettingsError::UnknownType { what: "channel", name: name.to_owned(), known }
}

/// One channel with its settings and secrets.
pub trait Channel: Debug + Send + Sync {
    /// Returns the id that the provider gives to the business's own end, by which webhooks name it; several
    /// channels may share a callback URL and are told apart by it. WhatsApp: the phone number id.
    fn account(&self) -> &str;

    /// Answers the provider's check of the callback URL, from the query's parameters.
    ///
    /// # Errors
    ///
    /// The check is not this channel's; answered by 403.
    fn verify(&self, query: &[(String, String)]) -> Result<String, Refusal>;

    /// Makes sure that a webhook comes from the provider.
    ///
    /// `header` gives the value of a header by its name in lower case; `body` is what was received, to the byte.
    ///
    /// # Errors
    ///
    /// The signature is missing or wrong; answered by 401, and nothing of the body is kept.
    fn authenticate(&self, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> Result<(), Refusal>;

    /// Reads a webhook that was authenticated. Never fails: what cannot be read is [`Inbox::kept`].
    fn parse(&self, body: &[u8]) -> Inbox;

    /// Makes the request that sends a message.
    ///
    /// `address` is the one that a [`Received`] had, or a phone number; `effect` comes back in the statuses.
    ///
    /// # Errors
    ///
    /// The channel cannot carry this message, so it is not to be sent.
    fn request(&self, message: &Outbound, address: &str, effect: &EffectId) -> Result<http::Request, SendFailure>;

    /// Says what came of sending.
    ///
    /// `attempt` is how often this message was tried before: 0 at first.
    fn outcome(&self, result: &Result<http::Response, http::Failure>, attempt: u32) -> SendOutcome;

    /// Returns how fast this channel may send.
    fn limits(&self) -> Limits;
}

/// Says why a webhook, or a check of its address, is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A check of the callback URL that lacks a parameter or asks for another mode.
    #[error("this is no verification request of the provider")]
    NotAVerification,
    /// A check of the callback URL with another verify token.
    #[error("the verify token is not this channel's")]
    WrongToken,
    /// There is no signature.
    #[error("the webhook is not signed")]
    Unsigned,
    /// The signature is not one, or was made with another secret or over other bytes.
    #[error("the webhook's signature is wrong")]
    WrongSignature,
}

/// What a webhook held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inbox {
    /// Customers' messages, in the order in which they stand.
    pub messages: Vec<Received>,
    /// What became of messages sent before.
    pub statuses: Vec<Status>,
    /// Customers who are now at another address.
    pub moves: Vec<Moved>,
    /// What the provider says is wrong with the account.
    pub problems: Vec<AccountProblem>,
    /// What could not be read, to be kept for inspection and counted.
    pub kept: Vec<Unreadable>,
    /// Updates that Usher has no use for, by the provider's word; to be counted at most.
    pub ignored: Vec<String>,
}

/// A customer's message.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The business's own end that got it ([`Channel::account`]).
    pub account: String,
    /// The customer's opaque id on the channel; answers go there.
    pub address: String,
    /// The customer's phone number in digits, if it is known.
    pub phone: Option<String>,
    /// The name that the customer goes by on the channel.
    pub name: Option<String>,
    /// The provider's id of the message, which makes a repeat known.
    pub provider_id: String,
    /// When the customer sent it, by the provider's clock.
    pub at: Option<Timestamp>,
    pub message: Inbound,
    /// The provider's id of the message that this one answers or quotes.
    pub reply_to: Option<String>,
}

/// What became of a message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub account: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// The effect that sent it, if the provider gave it back.
    pub effect: Option<EffectId>,
    pub address: Option<String>,
    pub state: Delivery,
    pub at: Option<Timestamp>,
    /// Why it failed; there when `state` is [`Delivery::Failed`].
    pub failure: Option<SendFailure>,
}

/// The states of a message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The provider passed it on.
    Sent,
    /// It is on the customer's device.
    Delivered,
    /// The customer opened it.
    Read,
    /// The customer played it: a voice message.
    Played,
    /// It will not arrive.
    Failed,
}

impl Delivery {
    /// Returns the state's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// A customer who changed the address: a new phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub account: String,
    pub from: String,
    pub to: String,
    pub at: Option<Timestamp>,
}

/// Something wrong with the account, that somebody has to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProblem {
    /// The end that it is about, if the provider says.
    pub account: Option<String>,
    pub code: Option<String>,
    /// In plain words.
    pub message: String,
}

/// A part of a webhook that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// What was wrong, and where.
    pub reason: String,
    /// The part as it came; text where it was no JSON.
    pub json: Json,
}

/// What came of sending a message.
#[derive(Debug, Clone, PartialEq)]
pub enum SendOutcome {
    /// The provider has it; its fate comes as a [`Status`].
    Accepted { provider_id: String },
    /// It was not taken now; it may be tried again after a while, when nothing else in `scope` is sent either.
    /// `failure` is what to tell if no more is tried.
    Retry { after: Duration, scope: Scope, failure: SendFailure },
    /// It will never be taken; the next message may be.
    Failed { failure: SendFailure },
    /// The account cannot send until somebody acts on the problem, said in plain words. `failure` is for this
    /// message.
    Blocked { problem: AccountProblem, failure: SendFailure },
    /// It may or may not have been taken: wait for a status with the effect's id before another try.
    Unknown { message: String },
}

/// How much has to wait before a message is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This customer's messages.
    Pair,
    /// All messages of this number.
    Number,
    /// All messages of all numbers of the account.
    Account,
    /// This message alone: the provider had a fault of its own.
    Transient,
}

/// How fast a channel may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages a second over all customers; none means no limit.
    pub per_second: Option<u32>,
    pub pair: Option<PairLimit>,
}

/// How fast one customer may be sent messages: one per interval on average, in bursts that are paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairLimit {
    pub every: Duration,
    pub burst: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_describes_its_settings_as_an_object() {
        for kind in kinds() {
            for schema in [&kind.settings, &kind.secrets] {
                assert_eq!(schema["type"], "object", "{}", kind.key);
                assert!(!schema.contains_key("$defs"), "{} refers to nothing outside", kind.key);
            }
            assert_eq!(Abilities::of(kind.key), Some(kind.abilities), "the engine knows {} by the same word", kind.key);
        }
    }

    #[test]
    fn an_unknown_kind_is_refused_with_those_known() {
        let error = check("pigeon", &Json::Null).expect_err("there is none");
        assert_eq!(error.to_string(), "there is no channel of the type `pigeon`; use one of: whatsapp, web_chat");
    }
}
