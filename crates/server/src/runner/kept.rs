//! What came in and could not be used is kept, where people see it and can have it tried again.

use serde::{Deserialize, Serialize};
use usher_engine::Event;
use usher_store::{AddressKey, Error, Kept, KeptEvent};

use super::Room;
use crate::bus::{Envelope, Origin};
use crate::spans::Parent;

/// What is kept of an envelope beside the columns that say where it belongs.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    event: Event,
    origin: Origin,
}

impl Room {
    /// Keeps a part of a webhook that could not be read.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn keep_webhook(&self, key: &AddressKey, problem: &str, body: Vec<u8>) -> Result<(), Error> {
        self.metrics.kept.webhooks.increment(1);
        self.keep(key, problem, body, None).await
    }

    /// Keeps an event on which no turn could be taken after so many tries, so that those after it go on.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn keep_event(&self, envelope: &Envelope, problem: &str, tries: u32) -> Result<(), Error> {
        self.metrics.kept.events.increment(1);
        let Envelope { key, event, origin, .. } = envelope.clone();
        let kept = KeptEvent { id: event.id.clone(), address: key.address.clone(), tries };
        let body = serde_json::to_vec(&Body { event, origin })
            .map_err(|error| Error::Unstorable { what: "an event".to_owned(), problem: error.to_string() })?;
        self.keep(&key, problem, body, Some(kept)).await
    }

    async fn keep(
        &self,
        key: &AddressKey,
        problem: &str,
        body: Vec<u8>,
        event: Option<KeptEvent>,
    ) -> Result<(), Error> {
        let kept = Kept {
            id: self.ids.id(),
            workspace: key.workspace.clone(),
            environment: key.environment,
            channel: key.channel.clone(),
            at: self.clock.now(),
            problem: problem.to_owned(),
            bytes: body.len() as u64,
            body,
            event,
        };
        let mut tx = self.records.begin().await?;
        tx.kept().keep(&kept).await?;
        tx.commit().await
    }

    /// Makes the envelope of a kept event anew, accepted now; none of what is no event, or can no longer be read.
    pub fn envelope_of(&self, kept: &Kept) -> Option<Envelope> {
        let event = kept.event.as_ref()?;
        let Body { event: happened, origin } = serde_json::from_slice(&kept.body).ok()?;
        let key = AddressKey {
            workspace: kept.workspace.clone(),
            environment: kept.environment,
            channel: kept.channel.clone(),
            address: event.address.clone(),
        };
        Some(Envelope { key, event: happened, at: self.clock.now(), origin, led_by: Parent::default() })
    }
}

/// Returns what happened, of the body of a kept event, as JSON.
pub fn event_in(body: &[u8]) -> Option<serde_json::Value> {
    let mut body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get_mut("event")?.take())
}
