//! Tokens of OAuth clients: asked for once, kept until they end, renewed by one caller for all who wait.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded;
use usher_engine::effect::Method;
use usher_engine::event::{Answer, CallFailure};

use super::answer::failed;
use super::authentication::{ClientAuthentication, OAuthClient, basic, set};
use crate::http;

/// How long a token is used for which nobody said how long it lasts.
const UNSTATED_LIFE: Duration = Duration::from_secs(5 * 60);
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(30);
/// How many clients' tokens are kept.
const MOST_CLIENTS: usize = 1_000;
/// Bytes of an answer with a token.
const ANSWER_BYTES: usize = 64 * 1024;

/// The tokens in use, by client. The key is a digest of everything that a token depends on, so that changed
/// credentials never find the old token.
#[derive(Debug, Default)]
pub(super) struct Tokens(std::sync::Mutex<BTreeMap<[u8; 32], Arc<Slot>>>);

/// One client's place; whoever holds the lock asks for the token, the others wait for it.
type Slot = Mutex<Option<Token>>;

/// A token with the time of its end.
#[derive(Debug, Clone)]
pub(super) struct Token {
    value: Arc<SecretString>,
    ends: Instant,
}

impl Token {
    /// Returns the request with this token.
    pub fn added_to(&self, prepared: &http::Request) -> http::Request {
        let mut request = prepared.clone();
        set(&mut request, "authorization", format!("Bearer {}", self.value.expose_secret()));
        request
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }
}

impl Tokens {
    /// Returns a token that has not ended; asks for one if there is none.
    pub async fn get(&self, client: &OAuthClient, http: &http::Client, deadline: Instant) -> Result<Token, Answer> {
        let slot = self.slot(client);
        let mut slot = locked(&slot, client, deadline).await?;
        match slot.as_ref().filter(|token| token.ends > Instant::now()) {
            Some(token) => Ok(token.clone()),
            None => Ok(slot.insert(ask(client, http, deadline).await?).clone()),
        }
    }

    /// Returns another token than the one that was refused; asks for one unless another caller did so already.
    pub async fn renew(
        &self,
        client: &OAuthClient,
        refused: &Token,
        http: &http::Client,
        deadline: Instant,
    ) -> Result<Token, Answer> {
        let slot = self.slot(client);
        let mut slot = locked(&slot, client, deadline).await?;
        match slot.as_ref().filter(|token| !token.is(refused)) {
            Some(token) => Ok(token.clone()),
            None => {
                *slot = None;
                Ok(slot.insert(ask(client, http, deadline).await?).clone())
            }
        }
    }

    fn slot(&self, client: &OAuthClient) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST_CLIENTS {
            // Those that nobody holds can be asked for again.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(key(client)).or_default().clone()
    }
}

async fn locked<'a>(
    slot: &'a Slot,
    client: &OAuthClient,
    deadline: Instant,
) -> Result<tokio::sync::MutexGuard<'a, Option<Token>>, Answer> {
    tokio::time::timeout_at(deadline, slot.lock()).await.map_err(|_| Answer::Failed {
        kind: CallFailure::Timeout,
        message: format!("{} did not give a token in time", host(client)),
    })
}

fn key(client: &OAuthClient) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [client.token_url.as_str(), &client.client_id, client.client_secret.expose_secret(), &client.scope] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn host(client: &OAuthClient) -> &str {
    client.token_url.host_str().unwrap_or("the token address")
}

/// Makes the request that asks for a token.
fn request(client: &OAuthClient) -> http::Request {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !client.scope.is_empty() {
        form.append_pair("scope", &client.scope);
    }
    let mut request = http::Request::new(Method::Post, client.token_url.clone()).header("accept", "application/json");
    match client.client_authentication {
        ClientAuthentication::Header => {
            // RFC 6749 section 2.3.1 has both parts form-encoded before they are joined.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let secret = SecretString::from(encoded(client.client_secret.expose_secret()));
            set(&mut request, "authorization", basic(&encoded(&client.client_id), &secret));
        }
        ClientAuthentication::Form => {
            form.append_pair("client_id", &client.client_id);
            form.append_pair("client_secret", client.client_secret.expose_secret());
        }
    }
    request.body("application/x-www-form-urlencoded", form.finish())
}

/// Asks for a token.
async fn ask(client: &OAuthClient, http: &http::Client, deadline: Instant) -> Result<Token, Answer> {
    let mut request = request(client);
    request.timeout = deadline.saturating_duration_since(Instant::now());
    request.answer_limit = ANSWER_BYTES;
    let asked = Instant::now();
    let response = http.send(request).await.map_err(failed)?;
    read(&response, asked).map_err(|why| Answer::Failed {
        kind: CallFailure::Refused,
        message: format!("{} gave no token: {why}", host(client)),
    })
}

/// Reads a token from the answer (RFC 6749 sections 5.1 and 5.2).
fn read(response: &http::Response, asked: Instant) -> Result<Token, String> {
    let body: Json = serde_json::from_slice(&response.body).unwrap_or_default();
    if !response.is_success() {
        let text = |name: &str| body[name].as_str().map(|text| text.chars().take(200).collect::<String>());
        let error =
            text("error_description").or_else(|| text("error")).map_or_else(String::new, |error| format!(", {error}"));
        return Err(format!("HTTP {}{error}", response.status));
    }
    let token =
        body["access_token"].as_str().filter(|token| !token.is_empty()).ok_or("no `access_token` in the answer")?;
    let kind = body["token_type"].as_str().unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(format!("the token is of the type `{}`, not `Bearer`", kind.chars().take(50).collect::<String>()));
    }
    let seconds = &body["expires_in"];
    let seconds = seconds.as_u64().or_else(|| seconds.as_str()?.trim().parse().ok());
    let life = seconds.map_or(UNSTATED_LIFE, |seconds| Duration::from_secs(seconds.min(30 * 24 * 3600)));
    // Never less than half of a short life, else each call would ask anew.
    let used = life.saturating_sub(MARGIN).max(life / 2);
    Ok(Token { value: Arc::new(SecretString::from(token)), ends: asked + used })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> http::Response {
        http::Response::new(status, &[("content-type", "application/json")], body.to_owned())
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let asked = Instant::now();
        let life = |body: &str| read(&answer(200, body), asked).expect(body).ends - asked;
        assert_eq!(life(r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#), Duration::from_secs(3570));
        assert_eq!(life(r#"{"access_token":"t","expires_in":"40"}"#), Duration::from_secs(20));
        assert_eq!(life(r#"{"access_token":"t"}"#), Duration::from_secs(270));
    }

    #[test]
    fn an_answer_without_a_token_says_why() {
        let why = |status, body| read(&answer(status, body), Instant::now()).expect_err("no token");
        assert_eq!(why(401, r#"{"error":"invalid_client"}"#), "HTTP 401, invalid_client");
        assert_eq!(why(502, "<html>"), "HTTP 502");
        assert_eq!(why(200, "{}"), "no `access_token` in the answer");
        assert_eq!(
            why(200, r#"{"access_token":"t","token_type":"mac"}"#),
            "the token is of the type `mac`, not `Bearer`"
        );
    }
}
