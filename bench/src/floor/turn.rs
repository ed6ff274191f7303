//! What one event leads to: the rows of its turn, and what is to be done after the commit.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::rows::Rows;
use super::store::{Answer, Effect, Job, Said};
use crate::conversation::OPTION;

const WORKSPACE: &str = "0198c5f0-0000-7000-8000-000000000001";
const WORKFLOW: &str = "bench";
const ENVIRONMENT: &str = "production";
/// How long a session lives without a message, in milliseconds.
const SESSION: i64 = 600_000;
const HOUR: i64 = 3_600_000;

/// Where a conversation stands.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub id: String,
    pub address: String,
    pub contact: String,
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
    /// How often a node was entered or left by an exit.
    statistics: BTreeMap<(i64, &'static str, &'static str), i64>,
}

/// An id of 32 hexadecimal digits, derived.
pub fn derived(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

impl Session {
    fn begin(said: &Said, now: i64) -> Self {
        let (address, contact) = (said.address(), derived(&["contact", &said.number, &said.phone]));
        // It rises with time, as the measured server's do.
        let id = format!(
            "{:08x}-{:04x}-7{}-8{}-{}",
            now >> 16,
            now & 0xffff,
            &address[..3],
            &address[3..6],
            &address[6..18]
        );
        let (phone, number, name) = (said.phone.clone(), said.number.clone(), said.name.clone());
        Self { id, address, contact, phone, number, name, version: 0, position: 0, started_at: now }
    }

    /// As large as the state of the same conversation in the measured server.
    fn state(&self, ends: bool) -> String {
        let mut state = json!({
            "format": 1, "id": self.id, "environment": ENVIRONMENT, "channel": self.number, "channel_kind": "whatsapp",
            "route": self.number, "deployment": 1, "entry": { "workflow": WORKFLOW }, "started_at": self.started_at,
            "state": { "state": "waiting", "wait": { "for": "reply", "attempts": 0 } },
            "place": { "workflow": WORKFLOW, "version": 1, "node": self.version },
            "message": { "kind": "tap", "id": self.reply("order"), "title": OPTION },
            "sent": [{ "effect": self.contact, "place": { "workflow": WORKFLOW, "version": 1, "node": 1 } }],
            "step": self.version, "generation": 0,
        });
        // A session that is over keeps no variables.
        if ends {
            state["state"] = json!({ "state": "ended", "ending": { "reason": "completed" } });
        }
        state.to_string()
    }

    fn reply(&self, option: &str) -> String {
        format!("{}/1/{WORKFLOW}/1/{option}", self.id)
    }

    fn contact(&self) -> String {
        json!({ "id": self.contact, "address": self.phone, "name": self.name, "phone": self.phone }).to_string()
    }
}

/// What is shown to a contact.
enum Shown<'a> {
    Menu,
    Text(&'a str),
}

impl Group {
    pub fn new(now: i64) -> Self {
        Self { now, rows: Rows::default(), follow: Follow::default(), statistics: BTreeMap::new() }
    }

    /// What a contact said: the menu at first, then the call.
    pub fn say(&mut self, said: &Said, session: &mut Session) {
        if session.version == 0 {
            *session = Session::begin(said, self.now);
            let Session { id, address, contact, phone, number, name, .. } = &*session;
            self.rows.contacts.push(json!([contact, WORKSPACE, ENVIRONMENT, name, phone, null, 0, self.now]));
            self.rows.addresses.push(json!([address, WORKSPACE, ENVIRONMENT, number, phone, contact, id, self.now]));
        }
        let message = match &said.text {
            Some(text) => json!({ "kind": "text", "text": text }),
            None => json!({ "kind": "tap", "id": session.reply("order"), "title": OPTION }),
        };
        self.message(session, "in", &message.to_string(), None, Some(&said.id));
        let visits = if session.version == 0 {
            self.send(session, &said.event, &Shown::Menu);
            self.count(&[(1, "entered", "")]);
            json!([visit(1, "menu", "entered", None)])
        } else {
            self.call(session, &said.event);
            self.count(&[(1, "left", "order"), (2, "entered", ""), (2, "left", "default"), (3, "entered", "")]);
            json!([
                visit(1, "menu", "resumed", Some("order")),
                visit(2, "switch_case", "entered", Some("default")),
                visit(3, "api_integration", "entered", None)
            ])
        };
        let event = json!({ "id": said.event, "kind": { "type": "message_received", "message": message } });
        self.take_turn(session, &said.event, &event, &visits, false);
    }

    /// What the order API answered: the condition, and the last text.
    pub fn answer(&mut self, event: &str, effect: &str, body: &Value, session: &mut Session) {
        let (name, number) = (&session.name, &body["order"]["number"]);
        let text = match body["order"]["status"].as_str().unwrap_or_default() {
            "shipped" => format!("{name}, order {number} is on its way."),
            status => format!("{name}, order {number} is {status}."),
        };
        self.send(session, event, &Shown::Text(&text));
        self.rows.consumed.push(json!(event));
        self.count(&[
            (3, "left", "yes"),
            (4, "entered", ""),
            (4, "left", "no"),
            (6, "entered", ""),
            (6, "left", "next"),
        ]);
        let mut resumed = visit(3, "api_integration", "resumed", Some("yes"));
        resumed["sets"] = json!([{ "name": "found", "value": body }]);
        let visits = json!([
            resumed,
            visit(4, "calculate", "entered", Some("no")),
            visit(6, "text_display", "entered", Some("next"))
        ]);
        let event_body = answer_event(event, effect, body);
        self.take_turn(session, event, &event_body, &visits, true);
    }

    /// What came of a call.
    pub fn settle(&mut self, effect: Effect, answer: Answer) {
        match effect {
            Effect::Send { id, session, position, body, .. } => {
                self.rows.settled.push(json!(id));
                let request: Value = serde_json::from_str(&body).unwrap_or_default();
                let provider = json!({ "request": request, "status": answer.status, "answer": answer.body });
                let provider_id = &answer.body["messages"][0]["id"];
                self.rows.sent.push(json!([session, position, provider_id, provider.to_string()]));
            }
            Effect::Call { id, address, session, phone } => {
                self.rows.settled.push(json!(id));
                let event = derived(&["answer", &id]);
                let content = answer_event(&event, &id, &answer.body).to_string();
                let (now, offer) = (self.now, self.now + 5_000);
                self.rows.own_events.push(json!([
                    event,
                    address,
                    WORKSPACE,
                    ENVIRONMENT,
                    "whatsapp",
                    phone,
                    session,
                    content,
                    now,
                    offer
                ]));
                self.follow.answered.push(Job::Answered { event, effect: id, address, body: answer.body });
            }
        }
    }

    /// The rows, with what was counted on the way.
    pub fn finish(self) -> (Rows, Follow) {
        let Self { now, mut rows, follow, statistics } = self;
        let hour = now - now.rem_euclid(HOUR);
        rows.statistics = statistics
            .into_iter()
            .map(|((node, what, exit), count)| {
                json!([WORKSPACE, ENVIRONMENT, hour, WORKFLOW, 1, node, what, exit, count])
            })
            .collect();
        (rows, follow)
    }

    fn count(&mut self, passed: &[(i64, &'static str, &'static str)]) {
        for key in passed {
            *self.statistics.entry(*key).or_default() += 1;
        }
    }

    /// Moves the session on, with its line in the journal.
    fn take_turn(&mut self, session: &mut Session, event: &str, body: &Value, visits: &Value, ends: bool) {
        session.version += 1;
        let now = self.now;
        let (ended, reason, expires) =
            if ends { (Some(now), Some("completed"), None) } else { (None, None, Some(now + SESSION)) };
        let state = session.state(ends);
        let Session { id, address, contact, phone, number, version, position, started_at, .. } = &*session;
        self.rows.sessions.push(json!([
            id,
            address,
            WORKSPACE,
            ENVIRONMENT,
            number,
            "whatsapp",
            phone,
            contact,
            number,
            WORKFLOW,
            1,
            version,
            position,
            started_at,
            now,
            ended,
            reason,
            null,
            expires,
            state
        ]));
        let seed = format!("{event}{address}");
        self.rows.journal.push(json!([
            id,
            version,
            address,
            event,
            now,
            seed,
            1,
            "0.1.0",
            body.to_string(),
            visits.to_string(),
            session.contact()
        ]));
    }

    fn message(
        &mut self,
        session: &mut Session,
        direction: &str,
        body: &str,
        effect: Option<&str>,
        provider_id: Option<&str>,
    ) -> i64 {
        session.position += 1;
        let Session { id, address, position, .. } = &*session;
        let (state, place) = match effect {
            Some(_) => (Some("pending"), Some(r#"{"workflow":"bench","version":1,"node":1}"#)),
            None => (None, None),
        };
        self.rows.messages.push(json!([
            id,
            position,
            address,
            self.now,
            direction,
            body,
            effect,
            place,
            state,
            provider_id,
            null
        ]));
        *position
    }

    fn send(&mut self, session: &mut Session, event: &str, shown: &Shown<'_>) {
        let id = format!("{event}-0");
        let mut request = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": session.phone,
            "biz_opaque_callback_data": id,
        });
        let message = match shown {
            Shown::Menu => {
                let text = format!("Hi {}! What can we do for you?", session.name);
                let options = [("order", OPTION), ("talk", "Talk to us")];
                let buttons = options.map(|(name, title)| json!({ "id": session.reply(name), "title": title }));
                let replies = buttons.clone().map(|button| json!({ "type": "reply", "reply": button }));
                request["type"] = json!("interactive");
                request["interactive"] =
                    json!({ "type": "button", "body": { "text": text }, "action": { "buttons": replies } });
                json!({ "kind": "buttons", "text": text, "buttons": buttons })
            }
            Shown::Text(text) => {
                request["type"] = json!("text");
                request["text"] = json!({ "body": text, "preview_url": false });
                json!({ "kind": "text", "text": text })
            }
        };
        let position = self.message(session, "out", &message.to_string(), Some(&id), None);
        self.effect(session, &id, "send", &json!({ "id": id, "kind": { "type": "send", "message": message } }));
        let (number, session, body) = (session.number.clone(), session.id.clone(), request.to_string());
        self.follow.effects.push(Effect::Send { id, session, position, number, body });
    }

    fn call(&mut self, session: &Session, event: &str) {
        let id = format!("{event}-0");
        let phone = session.phone.clone();
        let request = json!({ "api": "shop", "method": "GET", "path": format!("/orders/{phone}.json"), "headers": {} });
        self.effect(session, &id, "call", &json!({ "id": id, "kind": { "type": "call", "request": request } }));
        let (address, session) = (session.address.clone(), session.id.clone());
        self.follow.effects.push(Effect::Call { id, address, session, phone });
    }

    fn effect(&mut self, session: &Session, id: &str, kind: &str, content: &Value) {
        let Session { address, phone, number, position, .. } = session;
        let (now, due) = (self.now, self.now + 30_000);
        self.rows.effects.push(json!([
            id,
            address,
            WORKSPACE,
            ENVIRONMENT,
            number,
            "whatsapp",
            phone,
            session.id,
            kind,
            position,
            content.to_string(),
            "leased",
            due,
            "floor",
            1,
            now
        ]));
    }
}

fn visit(node: i64, kind: &str, event: &str, exit: Option<&str>) -> Value {
    let mut visit = json!({ "workflow": WORKFLOW, "version": 1, "node": node, "type": kind, "event": event });
    if let Some(exit) = exit {
        visit["exit"] = json!(exit);
    }
    visit
}

fn answer_event(event: &str, effect: &str, body: &Value) -> Value {
    let answer = json!({
        "outcome": "responded", "status": 200, "content_type": "application/json", "body": body.to_string(),
    });
    json!({ "id": event, "kind": { "type": "call_answered", "effect": effect, "answer": answer } })
}
