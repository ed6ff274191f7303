//! Plays the contacts: each has its conversation, and reads every answer.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow, ensure};

use crate::connection::Connection;
use crate::conversation::{Contact, OPTION, STEPS, Says};
use crate::stand_in::{Sent, StandIn};
use crate::webhook::{Message, Webhook};

/// Nobody waits longer than this for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Every so manieth message is delivered twice, as providers do; it must be answered once.
const REDELIVERED: u32 = 50;
/// How many of the wrong answers are told in full.
const TOLD: usize = 5;

/// The server that is measured.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    /// Where it takes webhooks.
    pub path: String,
}

/// What to do to it.
#[derive(Debug, Clone)]
pub struct Load {
    /// Who writes; each has one conversation.
    pub contacts: Range<u32>,
    /// How many converse at a time.
    pub at_once: u32,
    /// Conversations begun per second; without it the next begins when one ends.
    pub pace: Option<f64>,
    /// Messages of each conversation: all, or fewer to leave it at rest.
    pub steps: usize,
    /// No conversation begins after this.
    pub limit: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub elapsed: Duration,
    pub conversations: u32,
    pub answers: u32,
    /// Conversations that broke off: a wrong answer, none in time, or a webhook that was refused.
    pub failed: u32,
    /// The first few failures, in words.
    pub failures: Vec<String>,
    /// From a message to the send that answers it, without what the stand-ins took; microseconds, sorted.
    pub to_send: Vec<u32>,
    /// From a message to its acknowledgement; microseconds, sorted.
    pub to_acknowledge: Vec<u32>,
}

impl Outcome {
    pub fn conversations_per_second(&self) -> f64 {
        f64::from(self.conversations) / self.elapsed.as_secs_f64()
    }

    fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.answers += other.answers;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.failures.truncate(TOLD);
        self.to_send.extend(other.to_send);
        self.to_acknowledge.extend(other.to_acknowledge);
    }
}

