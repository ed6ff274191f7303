//! The kinds of file beside workflows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use usher_connect::api::Definition;
use usher_engine::Environment;
use usher_engine::workflow::Document;

use super::secret::Reference;
use crate::api::extract::pointer_of;
use crate::problem::Problem;

pub(super) const API: &str = "api/1";
pub(super) const CONNECTION: &str = "connection/1";
pub(super) const CHANNEL: &str = "channel/1";
pub(super) const ROUTE: &str = "route/1";

/// A channel of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelFile {
    /// `channel/1`.
    pub usher: String,
    pub key: String,
    pub name: String,
    pub environment: Environment,
    /// `whatsapp` or `web_chat`.
    pub kind: String,
    /// By the channel's kind.
    #[serde(default)]
    pub settings: Map<String, Json>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Reference>,
}

/// A route of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteFile {
    /// `route/1`.
    pub usher: String,
    /// Part of the public address of a web chat.
    pub key: String,
    pub name: String,
    pub environment: Environment,
    /// The key of the channel.
    pub channel: String,
    /// Which entry of the channel; empty for the only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry: String,
    /// The key of the workflow that answers.
    pub workflow: String,
    /// The node at which it begins; its start unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    /// What a customer reads who writes while nothing is deployed for it; silence if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_answer: Option<String>,
}

/// An API of the business's own, in both environments.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ApiFile {
    /// `api/1`.
    pub usher: String,
    pub key: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Reference>,
    /// What the API is; these members stand beside the others.
    #[serde(flatten)]
    pub definition: Definition,
}

/// A connection of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionFile {
    /// `connection/1`.
    pub usher: String,
    pub key: String,
    pub name: String,
    pub environment: Environment,
    /// Such as `zendesk_support`.
    pub system: String,
    /// By the system.
    #[serde(default)]
    pub settings: Map<String, Json>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Reference>,
}

pub(crate) fn read<T: DeserializeOwned>(document: Json, place: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let pointer = format!("{place}{}", pointer_of(error.path()));
        Problem::invalid_at(pointer, error.inner().to_string())
    })
}

/// What of an API's file is not its definition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiHead {
    usher: String,
    key: String,
    #[serde(default)]
    secrets: BTreeMap<String, Reference>,
}

/// Reads an API's file, of which the definition takes all members that are not the file's own.
pub(super) fn read_api(document: Json, place: &str) -> Result<ApiFile, Problem> {
    let Json::Object(mut definition) = document else {
        return Err(Problem::invalid_at(place, "an API's file is an object"));
    };
    let mut head = Map::new();
    for name in ["usher", "key", "secrets"] {
        if let Some(value) = definition.remove(name) {
            head.insert(name.to_owned(), value);
        }
    }
    let head: ApiHead = read(Json::Object(head), place)?;
    let definition: Definition = read(Json::Object(definition), place)?;
    Ok(ApiFile { usher: head.usher, key: head.key, secrets: head.secrets, definition })
}

/// Returns the JSON Schema of each kind of file, by its word.
pub fn schemas() -> Vec<(&'static str, Json)> {
    let schema = |schema: schemars::Schema| schema.to_value();
    vec![
        ("workflow/1", schema(schemars::schema_for!(Document))),
        (CHANNEL, schema(schemars::schema_for!(ChannelFile))),
        (ROUTE, schema(schemars::schema_for!(RouteFile))),
        (API, schema(schemars::schema_for!(ApiFile))),
        (CONNECTION, schema(schemars::schema_for!(ConnectionFile))),
    ]
}
