//! What one event leads to: the rows of its turn, and what is to be done after the commit.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::rows::Rows;
use super::store::{Answer, Effect, Job, Said};
use crate::conversation::OPTION;

const WORKSPACE: &str = "0198c5f0-0000-7000-8000-000000000001";
const WORKFLOW: &str = "0198c5f0-0000-7000-8000-000000000002";
const ENVIRONMENT: &str = "production";
/// How long a session lives without a message, in milliseconds.
const SESSION: i64 = 600_000;

/// Where a conversation stands.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub phone: String,
    pub number: String,
    pub name: String,
    pub version: i64,
    pub position: i64,
    pub started_at: i64,
}

/// What follows a commit.
#[derive(Debug, Default)]
pub struct Follow {
    pub acknowledge: Vec<oneshot::Sender<()>>,
    pub effects: Vec<Effect>,
    pub answered: Vec<Job>,
}

/// One group under way.
#[derive(Debug)]
pub struct Group {
    pub now: i64,
    pub rows: Rows,
    pub follow: Follow,
}

impl Session {
    fn id(&self) -> String {
        format!("{}:{}", self.number, self.phone)
    }

    fn address(&self) -> String {
        format!("wa.{}", self.phone)
    }
}

impl Group {
    /// What a contact said: the next answer in the row.
    pub fn say(&mut self, said: Said, session: &mut Session) {
        let now = self.now;
        let step = session.version;
        if step == 0 {
            *session = Session {
                phone: said.phone,
                number: said.number,
                name: said.name,
                started_at: now,
                ..Session::default()
            };
            let (id, address) = (session.id(), session.address());
            let (name, phone) = (&session.name, &session.phone);
            self.rows.contacts.push(json!([address, WORKSPACE, ENVIRONMENT, name, phone, null, 0, now]));
            self.rows.addresses.push(json!([address, WORKSPACE, ENVIRONMENT, session.number, phone, address, id, now]));
        }
        let message = json!({ "kind": "text", "text": said.text });
        self.message(session, "in", &message.to_string(), None);
        match step {
            0 => {
                let text = format!("Hi {}! What can we do for you?", session.name);
                self.send(session, &said.event, &text, true);
            }
            1 => self.send(session, &said.event, "What is your order number?", false),
            _ => self.call(session, &said.event, said.text.unwrap_or_default()),
        }
        self.take_turn(session, &said.event, &message, step.min(2), false);
    }

    /// What the order API answered: the last text.
    pub fn answer(&mut self, event: &str, body: &Value, session: &mut Session) {
        let status = body["order"]["status"].as_str().unwrap_or_default();
        let text = format!("{}, order {} is {status}.", session.name, body["order"]["number"]);
        self.send(session, event, &text, false);
        self.rows.consumed.push(json!(event));
        self.take_turn(session, event, body, 2, true);
    }

    /// What came of a call.
    pub fn settle(&mut self, effect: Effect, answer: Answer) {
        match effect {
            Effect::Send { id, session, position, .. } => {
                self.rows.settled.push(json!(id));
                self.rows.sent.push(json!([session, position, answer.body["messages"][0]["id"]]));
            }
            Effect::Call { id, address, session, .. } => {
                self.rows.settled.push(json!(id));
                let event = format!("{id}:answer");
                let content = json!({ "status": answer.status, "body": answer.body }).to_string();
                let (now, offer) = (self.now, self.now + 5_000);
                self.rows.own_events.push(json!([
                    event,
                    address,
                    WORKSPACE,
                    ENVIRONMENT,
                    "whatsapp",
                    address,
                    session,
                    content,
                    now,
                    offer
                ]));
                self.follow.answered.push(Job::Answered { event, session, body: answer.body });
            }
        }
    }

