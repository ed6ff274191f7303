use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json_path::PathElement;

use crate::value::{Segment, Value};

/// A JSONPath (RFC 9535) into a value.
#[derive(Debug, Clone)]
pub struct JsonPath {
    source: String,
    path: serde_json_path::JsonPath,
}

impl JsonPath {
    /// Parses a path.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, and where.
    pub fn parse(source: &str) -> Result<Self, String> {
        serde_json_path::JsonPath::parse(source)
            .map(|path| Self { source: source.to_owned(), path })
            .map_err(|problem| format!("`{source}` is no JSONPath: {problem}"))
    }

    /// Returns the first part of `value` that the path finds; unset if it finds none.
    ///
    /// The path only finds the place: what is returned is the value itself, exact to the digit.
    pub fn first(&self, value: &Value) -> Value {
        let json = value.to_serde_json();
        let found = self.path.query_located(&json);
        let Some(place) = found.locations().next() else { return Value::UNSET };
        let segments: Vec<Segment> = place
            .iter()
            .map(|element| match element {
                PathElement::Name(name) => Segment::Key((*name).to_owned()),
                PathElement::Index(index) => Segment::Index(i64::try_from(*index).unwrap_or(i64::MAX)),
            })
            .collect();
        value.get(&segments).unwrap_or(Value::UNSET)
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for JsonPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "JsonPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "json-path" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_part_exact_to_the_digit() {
        let value = Value::from_json(r#"{"items":[{"price":1234567890123456789.25}]}"#).expect("JSON");
        let found = JsonPath::parse("$.items[0].price").expect("a path").first(&value);
        assert_eq!(found.render(), "1234567890123456789.25");
        assert!(JsonPath::parse("$.nothing").expect("a path").first(&value).is_unset());
        assert!(JsonPath::parse("items[").is_err());
    }
}
