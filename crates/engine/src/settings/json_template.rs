use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::advance::Step;
use crate::filling::Filling;
use crate::settings::Unfit;
use crate::value::Value;

/// A JSON document, written as text, in which every string may hold expressions.
#[derive(Debug, Clone)]
pub struct JsonTemplate {
    source: String,
    filling: Filling,
}

impl JsonTemplate {
    /// Parses the text of a JSON document.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the JSON or with an expression in it.
    pub fn parse(source: &str) -> Result<Self, String> {
        let written = serde_json::from_str(source).map_err(|problem| format!("this is no JSON: {problem}"))?;
        match Filling::read("", &written) {
            Ok(filling) => Ok(Self { source: source.to_owned(), filling }),
            Err(Unfit { pointer, message }) => Err(format!("at `{pointer}`: {message}")),
        }
    }

    /// Fills the document in.
    pub fn fill(&self, step: &mut Step<'_, '_>) -> Value {
        self.filling.fill(step)
    }
}

impl Serialize for JsonTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for JsonTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for JsonTemplate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "JsonTemplate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-widget": "text", "contentMediaType": "application/json" })
    }
}
