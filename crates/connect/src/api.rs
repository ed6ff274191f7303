//! APIs of the business's own: how one is described, and the [`Target`] that a description makes.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use url::Url;
use usher_engine::Environment;
use usher_engine::api::{Api, ContentType, Validation};
use usher_engine::limits;

use crate::Secrets;
use crate::call::{Authentication, ClientAuthentication, OAuthClient, Retries, Target};
use crate::settings::{self, SettingsError, base_url};

/// An HTTP interface of the business's own, which workflows call by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    #[schemars(length(min = 1, max = 100), extend("x-widget" = "line"))]
    pub name: String,
    #[schemars(length(max = 1000))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where the API is, in each environment.
    #[schemars(title = "Base address")]
    pub base_url: BaseUrls,
    /// How Usher proves who it is.
    #[serde(default)]
    pub authentication: Scheme,
    /// Sent with every request.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("x-widget" = "key_values"))]
    pub headers: IndexMap<String, String>,
    /// How bodies are sent.
    #[serde(default)]
    pub request_type: ContentType,
    /// What answers are asked for.
    #[serde(default)]
    pub response_type: ContentType,
    /// How long a call may take.
    #[serde(default = "default_timeout")]
    #[schemars(title = "Time limit", range(min = 1, max = 60), extend("x-widget" = "duration"))]
    pub timeout_seconds: u64,
    /// The part of an answer that workflows see, as JSONPath such as `$.data`; empty is the whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-widget" = "line"))]
    pub base_element: String,
    /// What in an answer means YES.
    #[serde(default)]
    pub validation: Validation,
}

/// The base addresses. An environment without one cannot call the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseUrls {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-widget" = "line"))]
    pub sandbox: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-widget" = "line"))]
    pub production: String,
}

/// How Usher proves who it is; the secret itself is stored apart, under the name that each says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scheme {
    /// Not at all.
    #[default]
    None,
    /// By user name and the secret `password`.
    Basic { user: String },
    /// By the secret `token`, as `Authorization: Bearer`.
    Bearer,
    /// By the secret `api_key`, in a header of this name.
    ApiKey { header: String },
    /// By a token that is asked for with a client id and the secret `client_secret`.
    OauthClientCredentials {
        /// Where tokens are given out.
        token_url: String,
        client_id: String,
        /// What the token is for, as words separated by spaces.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        scope: String,
        /// Where the credentials stand in the request for a token.
        #[serde(default)]
        credentials_in: ClientAuthentication,
    },
}

impl Scheme {
    /// Returns the name of the secret that this scheme needs, if it needs one.
    pub fn secret(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Basic { .. } => Some("password"),
            Self::Bearer => Some("token"),
            Self::ApiKey { .. } => Some("api_key"),
            Self::OauthClientCredentials { .. } => Some("client_secret"),
        }
    }

    fn open(&self, secrets: &Secrets) -> Result<Authentication, SettingsError> {
        Ok(match self {
            Self::None => Authentication::None,
            Self::Basic { user } => {
                Authentication::Basic { user: user.clone(), password: secrets.get("password")?.clone() }
            }
            Self::Bearer => Authentication::Bearer { token: secrets.get("token")?.clone() },
            Self::ApiKey { header } => {
                Authentication::ApiKey { header: header.clone(), key: secrets.get("api_key")?.clone() }
            }
            Self::OauthClientCredentials { token_url, client_id, scope, credentials_in } => {
                Authentication::OAuth(OAuthClient {
                    token_url: token_address(token_url)?,
                    client_id: client_id.clone(),
                    client_secret: secrets.get("client_secret")?.clone(),
                    scope: scope.clone(),
                    client_authentication: *credentials_in,
                })
            }
        })
    }
}

fn default_timeout() -> u64 {
    limits::CALL_TIMEOUT_MS / 1000
}

impl Definition {
    /// Reads and checks a definition.
    ///
    /// # Errors
    ///
    /// Says which part does not fit and why.
    pub fn read(definition: &Json) -> Result<Self, SettingsError> {
        let read: Self = settings::read(definition)?;
        if read.name.trim().is_empty() {
            return Err(SettingsError::Missing { name: "name" });
        }
        settings::at_most("name", &read.name, 100)?;
        settings::at_most("description", &read.description, 1000)?;
        for (name, text) in
            [("base_url.sandbox", &read.base_url.sandbox), ("base_url.production", &read.base_url.production)]
        {
            if !text.trim().is_empty() {
                base_url(name, text)?;
            }
        }
        if read.base_url == BaseUrls::default() {
            return Err(SettingsError::Missing { name: "base_url" });
        }
        let longest = limits::CALL_TIMEOUT_MAX_MS / 1000;
        if !(1..=longest).contains(&read.timeout_seconds) {
            let reason = "is not between 1 and 60";
            return Err(settings::invalid("timeout_seconds", &read.timeout_seconds.to_string(), reason));
        }
        if read.validation.element.trim().is_empty() {
            return Err(SettingsError::Missing { name: "validation.element" });
        }
        if read.validation.values.is_empty() {
            return Err(SettingsError::Missing { name: "validation.values" });
        }
        for name in read.headers.keys() {
            header_name("headers", name)?;
        }
        match &read.authentication {
            Scheme::Basic { user } if user.is_empty() => {
                return Err(SettingsError::Missing { name: "authentication.user" });
            }
            Scheme::ApiKey { header } => header_name("authentication.header", header)?,
            Scheme::OauthClientCredentials { token_url, client_id, .. } => {
                token_address(token_url)?;
                if client_id.is_empty() {
                    return Err(SettingsError::Missing { name: "authentication.client_id" });
                }
            }
            _ => {}
        }
        Ok(read)
    }

