//! How a request proves who asks.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::http;

/// The ways to prove it, opened: with their secrets.
#[derive(Clone, Default)]
pub enum Authentication {
    #[default]
    None,
    /// User name and password.
    Basic { user: String, password: SecretString },
    /// A token that does not change.
    Bearer { token: SecretString },
    /// A key in a header of the system's own naming.
    ApiKey { header: String, key: SecretString },
    /// A token that is asked for with the credentials of a client (OAuth 2.0, RFC 6749 section 4.4).
    OAuth(OAuthClient),
}

/// The credentials with which tokens are asked for.
#[derive(Clone)]
pub struct OAuthClient {
    pub token_url: Url,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Words separated by spaces; may be empty.
    pub scope: String,
    pub client_authentication: ClientAuthentication,
}

/// How the client shows its credentials at the token's address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` header.
    #[default]
    Header,
    /// In the form, as `client_id` and `client_secret`.
    Form,
}

impl Authentication {
    /// Adds itself to a request, in place of a header that says the same. A token to be asked for is not here yet.
    pub(super) fn add_to(&self, request: &mut http::Request) {
        let (name, value) = match self {
            Self::None | Self::OAuth(_) => return,
            Self::Basic { user, password } => ("authorization", basic(user, password)),
            Self::Bearer { token } => ("authorization", format!("Bearer {}", token.expose_secret())),
            Self::ApiKey { header, key } => (header.as_str(), key.expose_secret().to_owned()),
        };
        set(request, name, value);
    }
}

/// Writes the value of a header of the Basic scheme (RFC 7617).
pub(super) fn basic(user: &str, password: &SecretString) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose_secret())))
}

/// Sets a header in place of those of the same name.
pub(super) fn set(request: &mut http::Request, name: &str, value: String) {
    request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value));
}

/// Shows the scheme alone.
impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic",
            Self::Bearer { .. } => "Bearer",
            Self::ApiKey { .. } => "ApiKey",
            Self::OAuth(_) => "OAuth",
        })
    }
}

/// Shows where tokens come from, not the credentials.
impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").field("token_host", &self.token_url.host_str()).finish_non_exhaustive()
    }
}
