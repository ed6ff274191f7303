//! Calls to outside systems: an effect's [`Call`] to a request, and what comes back to an [`Answer`].
//!
//! A [`Target`] is who is called: an API of the business's own ([`crate::api`]) or a connected system
//! ([`crate::integrations`]). The [`Caller`] adds what no workflow holds (address, authentication, idempotency
//! key), renews a token once, and tries again within the call's time where that is harmless.

mod answer;
mod authentication;
mod request;
mod retry;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;
use usher_engine::effect::{Call, Method};
use usher_engine::event::{Answer, CallFailure};
use usher_engine::id::EffectId;
use usher_engine::limits;

pub use authentication::{Authentication, ClientAuthentication, OAuthClient};
pub use retry::Retries;

use crate::http;
use answer::{failed, read};
use tokens::Tokens;

/// Who is called, with everything that a call adds.
#[derive(Debug, Clone)]
pub struct Target {
    /// What messages call it, such as `the API shop`.
    pub name: String,
    /// The address under which all paths lie.
    pub base: Url,
    pub authentication: Authentication,
    /// Sent with every request, unless the request has a header of the same name.
    pub headers: Vec<(String, String)>,
    /// What answers are asked for, as `Accept` writes it.
    pub accept: &'static str,
    /// The header that carries the effect's id on requests that are idempotent by it.
    pub idempotency_header: &'static str,
    pub retries: Retries,
}

/// Makes calls; cheap to clone, and to be shared, since it keeps connections and tokens.
#[derive(Debug, Clone)]
pub struct Caller {
    http: http::Client,
    tokens: Arc<Tokens>,
}

impl Caller {
    /// Makes a caller that sends by this client.
    pub fn new(http: http::Client) -> Self {
        Self { http, tokens: Arc::new(Tokens::default()) }
    }

    /// Makes a call and waits for what comes of it, at most as long as the call may take.
    ///
    /// A token that the system no longer takes is renewed once. A try that came to nothing is repeated where
    /// [`Retries`] and the time left allow; else the last answer is the answer.
    pub async fn execute(&self, call: &Call, target: &Target, effect: &EffectId) -> Answer {
        let timeout = Duration::from_millis(call.timeout_ms.clamp(1, limits::CALL_TIMEOUT_MAX_MS));
        let deadline = Instant::now() + timeout;
        let prepared = match request::prepare(&call.request, target, effect) {
            Ok(prepared) => prepared,
            Err(message) => return Answer::Failed { kind: CallFailure::Refused, message },
        };
        // A repeat of these changes nothing that the first did not.
        let harmless =
            call.request.idempotent || matches!(call.request.method, Method::Get | Method::Put | Method::Delete);
        let mut attempt = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return timed_out(target, timeout);
            }
            let result = match self.attempt(&prepared, target, deadline).await {
                Ok(result) => result,
                Err(answer) => return answer,
            };
            let wait = target.retries.wait(&result, harmless, attempt);
            let left = deadline.saturating_duration_since(Instant::now());
            match wait.filter(|wait| *wait < left) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    return match result {
                        Ok(response) => read(&response, &target.name),
                        Err(failure) if failure.kind == http::FailureKind::Timeout && failure.sent => {
                            timed_out(target, timeout)
                        }
                        Err(failure) => failed(failure),
                    };
                }
            }
            attempt += 1;
        }
    }

    /// Tries once, or twice if the token had to be renewed. The outer error is that there is no token to be had.
    async fn attempt(
        &self,
        prepared: &http::Request,
        target: &Target,
        deadline: Instant,
    ) -> Result<Result<http::Response, http::Failure>, Answer> {
        let Authentication::OAuth(client) = &target.authentication else {
            let mut request = prepared.clone();
            target.authentication.add_to(&mut request);
            return Ok(self.send(request, deadline).await);
        };
        let token = self.tokens.get(client, &self.http, deadline).await?;
        let result = self.send(token.added_to(prepared), deadline).await;
        if !result.as_ref().is_ok_and(|response| response.status == 401) {
            return Ok(result);
        }
        let renewed = self.tokens.renew(client, &token, &self.http, deadline).await?;
        Ok(self.send(renewed.added_to(prepared), deadline).await)
    }

    async fn send(&self, mut request: http::Request, deadline: Instant) -> Result<http::Response, http::Failure> {
        request.timeout = deadline.saturating_duration_since(Instant::now());
        self.http.send(request).await
    }
}

fn timed_out(target: &Target, timeout: Duration) -> Answer {
    let message = format!("{} did not answer within {} s", target.name, timeout.as_secs_f64());
    Answer::Failed { kind: CallFailure::Timeout, message }
}
