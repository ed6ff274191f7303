//! The workflow as it is written, read and kept: one readable JSON document.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value as Json};

/// The format that this engine writes.
pub const FORMAT: &str = "workflow/1";

/// A workflow: its nodes, how they lead to each other, and where they stand on the canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The format and its version: `workflow/1`.
    pub usher: String,
    /// Names the workflow for ever, within its workspace.
    pub key: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default)]
    pub kind: Kind,
    /// The languages of its texts; the first is the fallback.
    #[serde(default = "english")]
    pub languages: Vec<String>,
    /// The node that the Start marker leads to.
    #[serde(default)]
    pub start: Option<u32>,
    /// The number that the next node gets; never lowered. A file without it goes on after its highest number.
    #[serde(default)]
    pub next_number: u32,
    #[serde(default)]
    pub nodes: BTreeMap<u32, Node>,
    /// Nodes that were removed and can be restored, under their old numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<u32, Node>,
    /// Where the nodes (by number) and the Start marker (`start`) stand, in pixels.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub layout: IndexMap<String, [i32; 2]>,
}

/// What sort of workflow it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Customers are guided through it.
    #[default]
    Standard,
    /// An incoming payload starts it.
    DynamicApi,
}

/// One step, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub r#type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// By the node's type; the catalogue describes them.
    #[serde(default)]
    pub settings: Map<String, Json>,
    /// Where each exit leads; an exit that is not named leads nowhere.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub exits: IndexMap<String, Target>,
}

/// Where an exit leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A node of the same workflow.
    Node(u32),
    /// Another workflow, for good: at a node, or at its start.
    Workflow { workflow: String, node: Option<u32> },
    /// Back to the caller, by its YES or NO.
    Return(Answer),
    /// The end of the session.
    End,
}

/// How a called workflow comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Yes,
    No,
}

/// The written form of the targets that are objects.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkflowTarget {
    workflow: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReturnTarget {
    r#return: Answer,
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Node(number) => serializer.serialize_u32(*number),
            Self::End => serializer.serialize_str("end"),
            Self::Workflow { workflow, node } => {
                WorkflowTarget { workflow: workflow.clone(), node: *node }.serialize(serializer)
            }
            Self::Return(answer) => ReturnTarget { r#return: *answer }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Json::deserialize(deserializer)?;
        let object = |written: Json| match written {
            Json::Object(ref fields) if fields.contains_key("return") => {
                serde_json::from_value(written).map(|ReturnTarget { r#return }| Self::Return(r#return))
            }
            other => {
                serde_json::from_value(other).map(|WorkflowTarget { workflow, node }| Self::Workflow { workflow, node })
            }
        };
        match &written {
            Json::String(word) if word == "end" => Ok(Self::End),
            Json::Number(number) => number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .map(Self::Node)
                .ok_or_else(|| de::Error::custom(format!("`{number}` is no node number"))),
            Json::Object(_) => object(written).map_err(de::Error::custom),
            other => Err(de::Error::custom(format!(
                "an exit leads to a node's number, \"end\", {{\"workflow\": …}} or {{\"return\": …}}, not to `{other}`"
            ))),
        }
    }
}

impl JsonSchema for Target {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Where an exit leads.",
            "anyOf": [
                { "type": "integer", "minimum": 1, "description": "A node of the same workflow." },
                { "const": "end", "description": "The end of the session." },
                generator.subschema_for::<WorkflowTarget>(),
                generator.subschema_for::<ReturnTarget>(),
            ]
        })
    }
}

fn english() -> Vec<String> {
    vec!["en".to_owned()]
}

impl Document {
    /// Makes an empty workflow: Start, and nothing after it.
    pub fn new(key: &str, name: &str, kind: Kind) -> Self {
        Self {
            usher: FORMAT.to_owned(),
            key: key.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            kind,
            languages: english(),
            start: None,
            next_number: 1,
            nodes: BTreeMap::new(),
            removed: BTreeMap::new(),
            layout: IndexMap::new(),
        }
    }
}
