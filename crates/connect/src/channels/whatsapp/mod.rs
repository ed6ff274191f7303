//! WhatsApp by Meta's Cloud API.
//!
//! [`webhook`] reads what comes in, [`send`] writes what goes out, [`errors`] says what Meta's error codes mean.

mod errors;
mod send;
mod webhook;

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use url::Url;
use usher_engine::event::SendFailure;
use usher_engine::id::EffectId;
use usher_engine::message::Outbound;
use usher_engine::render::Abilities;

use super::{Channel, Inbox, Kind, Limits, PairLimit, Refusal, SendOutcome};
use crate::http;
use crate::settings;
use crate::{Secrets, SettingsError};

/// The word of this channel type.
pub const KEY: &str = "whatsapp";

/// Meta's Graph API, at the version that this code was written to.
pub const API_BASE: &str = "https://graph.facebook.com/v23.0";

/// Settings of a WhatsApp number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The id of the phone number, as Meta's app dashboard shows it: digits, not the number itself.
    #[schemars(title = "Phone number ID", length(min = 1, max = 40), extend("x-widget" = "line"))]
    pub phone_number_id: String,
    /// The id of the WhatsApp Business account that the number belongs to.
    #[schemars(title = "Business account ID", length(max = 40), extend("x-widget" = "line"))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub business_account_id: String,
    /// What Meta must send back when it checks the callback URL; copy it into Meta's app dashboard.
    #[schemars(length(max = 200), extend("x-widget" = "line"))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verify_token: String,
    /// Where the Graph API is, with its version.
    #[schemars(title = "API base address", extend("x-widget" = "line"))]
    #[serde(default = "default_api_base")]
    pub api_base: String,
    /// How many messages a second Meta takes from this number; 80 unless Meta raised it.
    #[schemars(range(min = 1, max = 100_000), extend("x-widget" = "number"))]
    #[serde(default = "default_messages_per_second")]
    pub messages_per_second: u32,
    /// Over how many seconds one customer may be sent one message on average; 6 by Meta's rule, 0 for no limit.
    #[schemars(title = "Seconds per message to one customer", range(min = 0, max = 600), extend("x-widget" = "number"))]
    #[serde(default = "default_pair_seconds")]
    pub pair_seconds: u32,
    /// How many messages to one customer may go out at once, to be paid back later; 45 by Meta's rule.
    #[schemars(title = "Burst to one customer", range(min = 1, max = 10_000), extend("x-widget" = "number"))]
    #[serde(default = "default_pair_burst")]
    pub pair_burst: u32,
}

fn default_api_base() -> String {
    API_BASE.to_owned()
}

fn default_messages_per_second() -> u32 {
    80
}

fn default_pair_seconds() -> u32 {
    6
}

fn default_pair_burst() -> u32 {
    45
}

impl Settings {
    /// Reads and checks settings.
    ///
    /// # Errors
    ///
    /// Says which setting does not fit and why.
    pub fn read(settings: &Json) -> Result<Self, SettingsError> {
        let mut read: Self = settings::read(settings)?;
        read.phone_number_id = read.phone_number_id.trim().to_owned();
        if read.phone_number_id.is_empty() {
            return Err(SettingsError::Missing { name: "phone_number_id" });
        }
        if read.phone_number_id.len() > 40 || !read.phone_number_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let reason = "is no id; Meta's app dashboard shows it as digits under the phone number";
            return Err(settings::invalid("phone_number_id", &read.phone_number_id, reason));
        }
        settings::at_most("verify_token", &read.verify_token, 200)?;
        settings::at_most("business_account_id", &read.business_account_id, 40)?;
        settings::base_url("api_base", &read.api_base)?;
        if read.messages_per_second == 0 {
            return Err(settings::invalid("messages_per_second", "0", "would send nothing"));
        }
        if read.pair_burst == 0 {
            return Err(settings::invalid("pair_burst", "0", "would send nothing"));
        }
        Ok(read)
    }
}

/// The secrets of a WhatsApp number.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "stands for its schema; the values are read by name")]
struct SecretFields {
    /// A token of a system user with the permission `whatsapp_business_messaging`.
    access_token: String,
    /// The app's secret, with which Meta signs its webhooks.
    app_secret: String,
}

/// Describes this channel type.
pub fn kind() -> Kind {
    Kind {
        key: KEY,
        title: "WhatsApp",
        settings: settings::schema::<Settings>(),
        secrets: settings::schema::<SecretFields>(),
        abilities: &Abilities::WHATSAPP,
        webhook: true,
    }
}

/// One WhatsApp number of the business.
#[derive(Debug)]
pub struct WhatsApp {
    settings: Settings,
    messages_url: Url,
    access_token: SecretString,
    app_secret: SecretString,
}

