//! Random workflows and random events: nothing panics, the limits hold, and a replay goes the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use usher_engine::api::Api;
use usher_engine::catalogue::Catalogue;
use usher_engine::contact::Contact;
use usher_engine::effect::EffectKind;
use usher_engine::event::{Answer, CallFailure, SendFailure, SendFailureReason};
use usher_engine::id::{EffectId, EventId, SessionId};
use usher_engine::message::{Inbound, MediaKind, Outbound};
use usher_engine::render::Abilities;
use usher_engine::session::{Entry, Start};
use usher_engine::workflow::document::{Answer as Return, Node};
use usher_engine::workflow::{Document, Kind, Target, Workflow, compile};
use usher_engine::{Environment, Event, EventKind, Moment, Seed, Session, World, advance, exits, limits};

const NODES: u32 = 8;
const KEYS: [&str; 2] = ["first", "second"];

/// What a random customer, and the world around them, may do.
#[derive(Debug, Clone)]
enum Act {
    Opens,
    Says(String),
    Taps(Index),
    SendsMedia,
    Reacts,
    Answers(u16, String),
    FailsToAnswer,
    Fires,
    Expires,
    FailsToSend(Index),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Opens),
        6 => select(vec!["hi", "1", "2", "99", "First option", "1001", "", "yes", "\u{202e}مرحبا", "🙂"])
            .prop_map(|text| Act::Says(text.to_owned())),
        1 => ".{0,40}".prop_map(Act::Says),
        1 => Just(Act::Says("x".repeat(100_000))),
        4 => any::<Index>().prop_map(Act::Taps),
        1 => Just(Act::SendsMedia),
        1 => Just(Act::Reacts),
        4 => (select(vec![200, 404, 500]), select(vec!["{}", "{\"a\":[1.5,2]}", "<html>", "", "[1", "null"]))
            .prop_map(|(status, body)| Act::Answers(status, body.to_owned())),
        1 => Just(Act::FailsToAnswer),
        1 => Just(Act::Fires),
        1 => Just(Act::Expires),
        1 => any::<Index>().prop_map(Act::FailsToSend),
    ]
}

fn target() -> impl Strategy<Value = Option<Target>> {
    prop_oneof![
        6 => (1..=NODES).prop_map(|node| Some(Target::Node(node))),
        1 => Just(Some(Target::End)),
        1 => Just(None),
        1 => select(vec![Return::Yes, Return::No]).prop_map(|answer| Some(Target::Return(answer))),
        1 => (select(KEYS.to_vec()), prop::option::of(1..=NODES + 1))
            .prop_map(|(key, node)| Some(Target::Workflow { workflow: key.to_owned(), node })),
    ]
}

/// A workflow of random nodes as the palette makes them, wired at random.
fn document(key: &'static str) -> impl Strategy<Value = Document> {
    let kinds: Vec<_> = Catalogue::new([]).types().cloned().collect();
    prop::collection::vec((any::<Index>(), prop::collection::vec(target(), 6)), NODES as usize).prop_map(move |nodes| {
        let mut document = Document::new(key, key, Kind::Standard);
        for (number, (kind, targets)) in (1..).zip(nodes) {
            let described = kind.get(&kinds);
            let mut settings = described.new.clone();
            match described.r#type {
                "call_workflow" => drop(settings.insert("workflow".to_owned(), KEYS[number as usize % 2].into())),
                "api_integration" => drop(settings.insert("api".to_owned(), "shop".into())),
                _ => {}
            }
            let exits = exits::of(&described.exits, &settings)
                .into_iter()
                .zip(targets)
                .filter_map(|(exit, target)| Some((exit.name, target?)))
                .collect();
            let node = Node { r#type: described.r#type.to_owned(), title: None, note: None, settings, exits };
            document.nodes.insert(number, node);
        }
        document.start = Some(1);
        document.next_number = NODES + 1;
        document
    })
}

struct Play {
    workflows: BTreeMap<String, Arc<Workflow>>,
    apis: BTreeMap<String, Api>,
    contact: Contact,
    session: Session,
    now: Timestamp,
    calls: Vec<EffectId>,
    sends: Vec<EffectId>,
    choices: Vec<(String, String)>,
    timer: Option<u32>,
}

impl Play {
    fn new(documents: &[Document]) -> Self {
        let catalogue = Catalogue::new([]);
        let now = Timestamp::UNIX_EPOCH;
        let entry = Entry { workflow: KEYS[0].to_owned(), node: None };
        Self {
            workflows: documents
                .iter()
                .map(|document| (document.key.clone(), Arc::new(compile(document, 1, &catalogue).0)))
                .collect(),
            apis: BTreeMap::from([("shop".to_owned(), Api { timeout_ms: 1000, ..Api::default() })]),
            contact: Contact { id: "c".into(), address: "+1".into(), ..Contact::default() },
            session: Session::new(Start {
                id: SessionId::from("s"),
                environment: Environment::Sandbox,
                channel: "chat".into(),
                channel_kind: "web_chat".into(),
                route: "r".into(),
                deployment: 1,
                entry,
                now,
            }),
            now,
            calls: Vec::new(),
            sends: Vec::new(),
            choices: Vec::new(),
            timer: None,
        }
    }

