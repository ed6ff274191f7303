//! The one writer: everything that waits is one group, one transaction, one flush to the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::outside::Outside;
use super::rows::{Rows, SCHEMA};
use crate::conversation::OPTION;

/// Jobs of one group.
const GROUP: usize = 512;
/// How long a session lives without a message, in milliseconds.
const SESSION: i64 = 600_000;

/// A message of a contact.
#[derive(Debug)]
pub struct Said {
    pub event: String,
    pub number: String,
    pub phone: String,
    pub name: String,
    pub text: Option<String>,
}

/// A call to make after the commit.
#[derive(Debug)]
pub enum Effect {
    Send { id: String, number: String, body: String },
    Call { id: String, session: String, order: String },
}

impl Effect {
    fn id(&self) -> &str {
        match self {
            Self::Send { id, .. } | Self::Call { id, .. } => id,
        }
    }
}

/// What came of a call; status 0 when there was no answer.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Something to commit.
#[derive(Debug)]
pub enum Job {
    Said { said: Said, committed: oneshot::Sender<()> },
    Settled { effect: Effect, answer: Answer },
    Answered { event: String, session: String, body: Value },
}

impl Job {
    /// The event and the session of a job that is a turn.
    fn turn(&self) -> Option<(&str, String)> {
        match self {
            Self::Said { said, .. } => Some((&said.event, said.session())),
            Self::Answered { event, session, .. } => Some((event, session.clone())),
            Self::Settled { .. } => None,
        }
    }
}

impl Said {
    fn session(&self) -> String {
        format!("{}:{}", self.number, self.phone)
    }
}

#[derive(Debug, Clone, Default)]
struct Session {
    phone: String,
    number: String,
    name: String,
    step: i64,
    turn: i64,
}

/// What follows a commit.
#[derive(Debug, Default)]
struct Follow {
    acknowledge: Vec<oneshot::Sender<()>>,
    effects: Vec<Effect>,
    answered: Vec<Job>,
}

#[derive(Debug)]
pub struct Writer {
    connection: SqliteConnection,
    outside: Outside,
}

impl Writer {
    pub async fn open(path: &Path, outside: Outside) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await.with_context(|| format!("cannot open {}", path.display()))?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        Ok(Self { connection, outside })
    }

    /// Works until nobody can add a job; a failure of the database ends it, and with it the acknowledgements.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Job>) -> Result<()> {
        let mut group = Vec::new();
        let mut own = Vec::new();
        loop {
            if own.is_empty() && queue.recv_many(&mut group, GROUP).await == 0 {
                return Ok(());
            }
            group.append(&mut own);
            while let (true, Ok(job)) = (group.len() < GROUP, queue.try_recv()) {
                group.push(job);
            }
            let follow = self.commit(std::mem::take(&mut group)).await?;
            for committed in follow.acknowledge {
                // Who waited may have gone away.
                let _ = committed.send(());
            }
            for effect in follow.effects {
                self.outside.carry_out(effect);
            }
            own = follow.answered;
        }
    }

    async fn commit(&mut self, jobs: Vec<Job>) -> Result<Follow> {
        let now = now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let turns: Vec<_> = jobs.iter().filter_map(Job::turn).collect();
        let events = json!(turns.iter().map(|(event, _)| event).collect::<Vec<_>>()).to_string();
        let keys = json!(turns.iter().map(|(_, session)| session).collect::<Vec<_>>()).to_string();

        let inserted = sqlx::query(
            "INSERT INTO events SELECT value, $2 FROM json_each($1) WHERE true ON CONFLICT DO NOTHING RETURNING id",
        );
        let inserted = inserted.bind(events).bind(now).fetch_all(&mut *transaction).await?;
        let mut new = inserted.iter().map(|row| row.try_get(0)).collect::<Result<BTreeSet<String>, _>>()?;
        let mut sessions = BTreeMap::new();
        let found = sqlx::query(
            "SELECT s.id, s.phone, s.number, c.name, s.step, s.version FROM sessions s JOIN contacts c USING (phone)
             WHERE s.id IN (SELECT value FROM json_each($1))",
        );
        for row in found.bind(keys).fetch_all(&mut *transaction).await? {
            let (phone, number, name) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let session = Session { phone, number, name, step: row.try_get(4)?, turn: row.try_get(5)? };
            sessions.insert(row.try_get::<String, _>(0)?, session);
        }

        let mut rows = Rows::default();
        let mut follow = Follow::default();
        for job in jobs {
            match job {
                Job::Said { said, committed } => {
                    follow.acknowledge.push(committed);
                    if new.remove(&said.event) {
                        let session = sessions.entry(said.session()).or_default();
                        say(said, session, now, &mut rows, &mut follow);
                    }
                }
                Job::Settled { effect, answer } => settle(&effect, answer, &mut rows, &mut follow),
                Job::Answered { event, session: id, body } => {
                    if new.remove(&event) {
                        let session = sessions.entry(id).or_default();
                        rows.consumed.push(json!(event));
                        let status = body["order"]["status"].as_str().unwrap_or_default();
                        let text = format!("{}, order {} is {status}.", session.name, body["order"]["number"]);
                        take_turn(session, &event, now, &body, &mut rows);
                        send(session, &event, now, &text, false, &mut rows, &mut follow);
                    }
                }
            }
        }
        rows.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(follow)
    }
}