    /// Moves the session on, with its line in the journal and the deltas of the nodes that it passed.
    fn take_turn(&mut self, session: &mut Session, event: &str, message: &Value, passed: i64, ends: bool) {
        session.version += 1;
        let Session { version, position, number, phone, started_at, .. } = session;
        let (id, address, now) = (format!("{number}:{phone}"), format!("wa.{phone}"), self.now);
        // As large as the state and the visits of the same conversation are in the measured server.
        let state = json!({
            "format": 1, "deployment": 1, "workflow": "bench", "version": 1, "node": version, "waiting": "message",
            "variables": { "order_number": "1000000", "order": { "number": 1_000_000, "status": "shipped" } },
            "attempts": 0, "shown": [{ "id": format!("{id}.1.order"), "title": OPTION }],
            "inbox": [], "calls": [], "started_at": started_at,
        });
        let visits: Vec<_> = (0..=passed)
            .map(|node| {
                json!({
                    "workflow": "bench", "version": 1, "node": node, "type": "request_input", "event": "entered",
                    "exit": "answered", "sets": [{ "name": "order_number", "value": "1000000" }], "notes": [],
                })
            })
            .collect();
        let (ended, reason) = if ends { (Some(now), Some("end")) } else { (None, None) };
        let expires = if ends { None } else { Some(now + SESSION) };
        self.rows.sessions.push(json!([
            id,
            address,
            WORKSPACE,
            ENVIRONMENT,
            number,
            "whatsapp",
            phone,
            address,
            "bench",
            "bench",
            1,
            version,
            position,
            started_at,
            now,
            ended,
            reason,
            null,
            expires,
            state.to_string()
        ]));
        let event_body = json!({ "id": event, "at": now, "message": message }).to_string();
        let seed = "00000000000000000000000000000000";
        self.rows.journal.push(json!([
            id,
            version,
            address,
            event,
            now,
            seed,
            1,
            "0.1.0",
            event_body,
            json!(visits).to_string(),
            "{}"
        ]));
        for node in 0..=passed {
            for what in ["entered", "left"] {
                let hour = now / 3_600_000;
                self.rows.statistics.push(json!([WORKSPACE, ENVIRONMENT, hour, WORKFLOW, 1, node, what, "next", 1]));
            }
        }
    }

    fn message(&mut self, session: &mut Session, direction: &str, body: &str, effect: Option<&str>) -> i64 {
        session.position += 1;
        let state = if effect.is_some() { "pending" } else { "received" };
        let (place, position) = (r#"{"workflow":"bench","node":1}"#, session.position);
        self.rows.messages.push(json!([
            session.id(),
            position,
            session.address(),
            self.now,
            direction,
            body,
            effect,
            place,
            state,
            null,
            null,
            null
        ]));
        position
    }

    fn send(&mut self, session: &mut Session, event: &str, text: &str, menu: bool) {
        let id = format!("{event}:0");
        let mut body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": session.phone,
            "biz_opaque_callback_data": id,
        });
        if menu {
            let button = |(name, title)| json!({ "type": "reply", "reply": { "id": format!("{}.1.{name}", session.id()), "title": title } });
            let buttons = [("order", OPTION), ("talk", "Talk to us")].map(button);
            body["type"] = json!("interactive");
            body["interactive"] =
                json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } });
        } else {
            body["type"] = json!("text");
            body["text"] = json!({ "body": text });
        }
        let body = body.to_string();
        let position = self.message(session, "out", &body, Some(&id));
        self.effect(session, &id, "send", &body);
        let (number, session) = (session.number.clone(), session.id());
        self.follow.effects.push(Effect::Send { id, session, position, number, body });
    }

    fn call(&mut self, session: &Session, event: &str, order: String) {
        let id = format!("{event}:0");
        let request = json!({ "api": "shop", "method": "GET", "path": format!("/orders/{order}.json"), "headers": {} });
        self.effect(session, &id, "call", &request.to_string());
        self.follow.effects.push(Effect::Call { id, address: session.address(), session: session.id(), order });
    }

    fn effect(&mut self, session: &Session, id: &str, kind: &str, content: &str) {
        let (address, phone, number, now) = (session.address(), &session.phone, &session.number, self.now);
        let due = now + 30_000;
        self.rows.effects.push(json!([
            id,
            address,
            WORKSPACE,
            ENVIRONMENT,
            number,
            "whatsapp",
            phone,
            session.id(),
            kind,
            session.position,
            content,
            "leased",
            due,
            "floor",
            0,
            null,
            now,
            null
        ]));
    }
}
