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

/// Returns the JSON Schema of a type as the editor draws forms from it: with everything that it refers to written
/// in place, a title for every field, and without the `null` of what may be left out.
pub fn schema<T: JsonSchema>() -> Map<String, Json> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    match schema {
        Json::Object(schema) => schema,
        // A schema may be `true` or `false`; no type of ours is.
        _ => Map::new(),
    }
}

fn tidy(schema: &mut Json) {
    let Json::Object(fields) = schema else { return };
    without_null(fields);
    if let Some(Json::Object(properties)) = fields.get_mut("properties") {
        for (name, property) in properties {
            tidy(property);
            if let Json::Object(property) = property
                && !property.contains_key("title")
            {
                property.insert("title".to_owned(), label(name).into());
            }
        }
    }
    for name in ["items", "additionalProperties"] {
        fields.get_mut(name).into_iter().for_each(tidy);
    }
    for name in ["oneOf", "anyOf"] {
        fields.get_mut(name).and_then(Json::as_array_mut).into_iter().flatten().for_each(tidy);
    }
}

/// Takes `null` out of what a schema permits: a setting that may be left out is left out.
fn without_null(fields: &mut Map<String, Json>) {
    if fields.get("default").is_some_and(Json::is_null) {
        fields.shift_remove("default");
    }
    if let Some(Json::Array(types)) = fields.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Json::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Json::Array(options)) = fields.get_mut("anyOf") else { return };
    options.retain(|option| option["type"] != "null");
    if let [Json::Object(only)] = options.as_slice() {
        let only = only.clone();
        fields.shift_remove("anyOf");
        for (name, value) in only {
            fields.entry(name).or_insert(value);
        }
    }
}

/// Makes a label of a field's name: `app_secret` is `App secret`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "stands for its schema")]
    struct Example {
        app_secret: Option<String>,
        #[schemars(title = "API base")]
        api_base: Vec<Inner>,
        colour: Option<Colour>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "stands for its schema")]
    struct Inner {
        count: Option<u8>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "stands for its schema")]
    enum Colour {
        Red,
        Blue,
    }

    #[test]
    fn forms_are_drawn_from_titles_and_single_types() {
        let schema = Json::Object(schema::<Example>());
        assert_eq!(schema["properties"]["app_secret"], serde_json::json!({ "type": "string", "title": "App secret" }));
        assert_eq!(schema["properties"]["api_base"]["title"], "API base");
        let count = &schema["properties"]["api_base"]["items"]["properties"]["count"];
        assert_eq!((&count["title"], &count["type"]), (&Json::from("Count"), &Json::from("integer")));
        let colour = serde_json::json!({ "type": "string", "enum": ["Red", "Blue"], "title": "Colour" });
        assert_eq!(schema["properties"]["colour"], colour);
    }

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
            (
                "https://example.com?a=1",
                "`base_url` is `https://example.com?a=1`, which must end before any `?` or `#`",
            ),
        ] {
            assert_eq!(base_url("base_url", text).expect_err(text).to_string(), message);
        }
    }
}