    fn event(&mut self, index: usize, act: &Act) -> Option<EventKind> {
        Some(match act {
            Act::Opens => EventKind::ConversationOpened,
            Act::Says(text) => EventKind::MessageReceived { message: Inbound::Text { text: text.clone() } },
            Act::Taps(which) if !self.choices.is_empty() => {
                let (id, title) = which.get(&self.choices).clone();
                EventKind::MessageReceived { message: Inbound::Tap { id, title } }
            }
            Act::SendsMedia => EventKind::MessageReceived {
                message: Inbound::Media {
                    media: MediaKind::Sticker,
                    reference: index.to_string(),
                    mime_type: None,
                    caption: None,
                    file_name: None,
                },
            },
            Act::Reacts => {
                EventKind::MessageReceived { message: Inbound::Reaction { message: "m".into(), emoji: "👍".into() } }
            }
            Act::Answers(status, body) => EventKind::CallAnswered {
                effect: self.calls.pop()?,
                answer: Answer::Responded {
                    status: *status,
                    content_type: None,
                    retry_after_seconds: None,
                    body: body.clone(),
                },
            },
            Act::FailsToAnswer => EventKind::CallAnswered {
                effect: self.calls.pop()?,
                answer: Answer::Failed { kind: CallFailure::Timeout, message: "no answer".into() },
            },
            Act::Fires => EventKind::TimerFired { timer: "no_reply".into(), generation: self.timer? },
            Act::Expires => {
                self.now = self.now.max(self.session.expires_at?);
                EventKind::SessionExpired
            }
            Act::FailsToSend(which) if !self.sends.is_empty() => EventKind::SendFailed {
                effect: which.get(&self.sends).clone(),
                failure: SendFailure { reason: SendFailureReason::Undeliverable, code: None, message: "gone".into() },
            },
            Act::Taps(_) | Act::FailsToSend(_) => return None,
        })
    }

    fn take(&mut self, index: usize, act: &Act) {
        let Some(kind) = self.event(index, act) else { return };
        self.now += SignedDuration::from_secs(1);
        let event = Event { id: EventId(format!("e{index}")), kind };
        let world = World {
            workflows: &self.workflows,
            contact: &self.contact,
            abilities: &Abilities::WEB_CHAT,
            workspace: "Acme",
            apis: &self.apis,
            session_length: limits::SESSION_LENGTH,
        };
        let moment = Moment { now: self.now, seed: Seed([1; 32]) };
        let was_over = self.session.has_ended();
        let written = serde_json::to_string(&self.session).expect("written");
        let read_back: Session = serde_json::from_str(&written).expect("read back");
        assert_eq!(read_back, self.session, "a session survives its serialised form");
        let turn = advance(&world, self.session.clone(), &event, moment);
        assert_eq!(turn, advance(&world, read_back, &event, moment), "a replay goes the same way");

        if was_over {
            assert!(turn.effects.is_empty() && turn.changes.is_empty(), "nothing happens after the end");
        }
        assert!(turn.trace.len() <= limits::STEPS_PER_TURN * (limits::INBOX + 1) + 2);
        assert!(turn.effects.len() <= limits::EFFECTS_PER_TURN);
        assert!(turn.session.inbox.len() <= limits::INBOX && turn.session.sent.len() <= limits::SENT);
        assert!(turn.session.callers.len() <= limits::CALL_DEPTH);
        let sizes: usize = turn.session.variables.values().map(usher_engine::value::Value::size).sum();
        assert!(sizes <= limits::VARIABLES_BYTES);
        for (index, effect) in turn.effects.iter().enumerate() {
            assert_eq!(effect.id, event.id.effect(index), "ids are derived from the event and the place");
            match &effect.kind {
                EffectKind::Send { message } => {
                    assert!(!message.body().trim().is_empty() && message.body().len() <= limits::TEXT_BYTES * 2);
                    if !matches!(message, Outbound::Text { .. }) {
                        assert!(!message.choices().is_empty());
                    }
                    self.choices =
                        message.choices().iter().map(|(id, title)| ((*id).into(), (*title).into())).collect();
                    self.sends.push(effect.id.clone());
                }
                EffectKind::Call { .. } => self.calls.push(effect.id.clone()),
            }
        }
        self.timer = turn.session.timer_is_set.then_some(turn.session.generation);
        self.session = turn.session;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_workflows_under_random_events(
        first in document(KEYS[0]),
        second in document(KEYS[1]),
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut play = Play::new(&[first, second]);
        for (index, act) in acts.iter().enumerate() {
            play.take(index, act);
        }
    }
}