#[expect(clippy::disallowed_methods, reason = "the floor has no clock to hand around")]
fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A turn on what a contact said: the next answer in the row.
fn say(said: Said, session: &mut Session, now: i64, rows: &mut Rows, follow: &mut Follow) {
    let id = said.session();
    rows.contacts.push(json!([said.phone, said.name, "{}", now]));
    session.phone = said.phone;
    session.number = said.number;
    session.name = said.name;
    let message = json!({ "kind": "text", "text": said.text });
    rows.transcript.push(json!([said.event, id, now, 1, message.to_string(), "received"]));
    let step = session.step;
    take_turn(session, &said.event, now, &message, rows);
    match step {
        0 => {
            let text = format!("Hi {}! What can we do for you?", session.name);
            send(session, &said.event, now, &text, true, rows, follow);
        }
        1 => send(session, &said.event, now, "What is your order number?", false, rows, follow),
        _ => {
            let order = said.text.unwrap_or_default();
            let effect = format!("{}:0", said.event);
            rows.effects.push(json!([
                effect,
                id,
                "call",
                json!({ "path": format!("/orders/{order}.json") }).to_string(),
                now
            ]));
            follow.effects.push(Effect::Call { id: effect, session: id, order });
        }
    }
}

/// Moves the session on and writes its row and its line in the journal.
fn take_turn(session: &mut Session, event: &str, now: i64, message: &Value, rows: &mut Rows) {
    session.step += 1;
    session.turn += 1;
    let id = format!("{}:{}", session.number, session.phone);
    // As large as the state and the trace of the same conversation are in the measured server.
    let state = json!({
        "format": 1, "deployment": 1, "workflow": "bench", "version": 1, "node": session.step, "waiting": "message",
        "variables": { "order_number": "1000000", "order": { "number": 1_000_000, "status": "shipped" } },
        "attempts": 0, "shown": [{ "id": "0198c5f0-0000-7000-8000-000000000000.1.order", "title": OPTION }],
        "inbox": [], "calls": [], "started_at": now,
    });
    let trace = json!([
        { "workflow": "bench", "version": 1, "node": session.step, "type": "menu", "event": "resumed", "exit": "order",
          "sets": [{ "name": "order_number", "value": "1000000" }], "notes": [] },
        { "workflow": "bench", "version": 1, "node": session.step + 1, "type": "request_input", "event": "entered",
          "exit": null, "sets": [], "notes": [] },
    ]);
    rows.sessions.push(json!([
        id,
        session.phone,
        session.number,
        session.step,
        session.turn,
        now + SESSION,
        state.to_string()
    ]));
    let event = json!({ "id": event, "at": now, "seed": "00000000000000000000000000000000", "message": message });
    rows.journal.push(json!([id, session.turn, now, event.to_string(), trace.to_string()]));
}

fn send(session: &Session, event: &str, now: i64, text: &str, menu: bool, rows: &mut Rows, follow: &mut Follow) {
    let id = format!("{event}:0");
    let key = format!("{}:{}", session.number, session.phone);
    let mut body = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": session.phone,
        "biz_opaque_callback_data": id,
    });
    if menu {
        let buttons: Vec<_> = [("order", OPTION), ("talk", "Talk to us")]
            .iter()
            .map(|(name, title)| json!({ "type": "reply", "reply": { "id": format!("{key}.1.{name}"), "title": title } }))
            .collect();
        body["type"] = json!("interactive");
        body["interactive"] = json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } });
    } else {
        body["type"] = json!("text");
        body["text"] = json!({ "body": text });
    }
    let body = body.to_string();
    rows.transcript.push(json!([id, key, now, 0, body, "accepted"]));
    rows.effects.push(json!([id, key, "send", body, now]));
    follow.effects.push(Effect::Send { id, number: session.number.clone(), body });
}

fn settle(effect: &Effect, answer: Answer, rows: &mut Rows, follow: &mut Follow) {
    let done = answer.status == 200;
    rows.settled.push(json!([effect.id(), if done { "done" } else { "failed" }]));
    match effect {
        Effect::Send { id, .. } => rows.delivered.push(json!([id, answer.body["messages"][0]["id"]])),
        Effect::Call { id, session, .. } => {
            let event = format!("{id}:answer");
            rows.own_events.push(json!([event, session, answer.body.to_string()]));
            follow.answered.push(Job::Answered { event, session: session.clone(), body: answer.body });
        }
    }
}
