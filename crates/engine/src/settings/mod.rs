//! The building blocks of settings: each is read, validated and parsed once, when the workflow is compiled, and
//! each says to the editor which field it wants.

mod json_path;
mod json_template;

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use json_path::JsonPath;
pub use json_template::JsonTemplate;

use crate::expr::{self, Template};
use crate::limits;
use crate::value::is_name;

/// A text with expressions in it, in one language or in several.
#[derive(Debug, Clone)]
pub enum Text {
    One(Template),
    ByLanguage(IndexMap<String, Template>),
}

impl Text {
    /// Makes a text from one that is known to be well-formed.
    pub fn constant(source: &'static str) -> Self {
        #[expect(clippy::expect_used, reason = "the text is a constant, and the catalogue's test reads it")]
        Self::One(Template::parse(source).expect("a constant text parses"))
    }

    /// Returns the text in `language`, or in the first of the `fallback` languages that it has.
    pub fn in_language(&self, language: Option<&str>, fallback: &[String]) -> Option<&Template> {
        match self {
            Self::One(template) => Some(template),
            Self::ByLanguage(texts) => language
                .and_then(|language| texts.get(language))
                .or_else(|| fallback.iter().find_map(|language| texts.get(language)))
                .or_else(|| texts.values().next()),
        }
    }

    /// Returns the text in each of its languages.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let (one, many) = match self {
            Self::One(template) => (Some(template), None),
            Self::ByLanguage(texts) => (None, Some(texts.values())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// Returns the text as it was written, in its first language.
    pub fn source(&self) -> &str {
        self.templates().next().map_or("", Template::source)
    }

    /// Says whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.source().trim().is_empty()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(template) => serializer.serialize_str(template.source()),
            Self::ByLanguage(texts) => {
                serializer.collect_map(texts.iter().map(|(language, template)| (language, template.source())))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a text, or a text for each language")]
        enum Source {
            One(String),
            ByLanguage(IndexMap<String, String>),
        }
        match Source::deserialize(deserializer)? {
            Source::One(source) => Template::parse(&source).map(Self::One).map_err(de::Error::custom),
            Source::ByLanguage(sources) => sources
                .into_iter()
                .map(|(language, source)| match Template::parse(&source) {
                    Ok(template) => Ok((language, template)),
                    Err(problem) => Err(de::Error::custom(format!("in `{language}`: {problem}"))),
                })
                .collect::<Result<_, _>>()
                .map(Self::ByLanguage),
        }
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-widget": "text",
            "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }]
        })
    }
}

/// A bare expression, such as `order.total > 100`.
#[derive(Debug, Clone)]
pub struct Expression(expr::Expression);

impl Expression {
    /// Makes an expression from one that is known to be well-formed.
    pub fn constant(source: &'static str) -> Self {
        #[expect(clippy::expect_used, reason = "the expression is a constant, and the catalogue's test reads it")]
        Self(expr::Expression::parse(source).expect("a constant expression parses"))
    }

    /// Returns the expression as it was written.
    pub fn source(&self) -> &str {
        self.0.source()
    }

    /// Returns the expression, ready to be worked out.
    pub fn parsed(&self) -> &expr::Expression {
        &self.0
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.source())
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        expr::Expression::parse(&String::deserialize(deserializer)?).map(Self).map_err(de::Error::custom)
    }
}

impl JsonSchema for Expression {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-widget": "expression" })
    }
}

/// The name of a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct VariableName(String);

/// The names that are always there, and are nobody's to set.
pub const BUILT_IN_NAMES: [&str; 5] = ["contact", "session", "message", "now", "workspace"];

impl VariableName {
    /// Makes a name, if `name` can be one.
    ///
    /// # Errors
    ///
    /// Says why it cannot.
    pub fn new(name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        if BUILT_IN_NAMES.contains(&name.as_str()) {
            return Err(format!("`{name}` is always there and cannot be set; choose another name"));
        }
        if name.len() > limits::NAME_CHARACTERS || !is_name(&name) {
            return Err(format!(
                "`{name}` is no variable name; use up to {} letters, digits and underscores, not beginning with a digit",
                limits::NAME_CHARACTERS
            ));
        }
        Ok(Self(name))
    }

    /// Makes a name from one that is known to be well-formed.
    pub fn constant(name: &'static str) -> Self {
        #[expect(clippy::expect_used, reason = "the name is a constant, and the catalogue's test reads it")]
        Self::new(name).expect("a constant name is one")
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for VariableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for VariableName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "VariableName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "x-widget": "variable", "maxLength": limits::NAME_CHARACTERS
        })
    }
}

/// A pattern of the linear-time regular expressions.
#[derive(Debug, Clone)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn parse(source: &str) -> Result<Self, String> {
        regex::RegexBuilder::new(source)
            .size_limit(limits::PATTERN_BYTES)
            .build()
            .map(Self)
            .map_err(|problem| format!("`{source}` is no pattern: {problem}"))
    }

    /// Says whether the text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "regex" })
    }
}

/// What to do when the customer falls silent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoReply {
    /// How long to wait for an answer before leaving by *No reply*.
    #[schemars(range(min = 1, max = 604_800), extend("x-widget" = "duration"))]
    pub after: u32,
}

/// A setting that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Where, as a JSON pointer into the settings.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl Unfit {
    pub fn new(pointer: impl Into<String>, message: &dyn std::fmt::Display) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }
}

/// Writes the path of a reading error as a JSON pointer.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}
