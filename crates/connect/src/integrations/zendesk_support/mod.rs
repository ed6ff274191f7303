//! Zendesk Support: tickets.

mod create_ticket;
mod errors;
mod get_ticket;
mod ticket;

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use url::Url;
use usher_engine::effect::{Method, Request};
use usher_engine::event::Answer;
use usher_engine::operation::Operation;

use super::System;
use crate::Secrets;
use crate::call::{Authentication, Retries, Target};
use crate::settings::{self, SettingsError, base_url};

/// The word of this system.
pub const KEY: &str = "zendesk_support";
const TITLE: &str = "Zendesk Support";

/// Where a connection leads and who it acts as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The part of your Zendesk address before `.zendesk.com`.
    #[schemars(length(max = 63), extend("x-widget" = "line"))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subdomain: String,
    /// The e-mail address of the agent whose API token it is.
    #[schemars(title = "E-mail", length(min = 1, max = 254), extend("x-widget" = "line"))]
    pub email: String,
    /// Where Zendesk is, if not under its usual address; for testing.
    #[schemars(title = "Base address", extend("x-widget" = "line"))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_url: String,
}

/// The secrets of a connection.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "stands for its schema; the values are read by name")]
struct SecretFields {
    /// An API token, made in Zendesk's Admin Center under Apps and integrations.
    #[schemars(title = "API token")]
    api_token: String,
}

impl Settings {
    /// Reads and checks settings.
    ///
    /// # Errors
    ///
    /// Says which setting does not fit and why.
    pub fn read(settings: &Json) -> Result<Self, SettingsError> {
        let mut read: Self = settings::read(settings)?;
        read.subdomain = read.subdomain.trim().to_owned();
        read.email = read.email.trim().to_owned();
        if read.email.is_empty() {
            return Err(SettingsError::Missing { name: "email" });
        }
        if !read.email.contains('@') || read.email.contains(':') || read.email.len() > 254 {
            return Err(settings::invalid("email", &read.email, "is no e-mail address"));
        }
        read.base()?;
        Ok(read)
    }

    fn base(&self) -> Result<Url, SettingsError> {
        if !self.base_url.trim().is_empty() {
            return base_url("base_url", &self.base_url);
        }
        let name = &self.subdomain;
        if name.is_empty() {
            return Err(SettingsError::Missing { name: "subdomain" });
        }
        let label = name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !label || name.starts_with('-') {
            let reason = "is no subdomain; of https://example.zendesk.com it is `example`";
            return Err(settings::invalid("subdomain", name, reason));
        }
        base_url("subdomain", &format!("https://{name}.zendesk.com"))
    }
}

/// The system itself.
#[derive(Debug, Clone, Copy)]
pub struct ZendeskSupport;

impl System for ZendeskSupport {
    fn key(&self) -> &'static str {
        KEY
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn settings(&self) -> Map<String, Json> {
        settings::schema::<Settings>()
    }

    fn secrets(&self) -> Map<String, Json> {
        settings::schema::<SecretFields>()
    }

    fn check(&self, settings: &Json) -> Result<(), SettingsError> {
        Settings::read(settings).map(drop)
    }

    fn open(&self, settings: &Json, secrets: &Secrets) -> Result<Target, SettingsError> {
        let settings = Settings::read(settings)?;
        Ok(Target {
            name: TITLE.to_owned(),
            base: settings.base()?,
            // An agent's API token is used in place of the password, as a user name that says so.
            authentication: Authentication::Basic {
                user: format!("{}/token", settings.email),
                password: secrets.get("api_token")?.clone(),
            },
            headers: Vec::new(),
            accept: "application/json",
            idempotency_header: "Idempotency-Key",
            retries: Retries::WhenHarmless,
        })
    }

    fn test(&self) -> Request {
        request(Method::Get, "/api/v2/users/me")
    }

    fn tested(&self, answer: &Answer) -> Result<String, String> {
        let body = errors::read(answer).map_err(|problem| problem.message)?;
        // Zendesk answers a request without valid credentials here as that of an anonymous user.
        let user = &body["user"];
        let signed_in = user["id"].as_i64().is_some() && user["role"] != "end-user";
        match user["name"].as_str() {
            Some(name) if signed_in => Ok(format!("Connected as {name}.")),
            _ => Err("Zendesk does not know this e-mail address with this API token as an agent.".to_owned()),
        }
    }

    fn operations(&self) -> Vec<Arc<dyn Operation>> {
        vec![Arc::new(create_ticket::CreateTicket::new()), Arc::new(get_ticket::GetTicket::new())]
    }
}

/// Makes a request without query, headers and body.
fn request(method: Method, path: impl Into<String>) -> Request {
    Request {
        method,
        path: path.into(),
        query: IndexMap::new(),
        headers: IndexMap::new(),
        body: None,
        idempotent: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connection_leads_to_the_subdomain_or_to_its_own_address() {
        let secrets = Secrets::new().with("api_token", "t");
        let base = |settings: Json| ZendeskSupport.open(&settings, &secrets).map(|target| target.base.to_string());
        let usual = base(json!({"subdomain": "example", "email": "ann@example.com"}));
        assert_eq!(usual.expect("it opens"), "https://example.zendesk.com/");
        let own = base(json!({"base_url": "http://127.0.0.1:9000", "email": "ann@example.com"}));
        assert_eq!(own.expect("it opens"), "http://127.0.0.1:9000/");
        for (settings, message) in [
            (json!({"email": "ann@example.com"}), "`subdomain` is not set"),
            (
                json!({"subdomain": "evil.example/", "email": "ann@example.com"}),
                "`subdomain` is `evil.example/`, which is no subdomain; of https://example.zendesk.com it is `example`",
            ),
            (json!({"subdomain": "example", "email": "ann"}), "`email` is `ann`, which is no e-mail address"),
        ] {
            assert_eq!(base(settings).expect_err("it does not fit").to_string(), message);
        }
    }

    #[test]
    fn an_anonymous_answer_is_no_connection() {
        let answer = |body: &str| {
            let content_type = Some("application/json".to_owned());
            Answer::Responded { status: 200, content_type, retry_after_seconds: None, body: body.to_owned() }
        };
        let agent = answer(r#"{"user":{"id":35436,"name":"Johnny Agent","role":"agent"}}"#);
        assert_eq!(ZendeskSupport.tested(&agent), Ok("Connected as Johnny Agent.".to_owned()));
        let anonymous = answer(r#"{"user":{"id":null,"name":"Anonymous user","role":"end-user"}}"#);
        assert!(ZendeskSupport.tested(&anonymous).is_err());
    }
}
