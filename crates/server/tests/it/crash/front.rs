//! The way in from outside: posts signed webhooks as a provider does, to one of the servers, until they are acknowledged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use usher_stand_ins::webhook;

use super::chance::Chance;
use super::witness::Witness;
use crate::room::APP_SECRET;
use crate::server::http;

/// How long a provider waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the servers are; cheap to clone.
#[derive(Debug, Clone)]
pub struct Front(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    http: reqwest::Client,
    /// The path of the callback address.
    door: String,
    /// By the server's name; a server that starts anew listens elsewhere.
    addresses: Mutex<BTreeMap<String, SocketAddr>>,
    witness: Arc<Witness>,
}

/// How a webhook was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Acknowledged,
    /// 503, with a time to come again.
    Unavailable,
    /// No answer: nobody there, or the connection broke.
    Broken,
}

impl Front {
    pub fn new(door: &str, witness: &Arc<Witness>) -> Self {
        let http = http().timeout(PATIENCE).build().expect("a client can be made");
        let addresses = Mutex::default();
        Self(Arc::new(Inside { http, door: door.to_owned(), addresses, witness: Arc::clone(witness) }))
    }

    /// Learns where a server is now.
    pub fn lead_to(&self, server: &str, address: SocketAddr) {
        self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner).insert(server.to_owned(), address);
    }

    /// Returns the path of the callback address.
    pub fn door(&self) -> &str {
        &self.0.door
    }

    fn any(&self, chance: &mut Chance) -> Option<SocketAddr> {
        let addresses = self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(chance.below(addresses.len() as u64)).expect("an index");
        addresses.values().nth(index).copied()
    }

    /// Posts a webhook once, to any of the servers.
    pub async fn post(&self, body: &[u8], chance: &mut Chance) -> Answer {
        let Some(address) = self.any(chance) else { return Answer::Broken };
        let request = self
            .0
            .http
            .post(format!("http://{address}{}", self.0.door))
            .header(webhook::SIGNATURE, webhook::sign(APP_SECRET, body))
            .header("Content-Type", "application/json")
            .body(body.to_vec());
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own servers on this machine")]
        let answer = match request.send().await {
            Ok(response) => match response.status().as_u16() {
                200 => Answer::Acknowledged,
                503 if response.headers().contains_key("retry-after") => Answer::Unavailable,
                status => {
                    let text = response.text().await.unwrap_or_default();
                    self.0.witness.fail(None, format!("a webhook was answered with {status}: {text}"));
                    Answer::Broken
                }
            },
            Err(_) => Answer::Broken,
        };
        let webhooks = &mut self.0.witness.seen().webhooks;
        match answer {
            Answer::Acknowledged => webhooks.acknowledged += 1,
            Answer::Unavailable => webhooks.unavailable += 1,
            Answer::Broken => webhooks.broken += 1,
        }
        answer
    }

    /// Asks a server whether it is ready; gives the status of its answer.
    pub async fn readiness(&self, address: SocketAddr) -> Option<u16> {
        let request = self.0.http.get(format!("http://{address}/readyz"));
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own servers on this machine")]
        let response = request.send().await.ok()?;
        Some(response.status().as_u16())
    }

    /// Posts a webhook again and again until it is acknowledged.
    pub async fn deliver(&self, body: &[u8], chance: &mut Chance) {
        while self.post(body, chance).await != Answer::Acknowledged {
            tokio::time::sleep(chance.millis(50..=300)).await;
        }
    }
}
