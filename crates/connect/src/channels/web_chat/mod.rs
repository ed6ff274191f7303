//! The web chat: a page and a widget that Usher serves itself, so there is nothing to translate, only settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use url::Url;
use usher_engine::render::Abilities;

use super::Kind;
use crate::SettingsError;
use crate::settings;

/// The word of this channel type.
pub const KEY: &str = "web_chat";

/// How the chat looks and where it may stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What stands at the top of the chat.
    #[schemars(length(min = 1, max = 60), extend("x-widget" = "line"))]
    pub title: String,
    /// A line under the title.
    #[schemars(length(max = 120), extend("x-widget" = "line"))]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subtitle: String,
    /// The colour of the customer's own messages and of the button that opens the widget, as `#rrggbb`.
    #[schemars(title = "Colour", regex(pattern = "^#[0-9a-fA-F]{6}$"))]
    pub color: String,
    /// What stands in the field before the customer types.
    #[schemars(length(max = 60), extend("x-widget" = "line"))]
    pub placeholder: String,
    /// Shown once, above the first message.
    #[schemars(length(max = 500), extend("x-widget" = "line"))]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub greeting: String,
    /// The sites that may embed the widget, such as `https://www.example.com`; empty means all. The hosted page
    /// always works.
    #[schemars(length(max = 50), extend("x-widget" = "list"))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: "Chat with us".to_owned(),
            subtitle: String::new(),
            color: "#4f46e5".to_owned(),
            placeholder: "Write a message".to_owned(),
            greeting: String::new(),
            allowed_origins: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads and checks settings.
    ///
    /// # Errors
    ///
    /// Says which setting does not fit and why.
    pub fn read(settings: &Json) -> Result<Self, SettingsError> {
        let mut read: Self = settings::read(settings)?;
        if read.title.trim().is_empty() {
            return Err(SettingsError::Missing { name: "title" });
        }
        for (name, text, most) in [
            ("title", &read.title, 60),
            ("subtitle", &read.subtitle, 120),
            ("placeholder", &read.placeholder, 60),
            ("greeting", &read.greeting, 500),
        ] {
            settings::at_most(name, text, most)?;
        }
        let digits = read.color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(settings::invalid("color", &read.color, "is no colour; write it as `#4f46e5`"));
        }
        if read.allowed_origins.len() > 50 {
            let count = read.allowed_origins.len().to_string();
            return Err(settings::invalid("allowed_origins", &count, "is more than 50 sites"));
        }
        for origin in &mut read.allowed_origins {
            *origin = site(origin)?;
        }
        Ok(read)
    }

    /// Says whether a page of this origin (the `Origin` header) may embed the widget.
    pub fn allows(&self, origin: &str) -> bool {
        self.allowed_origins.is_empty() || self.allowed_origins.iter().any(|allowed| allowed == origin)
    }
}

/// Returns an origin as browsers write it.
fn site(text: &str) -> Result<String, SettingsError> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match url {
        Some(url)
            if url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() =>
        {
            Ok(url.origin().ascii_serialization())
        }
        _ => Err(settings::invalid("allowed_origins", text, "is no site; write it as `https://www.example.com`")),
    }
}

/// Describes this channel type.
pub fn kind() -> Kind {
    Kind {
        key: KEY,
        title: "Web chat",
        settings: settings::schema::<Settings>(),
        secrets: settings::schema::<NoSecrets>(),
        abilities: &Abilities::WEB_CHAT,
        webhook: false,
    }
}

/// The web chat has no secrets.
#[derive(Debug, JsonSchema)]
struct NoSecrets {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_have_good_defaults() {
        assert_eq!(Settings::read(&json!({})).expect("all have defaults"), Settings::default());
    }

    #[test]
    fn sites_are_compared_as_browsers_write_them() {
        let read =
            Settings::read(&json!({"allowed_origins": ["https://Shop.example.com:443/"]})).expect("it is a site");
        assert!(read.allows("https://shop.example.com"));
        assert!(!read.allows("https://evil.example.com") && !read.allows("null"));
        assert!(Settings::default().allows("https://anywhere.example"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (settings, message) in [
            (json!({"title": " "}), "`title` is not set"),
            (json!({"color": "red"}), "`color` is `red`, which is no colour; write it as `#4f46e5`"),
            (
                json!({"allowed_origins": ["example.com"]}),
                "`allowed_origins` is `example.com`, which is no site; write it as `https://www.example.com`",
            ),
            (json!({"title": "x".repeat(61)}), "`title` is 61 characters long; at most 60 fit"),
        ] {
            assert_eq!(Settings::read(&settings).expect_err("it does not fit").to_string(), message);
        }
        assert!(Settings::read(&json!({"colour": "#000000"})).is_err(), "a misspelt setting is refused");
    }
}