    /// Describes a definition as JSON Schema.
    pub fn schema() -> Map<String, Json> {
        settings::schema::<Self>()
    }

    /// Returns what the engine needs to judge answers.
    pub fn api(&self, key: &str) -> Api {
        Api {
            key: key.to_owned(),
            name: self.name.clone(),
            base_element: self.base_element.clone(),
            validation: self.validation.clone(),
            timeout_ms: self.timeout_seconds.saturating_mul(1000),
            request_type: self.request_type,
        }
    }

    /// Makes the target of calls in an environment.
    ///
    /// # Errors
    ///
    /// The environment has no base address, or a secret is missing.
    pub fn target(&self, environment: Environment, secrets: &Secrets) -> Result<Target, SettingsError> {
        let base = match environment {
            Environment::Sandbox => base_url("base_url.sandbox", &self.base_url.sandbox)?,
            Environment::Production => base_url("base_url.production", &self.base_url.production)?,
        };
        Ok(Target {
            name: format!("the API {}", self.name),
            base,
            authentication: self.authentication.open(secrets)?,
            headers: self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            accept: match self.response_type {
                ContentType::Json => "application/json",
                ContentType::Xml => "application/xml, text/xml",
                ContentType::Form => "application/x-www-form-urlencoded",
                ContentType::Text => "text/plain, */*",
            },
            idempotency_header: "Idempotency-Key",
            // What a repeat does to an API that Usher does not know, only its owner knows.
            retries: Retries::Never,
        })
    }
}

fn token_address(text: &str) -> Result<Url, SettingsError> {
    // Unlike a base, it may have a query: nothing is appended.
    let (address, query) =
        text.trim().split_once('?').map_or((text.trim(), None), |(address, query)| (address, Some(query)));
    let mut url = base_url("authentication.token_url", address)?;
    url.set_query(query);
    Ok(url)
}

/// Makes sure that a name can be a header's (RFC 9110 section 5.6.2).
fn header_name(setting: &'static str, name: &str) -> Result<(), SettingsError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 100 || !name.bytes().all(token) {
        return Err(settings::invalid(setting, name, "cannot be the name of a header"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shop() -> Json {
        json!({ "name": "Shop", "base_url": { "sandbox": "https://test.shop.example/api" } })
    }

    #[test]
    fn the_least_definition_is_a_name_and_an_address() {
        let definition = Definition::read(&shop()).expect("it fits");
        let target = definition.target(Environment::Sandbox, &Secrets::new()).expect("it needs no secret");
        assert_eq!((target.name.as_str(), target.base.as_str()), ("the API Shop", "https://test.shop.example/api"));
        let api = definition.api("shop");
        assert_eq!((api.timeout_ms, api.validation), (10_000, Validation::default()));
        let error = definition.target(Environment::Production, &Secrets::new()).expect_err("there is no address");
        assert_eq!(error.to_string(), "`base_url.production` is not set");
    }

    #[test]
    fn every_scheme_opens_with_its_secret_and_says_which_lacks() {
        for (scheme, opened) in [
            (json!({"kind": "none"}), "None"),
            (json!({"kind": "basic", "user": "ann"}), "Basic"),
            (json!({"kind": "bearer"}), "Bearer"),
            (json!({"kind": "api_key", "header": "X-Api-Key"}), "ApiKey"),
            (
                json!({"kind": "oauth_client_credentials", "token_url": "https://id.example/token?tenant=1", "client_id": "usher"}),
                "OAuth",
            ),
        ] {
            let mut definition = shop();
            definition["authentication"] = scheme;
            let definition = Definition::read(&definition).expect("it fits");
            let Some(secret) = definition.authentication.secret() else {
                assert_eq!(opened, "None");
                continue;
            };
            let secrets = Secrets::new().with(secret, "hidden");
            let target = definition.target(Environment::Sandbox, &secrets).expect("the secret is there");
            assert_eq!(format!("{:?}", target.authentication), opened);
            assert!(!format!("{target:?}").contains("hidden"));
            let error = definition.target(Environment::Sandbox, &Secrets::new()).expect_err("the secret lacks");
            assert_eq!(error.to_string(), format!("the secret `{secret}` is not set"));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let with = |name: &str, value: Json| {
            let mut definition = shop();
            definition[name] = value;
            Definition::read(&definition).expect_err("it does not fit").to_string()
        };
        assert_eq!(with("name", json!(" ")), "`name` is not set");
        assert_eq!(with("base_url", json!({})), "`base_url` is not set");
        assert_eq!(with("timeout_seconds", json!(61)), "`timeout_seconds` is `61`, which is not between 1 and 60");
        assert_eq!(
            with("headers", json!({"X Shop": "1"})),
            "`headers` is `X Shop`, which cannot be the name of a header"
        );
        assert_eq!(with("validation", json!({"element": "$.ok", "values": []})), "`validation.values` is not set");
        assert!(
            with("authentication", json!({"kind": "digest"}))
                .starts_with("the settings do not fit: unknown variant `digest`")
        );
    }
}
