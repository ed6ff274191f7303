//! Acts a scenario out.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::parse::{Doing, Line, Scenario};
use super::show;
use crate::advance::{Turn, advance};
use crate::api::Api;
use crate::change::Change;
use crate::contact::Contact;
use crate::effect::{Call, EffectKind};
use crate::environment::Environment;
use crate::event::{Answer, Event, EventKind, SendFailure, SendFailureReason};
use crate::id::{EffectId, EventId, SessionId};
use crate::limits;
use crate::message::{Inbound, Outbound};
use crate::render::Abilities;
use crate::session::{Session, Start};
use crate::trace::Level;
use crate::value::Value;
use crate::world::{Moment, Seed, Workflows, World};

/// What a scenario is acted out on.
#[derive(Debug)]
pub struct Stage<'a> {
    pub workflows: &'a dyn Workflows,
    /// Definitions of APIs; one that a scenario names and that is not here has the usual rules.
    pub apis: BTreeMap<String, Api>,
}

/// Acts a scenario out and returns it as it came to pass: the same text, if all went as written.
///
/// Between any two turns the session goes through its serialised form, and each turn is taken twice: a second run that
/// differs is told as a line that begins with `!`.
pub fn play(scenario: &Scenario, stage: &Stage<'_>) -> String {
    let mut play = Play::new(scenario, stage);
    for line in &scenario.lines {
        play.act(line);
    }
    play.text
}

struct Play<'a> {
    workflows: &'a dyn Workflows,
    apis: BTreeMap<String, Api>,
    abilities: &'static Abilities,
    contact: Contact,
    session: Session,
    now: Timestamp,
    events: u32,
    calls: VecDeque<(EffectId, Call)>,
    sent: Option<EffectId>,
    choices: Vec<(String, String)>,
    timers: BTreeMap<String, (u32, Timestamp)>,
    text: String,
}

