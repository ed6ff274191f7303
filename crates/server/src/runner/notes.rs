//! What a channel's page tells: when it was verified, its last webhook, its last error, its log.
//!
//! Noted in memory and written down once a second: a flood of webhooks, or of errors, is a few rows.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use usher_engine::Environment;
use usher_store::{ChannelNote, Error, Store};

use crate::ids::Ids;

/// Lines of the log that one channel may add between two writings; more are counted.
const LINES: usize = 20;

/// The notes that are not written yet; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<HashMap<ChannelId, Noted>>>);

/// Names a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChannelId {
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
}

/// What was noted of a channel.
#[derive(Debug, Default)]
struct Noted {
    verified_at: Option<Timestamp>,
    webhook_at: Option<Timestamp>,
    error: Option<(Timestamp, String)>,
    /// The log's new lines, without repetitions.
    lines: Vec<(Timestamp, &'static str, String)>,
    left_out: usize,
}

impl Notes {
    /// Notes that the provider has checked the callback address.
    pub fn verified(&self, channel: &ChannelId, at: Timestamp) {
        self.change(channel, |noted| noted.verified_at = Some(at));
    }

    /// Notes that a webhook was taken.
    pub fn webhook(&self, channel: &ChannelId, at: Timestamp) {
        self.change(channel, |noted| noted.webhook_at = Some(at));
    }

    /// Notes something that went wrong, in plain words, for the page and the log.
    pub fn error(&self, channel: &ChannelId, at: Timestamp, text: &str) {
        self.change(channel, |noted| {
            noted.error = Some((at, text.to_owned()));
            noted.line(at, "error", text);
        });
    }

    /// Notes something worth knowing, for the log.
    pub fn info(&self, channel: &ChannelId, at: Timestamp, text: &str) {
        self.change(channel, |noted| noted.line(at, "info", text));
    }

    fn change(&self, channel: &ChannelId, change: impl FnOnce(&mut Noted)) {
        let mut notes = self.lock();
        if let Some(noted) = notes.get_mut(channel) {
            change(noted);
        } else {
            change(notes.entry(channel.clone()).or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was noted since the last time.
    ///
    /// # Errors
    ///
    /// The store is away; what was noted is dropped, since newer notes will say the same.
    pub async fn write(&self, store: &Store, ids: &Ids) -> Result<(), Error> {
        let notes = mem::take(&mut *self.lock());
        if notes.is_empty() {
            return Ok(());
        }
        let mut tx = store.begin().await?;
        for (channel, mut noted) in notes {
            let ChannelId { workspace, environment, key } = &channel;
            if let Some(at) = noted.verified_at {
                tx.channels().verified(workspace, *environment, key, at).await?;
            }
            if let Some(at) = noted.webhook_at {
                tx.channels().webhook_came(workspace, *environment, key, at).await?;
            }
            if let Some((at, text)) = &noted.error {
                tx.channels().error(workspace, *environment, key, text, *at).await?;
            }
            if noted.left_out > 0
                && let Some((at, level, _)) = noted.lines.last().cloned()
            {
                noted.lines.push((at, level, format!("and {} more like these", noted.left_out)));
            }
            for (at, level, text) in noted.lines {
                let note = ChannelNote {
                    id: ids.id(),
                    workspace: workspace.clone(),
                    environment: *environment,
                    channel: key.clone(),
                    at,
                    level: level.to_owned(),
                    text,
                };
                tx.channel_log().add(&note).await?;
            }
        }
        tx.commit().await
    }
}

impl Noted {
    fn line(&mut self, at: Timestamp, level: &'static str, text: &str) {
        if self.lines.iter().any(|(_, _, known)| known == text) {
            return;
        }
        if self.lines.len() < LINES {
            self.lines.push((at, level, text.to_owned()));
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines() {
        let notes = Notes::default();
        let channel = ChannelId { workspace: "w".into(), environment: Environment::Production, key: "whatsapp".into() };
        for n in 0..1_000 {
            notes.error(&channel, Timestamp::UNIX_EPOCH, "the signature is wrong");
            notes.info(&channel, Timestamp::UNIX_EPOCH, &format!("message {n}"));
        }
        let noted = notes.lock();
        assert_eq!(noted[&channel].lines.len(), LINES);
        assert_eq!(noted[&channel].left_out, 1_000 - (LINES - 1));
    }
}
