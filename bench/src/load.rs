//! Plays the contacts: each has its conversation, and reads every answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow, ensure};

use crate::connection::Connection;
use crate::conversation::{Answer, Contact, OPTION, STEPS, Says, Script};
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
    /// Where its processes listen; a contact's messages go to one after the other.
    pub addresses: Vec<SocketAddr>,
    /// Where they take webhooks.
    pub path: String,
    /// Whether it knows a message that is delivered twice.
    pub redelivered: bool,
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// New contacts from this one on, who have a whole conversation each.
    New { first: u32 },
    /// The contacts below this number, whose sessions have been waiting at the menu; they come by over and over.
    Stored { contacts: u32 },
    /// New contacts from this one on, who greet and fall silent: their sessions wait at the menu.
    Silent { first: u32 },
}

/// What to do to it.
#[derive(Debug, Clone)]
pub struct Load {
    pub who: Who,
    /// How many converse at a time.
    pub at_once: u32,
    /// Conversations begun per second; without it the next begins when one ends.
    pub pace: Option<f64>,
    /// No conversation begins after this.
    pub limit: Duration,
    /// Nor more than so many.
    pub most: u32,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub elapsed: Duration,
    /// Contacts that were taken, whether they came to speak or not.
    pub taken: u32,
    /// Conversations that went well to their end.
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

/// Puts the load on the target and waits until every conversation has ended.
pub async fn put(load: Load, target: Target, stand_in: StandIn) -> Result<Outcome> {
    let next = Arc::new(AtomicU32::new(0));
    let total = Arc::new(Mutex::new(Outcome::default()));
    let began = Instant::now();
    let players_wanted = load.at_once.min(load.most);
    let player = Player { load, target, stand_in, began, run: Arc::new(run_name()) };

    let mut players = Vec::new();
    for _ in 0..players_wanted {
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

    let mut outcome = std::mem::take(&mut *total.lock().map_err(|_| anyhow!("a player failed"))?);
    outcome.elapsed = began.elapsed();
    outcome.taken = next.load(Ordering::Relaxed).min(player.load.most);
    outcome.to_send.sort_unstable();
    outcome.to_acknowledge.sort_unstable();
    Ok(outcome)
}

#[expect(clippy::disallowed_methods, reason = "webhooks carry the time of day")]
pub fn seconds_of_now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

/// Message ids differ from load to load.
fn run_name() -> String {
    static LOADS: AtomicU32 = AtomicU32::new(0);
    format!("{}.{}", seconds_of_now(), LOADS.fetch_add(1, Ordering::Relaxed))
}

/// Plays one contact after the other.
#[derive(Debug, Clone)]
struct Player {
    load: Load,
    target: Target,
    stand_in: StandIn,
    began: Instant,
    run: Arc<String>,
}

/// Walks far over the stored contacts, so that neighbours in time are not neighbours in the tables.
const STRIDE: u64 = 7_368_787;

impl Who {
    /// Who has the conversation of this number.
    fn contact(self, serial: u32) -> Contact {
        match self {
            Self::New { first } | Self::Silent { first } => Contact(first + serial),
            Self::Stored { contacts } => {
                let place = u64::from(serial) * STRIDE % u64::from(contacts);
                Contact(u32::try_from(place).unwrap_or_default())
            }
        }
    }

    fn script(self) -> Script {
        match self {
            Self::New { .. } | Self::Silent { .. } => Script::Whole,
            Self::Stored { .. } => Script::Resumed,
        }
    }

    fn steps(self) -> usize {
        if matches!(self, Self::Silent { .. }) { 1 } else { STEPS }
    }
}

impl Player {
    async fn play(&self, next: &AtomicU32) -> Outcome {
        let mut outcome = Outcome::default();
        let mut connections = self.connections();
        while self.began.elapsed() < self.load.limit {
            let serial = next.fetch_add(1, Ordering::Relaxed);
            if serial >= self.load.most {
                break;
            }
            if let Some(pace) = self.load.pace {
                let due = Duration::from_secs_f64(f64::from(serial) / pace);
                if due > self.load.limit {
                    break;
                }
                tokio::time::sleep(due.saturating_sub(self.began.elapsed())).await;
            }
            match self.converse(serial, &mut connections, &mut outcome).await {
                Ok(()) => outcome.conversations += 1,
                Err(error) => {
                    outcome.failed += 1;
                    outcome.failures.push(format!("contact {}: {error:#}", self.load.who.contact(serial).0));
                    outcome.failures.truncate(TOLD);
                    connections = self.connections();
                }
            }
        }
        outcome
    }

    fn connections(&self) -> Vec<Connection> {
        self.target.addresses.iter().map(|address| Connection::new(*address)).collect()
    }

    async fn converse(&self, serial: u32, connections: &mut [Connection], outcome: &mut Outcome) -> Result<()> {
        let (contact, path) = (self.load.who.contact(serial), &self.target.path);
        let mut answers = self.stand_in.listen(contact).await;
        let mut shown = Vec::new();
        for step in 0..self.load.who.steps() {
            let place = (serial as usize + step) % connections.len();
            let connection = &mut connections[place];
            let (says, expected) = self.load.who.script().step(step);
            let message = match says {
                Says::Text(text) => Message::Text(text.to_owned()),
                Says::Tap(title) => Message::Tap { id: button(&shown, title)?, title: title.to_owned() },
            };
            let id = format!("wamid.in.{}.{serial}.{step}", self.run);
            let webhook = Webhook::of_message(contact, &id, seconds_of_now(), &message);

            let began = Instant::now();
            let acknowledged = async {
                let status = connection.post(path, &webhook).await?;
                Ok::<_, anyhow::Error>((status, began.elapsed()))
            };
            let answered = tokio::time::timeout(PATIENCE, answers.next());
            let (acknowledged, answered) = tokio::join!(acknowledged, answered);
            let (status, acknowledged) = acknowledged?;
            ensure!(status == 200, "step {step}: the webhook was answered with {status}");
            outcome.to_acknowledge.push(microseconds(acknowledged));
            let sent = answered
                .map_err(|_| anyhow!("step {step}: no answer within {} s", PATIENCE.as_secs()))?
                .context("the stand-in is gone")?;

            check(contact, expected, &sent).with_context(|| format!("step {step}"))?;
            outcome.answers += 1;
            outcome.to_send.push(microseconds(sent.at.saturating_duration_since(began).saturating_sub(sent.outside)));
            shown = sent.buttons;
            if self.target.redelivered && (serial + u32::try_from(step)?).is_multiple_of(REDELIVERED) {
                let status = connection.post(path, &webhook).await?;
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
fn check(contact: Contact, expected: Answer, sent: &Sent) -> Result<()> {
    let text = contact.reads(expected);
    ensure!(sent.text == text, "got {:?}, not {text:?}", sent.text);
    ensure!(sent.number == contact.number(), "number {} answered, not {}", sent.number, contact.number());
    let offers = expected != Answer::Menu || sent.buttons.iter().any(|(_, title)| title == OPTION);
    ensure!(offers, "the menu has no button {OPTION:?}");
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
    fn a_wrong_answer_is_seen() {
        let contact = Contact(3);
        let sent = |text: String, number| {
            let buttons = vec![("b1".to_owned(), OPTION.to_owned())];
            Sent { at: Instant::now(), number, text, buttons, outside: Duration::ZERO }
        };
        let menu = contact.reads(Answer::Menu);
        assert!(check(contact, Answer::Menu, &sent(menu.clone(), contact.number())).is_ok());
        assert!(check(contact, Answer::Order, &sent(menu.clone(), contact.number())).is_err());
        assert!(check(Contact(4), Answer::Menu, &sent(menu.clone(), contact.number())).is_err());
        assert!(check(contact, Answer::Menu, &sent(menu, contact.number() + 1)).is_err());
    }

    #[test]
    fn stored_contacts_come_by_one_after_the_other_and_all_of_them() {
        let who = Who::Stored { contacts: 1_000 };
        let first: std::collections::HashSet<_> = (0..1_000).map(|serial| who.contact(serial)).collect();
        assert_eq!(first.len(), 1_000);
        assert_eq!(who.contact(0), who.contact(1_000));
    }
}
