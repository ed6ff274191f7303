//! Settings of channels, connections and APIs: typed once, here; JSON everywhere else.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use url::Url;

/// Says why settings or secrets cannot be used as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no channel type or system of this name.
    #[error("there is no {what} of the type `{name}`; use one of: {known}")]
    UnknownType { what: &'static str, name: String, known: String },
    /// The settings do not read as this type's.
    #[error("the settings do not fit: {0}")]
    Unfit(String),
    /// A setting holds something that cannot work.
    #[error("`{name}` is `{value}`, which {reason}")]
    Invalid { name: &'static str, value: String, reason: String },
    /// A text is longer than it may be.
    #[error("`{name}` is {length} characters long; at most {most} fit")]
    TooLong { name: &'static str, length: usize, most: usize },
    /// A setting that must be there is empty.
    #[error("`{name}` is not set")]
    Missing { name: &'static str },
    /// A secret that must be there is not.
    #[error("the secret `{name}` is not set")]
    MissingSecret { name: &'static str },
}

/// Reads settings of a type.
///
/// # Errors
///
/// The settings do not fit the type.
pub fn read<T: DeserializeOwned>(settings: &Json) -> Result<T, SettingsError> {
    T::deserialize(settings).map_err(|error| SettingsError::Unfit(error.to_string()))
}

/// Returns the JSON Schema of a type, with everything that it refers to written in place.
pub fn schema<T: JsonSchema>() -> Map<String, Json> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    match schema.to_value() {
        Json::Object(schema) => schema,
        // A schema may be `true` or `false`; no type of ours is.
        _ => Map::new(),
    }
}

/// Makes the error of a setting that cannot work; `reason` follows "which".
pub(crate) fn invalid(name: &'static str, value: &str, reason: &str) -> SettingsError {
    SettingsError::Invalid { name, value: shown(value), reason: reason.to_owned() }
}

/// Makes sure that a text is not longer than it may be, in characters.
pub(crate) fn at_most(name: &'static str, text: &str, most: usize) -> Result<(), SettingsError> {
    let length = text.chars().count();
    if length > most { Err(SettingsError::TooLong { name, length, most }) } else { Ok(()) }
}

/// Reads the base address of an API: `http` or `https`, a host, no credentials, no query, no fragment.
///
/// # Errors
///
/// The address cannot be a base address; says why.
pub fn base_url(name: &'static str, text: &str) -> Result<Url, SettingsError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(SettingsError::Missing { name });
    }
    let invalid = |reason: String| SettingsError::Invalid { name, value: shown(text), reason };
    let url = Url::parse(text).map_err(|error| invalid(format!("is no address ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("must begin with https://".to_owned()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("names no host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("holds credentials; put them under authentication".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must end before any `?` or `#`".to_owned()));
    }
    Ok(url)
}

/// Returns the text as a message may show it: short, and without what stands before an `@`.
fn shown(text: &str) -> String {
    let text = match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &text[..scheme + 3], &text[at..]),
        _ => text.to_owned(),
    };
    if text.chars().count() > 120 { text.chars().take(119).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_is_http_without_credentials_or_query() {
        assert_eq!(base_url("base_url", " https://api.example.com/v2 ").expect("it is fine").path(), "/v2");
        for (text, message) in [
            ("", "`base_url` is not set"),
            ("api.example.com", "`base_url` is `api.example.com`, which is no address (relative URL without a base)"),
            ("ftp://example.com", "`base_url` is `ftp://example.com`, which must begin with https://"),
            (
                "https://ann:secret@example.com",
                "`base_url` is `https://…@example.com`, which holds credentials; put them under authentication",
            ),
            ("https://example.com?a=1", "`base_url` is `https://example.com?a=1`, which must end before any `?` or `#`"),
        ] {
            assert_eq!(base_url("base_url", text).expect_err(text).to_string(), message);
        }
    }
}
