//! What the engine costs by itself: the turns of the bench's conversation, one step of a long turn, and apart from
//! them the session's way to its serialised form and back.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, json};
use usher_engine::api::Api;
use usher_engine::catalogue::Catalogue;
use usher_engine::contact::Contact;
use usher_engine::effect::EffectKind;
use usher_engine::event::Answer;
use usher_engine::id::{EventId, SessionId};
use usher_engine::message::{Inbound, Outbound};
use usher_engine::render::Abilities;
use usher_engine::session::{Entry, Start};
use usher_engine::workflow::{self, Workflow, compile};
use usher_engine::{Environment, Event, EventKind, Moment, Seed, Session, Turn, World, advance};

/// Steps of the long turn.
const STEPS: u32 = 20;

/// What turns look at.
struct Stage {
    workflows: BTreeMap<String, Arc<Workflow>>,
    apis: BTreeMap<String, Api>,
    contact: Contact,
}

impl Stage {
    fn new(documents: &[&str]) -> Self {
        let compiled = documents.iter().map(|text| {
            let document = workflow::read(text).expect("the document can be read");
            let (workflow, problems) = compile(&document, 1, &Catalogue::new([]));
            assert!(problems.is_empty(), "the workflow has problems: {problems:?}");
            (document.key, Arc::new(workflow))
        });
        let api = Api { key: "shop".to_owned(), name: "Shop".to_owned(), timeout_ms: 10_000, ..Api::default() };
        let contact = Contact {
            id: "contact-1".to_owned(),
            address: "27825550101".to_owned(),
            name: Some("Ann".to_owned()),
            ..Contact::default()
        };
        Self { workflows: compiled.collect(), apis: BTreeMap::from([("shop".to_owned(), api)]), contact }
    }

    fn world(&self) -> World<'_> {
        World {
            workflows: &self.workflows,
            contact: &self.contact,
            abilities: &Abilities::WHATSAPP,
            workspace: "Bench",
            apis: &self.apis,
            session_length: SignedDuration::from_mins(10),
        }
    }

    fn session(workflow: &str) -> Session {
        Session::new(Start {
            id: SessionId::from("0198c5f0-0000-7000-8000-000000000001"),
            environment: Environment::Production,
            channel: "whatsapp-1".to_owned(),
            channel_kind: "whatsapp".to_owned(),
            route: "whatsapp-1".to_owned(),
            deployment: 1,
            entry: Entry { workflow: workflow.to_owned(), node: None },
            now: Timestamp::UNIX_EPOCH,
        })
    }

    fn take(&self, session: Session, event: &Event) -> Turn {
        advance(&self.world(), session, event, Moment { now: Timestamp::UNIX_EPOCH, seed: Seed([7; 32]) })
    }
}

fn said(message: Inbound) -> Event {
    Event { id: EventId::of_message("whatsapp-1", "wamid.1"), kind: EventKind::MessageReceived { message } }
}

fn text(text: &str) -> Inbound {
    Inbound::Text { text: text.to_owned() }
}

fn turns(criterion: &mut Criterion) {
    let stage = Stage::new(&[include_str!("../setup/bench.workflow.json")]);
    let hi = said(text("hi"));
    let menu = stage.take(Stage::session("bench"), &hi);
    let [EffectKind::Send { message: Outbound::Buttons { buttons, .. } }] = &[menu.effects[0].kind.clone()] else {
        panic!("the menu shows buttons: {:?}", menu.effects);
    };
    let tap = said(Inbound::Tap { id: buttons[0].id.clone(), title: buttons[0].title.clone() });
    let question = stage.take(menu.session.clone(), &tap);
    let number = said(text("1000001"));
    let call = stage.take(question.session.clone(), &number);
    let effect = call.effects.iter().find(|effect| matches!(effect.kind, EffectKind::Call { .. }));
    let effect = effect.expect("the API is called").id.clone();
    let body = r#"{"order":{"number":1000001,"status":"shipped","items":[{"title":"A lamp","quantity":1}]}}"#;
    let answer = Answer::Responded {
        status: 200,
        content_type: Some("application/json".to_owned()),
        retry_after_seconds: None,
        body: body.to_owned(),
    };
    let answered = Event { id: EventId::of_answer(&effect, "200"), kind: EventKind::CallAnswered { effect, answer } };

    let EffectKind::Send { message: Outbound::Text { text: last, .. } } =
        &stage.take(call.session.clone(), &answered).effects[0].kind
    else {
        panic!("a text is sent when the API has answered");
    };
    assert_eq!(last, "Ann, order 1000001 is shipped.");

    let mut group = criterion.benchmark_group("turn");
    let cases = [
        ("first message, menu shown", Stage::session("bench"), &hi),
        ("tap on the menu, question asked", menu.session, &tap),
        ("answer, condition, API called", question.session, &number),
        ("API answered, text sent, session ended", call.session.clone(), &answered),
    ];
    for (name, session, event) in cases {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| session.clone(), |session| stage.take(session, event), BatchSize::SmallInput);
        });
    }
    group.finish();

    let session = call.session;
    criterion.bench_function("session, serialised and read back", |bencher| {
        bencher.iter(|| {
            let text = serde_json::to_string(black_box(&session)).expect("a session is JSON");
            serde_json::from_str::<Session>(&text).expect("it was written just now")
        });
    });
}

/// A turn of many steps of one type, from which the cost of one follows.
fn steps(criterion: &mut Criterion) {
    let kinds = [
        ("calculate", json!({ "expression": "1000001 >= 1000 and 'shipped' == 'shipped'" }), &["yes", "no"][..]),
        ("text_display", json!({ "text": "Order 1000001 of {{ contact.name }} is on its way." }), &["next"]),
    ];
    let mut group = criterion.benchmark_group(format!("turn of {STEPS} steps"));
    group.throughput(Throughput::Elements(u64::from(STEPS)));
    for (kind, settings, exits) in kinds {
        let node = |number: u32| {
            let target = if number == STEPS { json!("end") } else { json!(number + 1) };
            let exits: Map<_, _> = exits.iter().map(|exit| ((*exit).to_owned(), target.clone())).collect();
            (number.to_string(), json!({ "type": kind, "settings": settings, "exits": exits }))
        };
        let document = json!({
            "usher": "workflow/1", "key": "long", "name": "Long", "kind": "standard", "languages": ["en"], "start": 1,
            "next_number": STEPS + 1, "nodes": (1..=STEPS).map(node).collect::<Map<_, _>>(),
        });
        let stage = Stage::new(&[&document.to_string()]);
        let (session, hi) = (Stage::session("long"), said(text("hi")));
        assert_eq!(stage.take(session.clone(), &hi).trace.len(), STEPS as usize, "every step is taken");
        group.bench_function(kind, |bencher| {
            bencher.iter_batched(|| session.clone(), |session| stage.take(session, &hi), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group!(benches, turns, steps);
criterion_main!(benches);