impl WhatsApp {
    /// Makes the channel from its settings and the secrets `access_token` and `app_secret`.
    ///
    /// # Errors
    ///
    /// A setting does not fit or a secret is missing.
    pub fn open(settings: &Json, secrets: &Secrets) -> Result<Self, SettingsError> {
        let settings = Settings::read(settings)?;
        let base = settings::base_url("api_base", &settings.api_base)?;
        let base = base.as_str().trim_end_matches('/');
        let messages_url = settings::base_url("api_base", &format!("{base}/{}/messages", settings.phone_number_id))?;
        Ok(Self {
            messages_url,
            access_token: secrets.get("access_token")?.clone(),
            app_secret: secrets.get("app_secret")?.clone(),
            settings,
        })
    }
}

impl Channel for WhatsApp {
    fn account(&self) -> &str {
        &self.settings.phone_number_id
    }

    fn verify(&self, query: &[(String, String)]) -> Result<String, Refusal> {
        webhook::verify(query, &self.settings.verify_token)
    }

    fn authenticate(&self, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> Result<(), Refusal> {
        let signature = header(webhook::SIGNATURE_HEADER).ok_or(Refusal::Unsigned)?;
        webhook::authenticate(&signature, body, self.app_secret.expose_secret().as_bytes())
    }

    fn parse(&self, body: &[u8]) -> Inbox {
        webhook::parse(body)
    }

    fn request(&self, message: &Outbound, address: &str, effect: &EffectId) -> Result<http::Request, SendFailure> {
        let body = send::body(message, address, effect)?;
        let token = self.access_token.expose_secret();
        Ok(http::Request::new(http::Method::Post, self.messages_url.clone())
            .header("authorization", format!("Bearer {token}"))
            .body("application/json", body)
            .timeout(send::TIMEOUT))
    }

    fn outcome(&self, result: &Result<http::Response, http::Failure>, attempt: u32) -> SendOutcome {
        send::outcome(result, &self.settings.phone_number_id, attempt)
    }

    fn limits(&self) -> Limits {
        let pair = (self.settings.pair_seconds > 0).then(|| PairLimit {
            every: Duration::from_secs(self.settings.pair_seconds.into()),
            burst: self.settings.pair_burst,
        });
        Limits { per_second: Some(self.settings.messages_per_second), pair }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets() -> Secrets {
        Secrets::new().with("access_token", "EAAG").with("app_secret", "shh")
    }

    #[test]
    fn the_least_settings_are_the_number() {
        let channel = WhatsApp::open(&json!({"phone_number_id": " 106540352242922 "}), &secrets()).expect("it opens");
        assert_eq!(channel.account(), "106540352242922");
        assert_eq!(channel.messages_url.as_str(), "https://graph.facebook.com/v23.0/106540352242922/messages");
        let pair = Some(PairLimit { every: Duration::from_secs(6), burst: 45 });
        assert_eq!(channel.limits(), Limits { per_second: Some(80), pair });
    }

    #[test]
    fn limits_can_be_raised_or_lifted() {
        let settings = json!({"phone_number_id": "1", "messages_per_second": 5000, "pair_seconds": 0});
        let limits = WhatsApp::open(&settings, &secrets()).expect("it opens").limits();
        assert_eq!(limits, Limits { per_second: Some(5000), pair: None });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (settings, message) in [
            (json!({"phone_number_id": ""}), "`phone_number_id` is not set"),
            (
                json!({"phone_number_id": "+27 82 555 0101"}),
                "`phone_number_id` is `+27 82 555 0101`, which is no id; Meta's app dashboard shows it as digits under the \
                 phone number",
            ),
            (
                json!({"phone_number_id": "1", "api_base": "graph.facebook.com"}),
                "`api_base` is `graph.facebook.com`, which is no address (relative URL without a base)",
            ),
            (
                json!({"phone_number_id": "1", "messages_per_second": 0}),
                "`messages_per_second` is `0`, which would send nothing",
            ),
        ] {
            assert_eq!(WhatsApp::open(&settings, &secrets()).expect_err("it does not fit").to_string(), message);
        }
        let error = WhatsApp::open(&json!({"phone_number_id": "1"}), &Secrets::new().with("access_token", "x"));
        assert_eq!(error.expect_err("a secret lacks").to_string(), "the secret `app_secret` is not set");
    }

    #[test]
    fn shows_no_secret() {
        let channel = WhatsApp::open(&json!({"phone_number_id": "1"}), &secrets()).expect("it opens");
        let shown = format!("{channel:?}");
        assert!(!shown.contains("EAAG") && !shown.contains("shh"), "{shown}");
    }
}
