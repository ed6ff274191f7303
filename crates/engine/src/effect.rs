//! What the outside must do once a turn is committed.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::id::EffectId;
use crate::message::Outbound;
use crate::session::Place;

/// One thing to carry out; its id is the idempotency key wherever a provider takes one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    pub id: EffectId,
    /// The node that asked for it.
    pub place: Place,
    pub kind: EffectKind,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EffectKind {
    /// Send a message to the session's address, after those sent before.
    Send { message: Outbound },
    /// Call an outside system; what comes back is a [`crate::event::EventKind::CallAnswered`].
    Call { call: Call },
}

/// A call to an outside system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub target: CallTarget,
    pub request: Request,
    /// How long the whole call may take, in milliseconds, retries included.
    pub timeout_ms: u64,
}

/// Who is called: named, never with its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallTarget {
    /// An API of the business's own, by its key.
    Api { api: String },
    /// An operation of a connected system.
    Operation { operation: String, connection: String },
}

/// An HTTP request under the target's base address; the caller adds authentication and default headers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub method: Method,
    /// The path under the base address, with its parts already percent-encoded.
    pub path: String,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<String, String>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Whether the provider takes the effect's id as idempotency key, so that a repeat is harmless.
    #[serde(default)]
    pub idempotent: bool,
}

/// The methods that a workflow may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// Returns the method as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request's body, rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// JSON text, exact to the digit.
    Json { text: String },
    /// Fields of a form, `application/x-www-form-urlencoded`.
    Form { fields: IndexMap<String, String> },
    /// Text of any other type.
    Text { content_type: String, text: String },
}