/// The value under which the given share of the sorted values lies.
pub fn percentile(sorted: &[u32], share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

/// Puts the load on the target and waits until every conversation has ended.
pub async fn put(load: Load, target: Target, stand_in: StandIn) -> Result<Outcome> {
    let next = Arc::new(AtomicU32::new(load.contacts.start));
    let total = Arc::new(Mutex::new(Outcome::default()));
    let began = Instant::now();
    let player = Player { load, target, stand_in, began, run: seconds_of_now() };

    let mut players = Vec::new();
    for _ in 0..player.load.at_once.min(player.load.contacts.len().try_into().unwrap_or(u32::MAX)) {
        let (player, next, total) = (player.clone(), next.clone(), total.clone());
        players.push(tokio::spawn(async move {
            let outcome = player.play(&next).await;
            if let Ok(mut total) = total.lock() {
                total.add(outcome);
            }
        }));
    }
    for player in players {
        player.await.context("a player failed")?;
    }

    let mut outcome = total.lock().map_err(|_| anyhow!("a player failed"))?.clone();
    outcome.elapsed = began.elapsed();
    outcome.to_send.sort_unstable();
    outcome.to_acknowledge.sort_unstable();
    Ok(outcome)
}

#[expect(clippy::disallowed_methods, reason = "webhooks carry the time of day, and message ids differ from run to run")]
fn seconds_of_now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

/// Plays one contact after the other.
#[derive(Debug, Clone)]
struct Player {
    load: Load,
    target: Target,
    stand_in: StandIn,
    began: Instant,
    run: u64,
}

impl Player {
    async fn play(&self, next: &AtomicU32) -> Outcome {
        let mut outcome = Outcome::default();
        let mut connection = Connection::new(self.target.address);
        loop {
            let contact = Contact(next.fetch_add(1, Ordering::Relaxed));
            if contact.0 >= self.load.contacts.end || self.began.elapsed() > self.load.limit {
                return outcome;
            }
            if let Some(pace) = self.load.pace {
                let due = Duration::from_secs_f64(f64::from(contact.0 - self.load.contacts.start) / pace);
                tokio::time::sleep(due.saturating_sub(self.began.elapsed())).await;
            }
            match self.converse(contact, &mut connection, &mut outcome).await {
                Ok(()) => outcome.conversations += 1,
                Err(error) => {
                    outcome.failed += 1;
                    outcome.failures.push(format!("contact {}: {error:#}", contact.0));
                    outcome.failures.truncate(TOLD);
                    connection = Connection::new(self.target.address);
                }
            }
        }
    }

    async fn converse(&self, contact: Contact, connection: &mut Connection, outcome: &mut Outcome) -> Result<()> {
        let mut answers = self.stand_in.listen(contact);
        let mut shown = Vec::new();
        for step in 0..self.load.steps.min(STEPS) {
            let message = match contact.says(step) {
                Says::Text(text) => Message::Text(text),
                Says::Tap(title) => Message::Tap { id: button(&shown, title)?, title: title.to_owned() },
            };
            let id = format!("wamid.in.{}.{}.{step}", self.run, contact.0);
            let webhook = Webhook::of_message(contact, &id, seconds_of_now(), &message);

            let began = Instant::now();
            let acknowledged = async {
                let status = connection.post(&self.target.path, &webhook).await?;
                Ok::<_, anyhow::Error>((status, began.elapsed()))
            };
            let answered = tokio::time::timeout(PATIENCE, answers.recv());
            let (acknowledged, answered) = tokio::join!(acknowledged, answered);
            let (status, acknowledged) = acknowledged?;
            ensure!(status == 200, "step {step}: the webhook was answered with {status}");
            outcome.to_acknowledge.push(microseconds(acknowledged));
            let sent = answered
                .map_err(|_| anyhow!("step {step}: no answer within {} s", PATIENCE.as_secs()))?
                .context("the stand-in is gone")?;

            check(contact, step, &sent)?;
            outcome.answers += 1;
            outcome.to_send.push(microseconds(sent.at.saturating_duration_since(began).saturating_sub(sent.outside)));
            shown = sent.buttons;
            if (contact.0 + u32::try_from(step)?).is_multiple_of(REDELIVERED) {
                let status = connection.post(&self.target.path, &webhook).await?;
                ensure!(status == 200, "step {step}: the webhook, delivered again, was answered with {status}");
            }
        }
        Ok(())
    }
}

fn microseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// Whether what came is what must come: to this contact, from the number that it wrote to, word for word.
fn check(contact: Contact, step: usize, sent: &Sent) -> Result<()> {
    let expected = contact.expects(step);
    ensure!(sent.text == expected, "step {step}: got {:?}, not {expected:?}", sent.text);
    ensure!(sent.number == contact.number(), "step {step}: number {} answered, not {}", sent.number, contact.number());
    ensure!(step > 0 || sent.buttons.iter().any(|(_, title)| title == OPTION), "the menu has no button {OPTION:?}");
    Ok(())
}

fn button(shown: &[(String, String)], title: &str) -> Result<String> {
    let found = shown.iter().find(|(_, shown)| shown == title);
    Ok(found.with_context(|| format!("no button {title:?} was shown"))?.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_few_and_many() {
        assert_eq!(percentile(&[], 0.5), 0);
        assert_eq!(percentile(&[7], 0.99), 7);
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&values, 0.5), 100);
        assert_eq!(percentile(&values, 0.99), 198);
    }

    #[test]
    fn a_wrong_answer_is_seen() {
        let contact = Contact(3);
        let sent = |text: String, number| {
            let buttons = vec![("b1".to_owned(), OPTION.to_owned())];
            Sent { at: Instant::now(), number, text, buttons, outside: Duration::ZERO }
        };
        assert!(check(contact, 0, &sent(contact.expects(0), contact.number())).is_ok());
        assert!(check(contact, 0, &sent(Contact(4).expects(0), contact.number())).is_err());
        assert!(check(contact, 0, &sent(contact.expects(0), contact.number() + 1)).is_err());
    }
}