impl<'a> Play<'a> {
    fn new(scenario: &Scenario, stage: &Stage<'a>) -> Self {
        // 2026-01-05 09:00 UTC, a Monday: every scenario begins then.
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_767_603_600);
        let mut apis = stage.apis.clone();
        for (key, base_element) in &scenario.apis {
            apis.entry(key.clone()).or_insert_with(|| Api {
                key: key.clone(),
                name: key.clone(),
                base_element: base_element.clone(),
                timeout_ms: limits::CALL_TIMEOUT_MS,
                ..Api::default()
            });
        }
        let contact = Contact {
            id: "contact-1".to_owned(),
            address: scenario.address.clone(),
            name: scenario.name.clone(),
            phone: scenario.address.starts_with('+').then(|| scenario.address.clone()),
            language: scenario.language.clone(),
            attributes: BTreeMap::new(),
        };
        let session = Session::new(Start {
            id: SessionId::from("session-1"),
            environment: Environment::Sandbox,
            channel: scenario.channel.clone(),
            channel_kind: scenario.channel.clone(),
            route: "scenario".to_owned(),
            deployment: 1,
            entry: scenario.entry.clone(),
            now,
        });
        Self {
            workflows: stage.workflows,
            apis,
            abilities: Abilities::of(&scenario.channel).unwrap_or(&Abilities::SMS),
            contact,
            session,
            now,
            events: 0,
            calls: VecDeque::new(),
            sent: None,
            choices: Vec::new(),
            timers: BTreeMap::new(),
            text: String::new(),
        }
    }

    fn act(&mut self, line: &Line) {
        match line {
            Line::Kept(text) => self.say(text),
            Line::Expected => {}
            Line::Does(Doing::Opens) => {
                self.say("> opens the chat");
                self.take(EventKind::ConversationOpened);
            }
            Line::Does(Doing::Says(message)) => {
                let said = match message {
                    Inbound::Text { text } => text.clone(),
                    other => format!("[{}]", other.kind()),
                };
                self.say(&show::escaped(&format!("> {said}")));
                self.take(EventKind::MessageReceived { message: message.clone() });
            }
            Line::Does(Doing::Taps(label)) => {
                self.say(&show::escaped(&format!("> tap \"{label}\"")));
                let shown = self.choices.iter().rev().find(|(_, title)| title == label);
                let id = shown.map(|(id, _)| id.clone()).unwrap_or_default();
                let message = Inbound::Tap { id, title: label.clone() };
                self.take(EventKind::MessageReceived { message });
            }
            Line::Answers(answer) => self.answer(answer),
            Line::Waits(time, written) => {
                self.say(&format!("~ wait {written}"));
                self.pass(*time);
            }
            Line::Undeliverable => {
                self.say("~ undeliverable");
                let failure = SendFailure {
                    reason: SendFailureReason::Undeliverable,
                    code: None,
                    message: "the message could not be delivered".to_owned(),
                };
                if let Some(effect) = self.sent.take() {
                    self.take(EventKind::SendFailed { effect, failure });
                }
            }
            Line::Stands => {
                let standing = show::standing(&self.session);
                self.say(&standing);
            }
            Line::Holds(path) => {
                let root = path.root().and_then(|name| self.session.variables.get(name)).cloned();
                let held = root.unwrap_or(Value::UNSET).get(&path.0[1..]).unwrap_or(Value::UNSET);
                self.say(&format!("= {path} is {}", held.masked().to_json_text()));
            }
        }
    }

    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn answer(&mut self, answer: &Answer) {
        let Some((effect, call)) = self.calls.pop_front() else {
            self.say("! no call is under way");
            return;
        };
        self.say(&show::call(&call, Some(answer)));
        self.take(EventKind::CallAnswered { effect, answer: answer.clone() });
    }

    fn pass(&mut self, time: SignedDuration) {
        let until = self.now + time;
        loop {
            let timer = self.timers.iter().min_by_key(|(_, (_, due))| *due).map(|(name, at)| (name.clone(), *at));
            let deadline = self.session.expires_at;
            match (timer, deadline) {
                (Some((timer, (generation, due))), deadline)
                    if due <= until && deadline.is_none_or(|deadline| due <= deadline) =>
                {
                    self.now = self.now.max(due);
                    self.timers.remove(&timer);
                    self.take(EventKind::TimerFired { timer, generation });
                }
                (_, Some(deadline)) if deadline <= until => {
                    self.now = self.now.max(deadline);
                    self.take(EventKind::SessionExpired);
                }
                _ => break,
            }
        }
        self.now = self.now.max(until);
    }

    fn take(&mut self, kind: EventKind) {
        self.events += 1;
        self.now += SignedDuration::from_secs(1);
        let event = Event { id: EventId(format!("event-{}", self.events)), kind };
        let turn = self.turn(&event);
        let again = self.turn(&event);
        if turn != again {
            self.say("! taken again, the turn went otherwise");
        }
        for visit in &turn.trace {
            for note in visit.notes.iter().filter(|note| note.level >= Level::Warning) {
                let line = format!("! node {}: {}", visit.place.node, note.text);
                self.say(&show::escaped(&line));
            }
        }
        for effect in turn.effects {
            match effect.kind {
                EffectKind::Send { message } => {
                    self.show(&message);
                    self.sent = Some(effect.id);
                }
                EffectKind::Call { call } => self.calls.push_back((effect.id, call)),
            }
        }
        for change in turn.changes {
            match change {
                Change::TimerSet { timer, generation, due } => {
                    self.timers.insert(timer, (generation, due));
                }
                Change::TimerCleared { timer } => {
                    self.timers.remove(&timer);
                }
                Change::ContactAttribute { name, value } => {
                    self.contact.attributes.insert(name, value);
                }
                Change::Ended { .. } | Change::Counted { .. } => {}
            }
        }
        self.session = turn.session;
    }

    fn show(&mut self, message: &Outbound) {
        let line = show::message(message);
        self.say(&line);
        let choices = message.choices().into_iter().map(|(id, title)| (id.to_owned(), title.to_owned()));
        self.choices.extend(choices);
    }

    /// Takes the turn on an event, from the session's serialised form.
    fn turn(&self, event: &Event) -> Turn {
        let world = World {
            workflows: self.workflows,
            contact: &self.contact,
            abilities: self.abilities,
            workspace: "Acme",
            apis: &self.apis,
            session_length: limits::SESSION_LENGTH,
        };
        #[expect(clippy::expect_used, reason = "a session that cannot be read back is what a scenario must not hide")]
        let session = serde_json::to_string(&self.session)
            .and_then(|written| serde_json::from_str(&written))
            .expect("a session reads its own serialised form");
        let moment = Moment { now: self.now, seed: Seed([7; 32]) };
        advance(&world, session, event, moment)
    }
}
