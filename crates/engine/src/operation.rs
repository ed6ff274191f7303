//! What a connected system can do, as the engine sees it: an operation turns inputs into a request and an
//! answer into outputs, and does nothing else.

use std::fmt::Debug;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::effect::Request;
use crate::event::Answer;
use crate::value::Value;

/// One operation of an outside system; implemented where the system is known.
pub trait Operation: Debug + Send + Sync {
    /// Returns what the catalogue says of it.
    fn spec(&self) -> &Spec;

    /// Makes the request from the rendered inputs, by the names in the spec.
    ///
    /// # Errors
    ///
    /// Says in plain words which input is missing or unfit.
    fn request(&self, inputs: &IndexMap<String, Value>) -> Result<Request, String>;

    /// Reads the system's answer.
    ///
    /// # Errors
    ///
    /// Returns what the node's `error` variable tells.
    fn answer(&self, answer: &Answer) -> Result<Value, Problem>;
}

/// What the catalogue says of an operation.
#[derive(Debug, Clone, Serialize)]
pub struct Spec {
    /// Its type in documents, such as `zendesk_support.create_ticket`.
    pub r#type: &'static str,
    /// The system's word, such as `zendesk_support`, and its name, such as `Zendesk Support`.
    pub system: &'static str,
    pub system_title: &'static str,
    pub title: &'static str,
    pub icon: &'static str,
    pub tooltip: &'static str,
    /// JSON Schema of the settings that are this operation's own (not the connection, not the variable).
    pub inputs: Map<String, Json>,
    /// The inputs that a new node starts with.
    pub new: Map<String, Json>,
    /// What the card says, with `{input}` in place of an input.
    pub summary: &'static str,
}

/// Why an operation failed; becomes the node's error value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// One word: `not_found`, `invalid`, `unauthorized`, `limited`, `unavailable`, `timeout`, …
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}
