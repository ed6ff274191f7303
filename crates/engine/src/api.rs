//! What the engine knows of an API of the business's own: enough to judge its answers, nothing secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of an API's definition that decides what an answer means.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Api {
    pub key: String,
    pub name: String,
    /// JSONPath to the part of an answer that workflows see; empty is the whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_element: String,
    pub validation: Validation,
    /// How long a call may take, in milliseconds.
    pub timeout_ms: u64,
    pub request_type: ContentType,
}

/// What in an answer means YES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// `HTTP_RESPONSE_CODE`, or a JSONPath into the answer.
    pub element: String,
    /// The values that mean YES; `2xx` stands for all from 200 to 299.
    pub values: Vec<String>,
}

impl Default for Validation {
    fn default() -> Self {
        Self { element: Self::RESPONSE_CODE.to_owned(), values: vec!["2xx".to_owned()] }
    }
}

impl Validation {
    /// The element that stands for the HTTP status of the answer.
    pub const RESPONSE_CODE: &str = "HTTP_RESPONSE_CODE";
}

/// How bodies are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    #[default]
    Json,
    Form,
    Xml,
    Text,
}
