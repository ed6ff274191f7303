//! A timer that was claimed while the customer answered fires at a node that set none.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use usher_engine::catalogue::Catalogue;
use usher_engine::contact::Contact;
use usher_engine::id::{EventId, SessionId};
use usher_engine::message::Inbound;
use usher_engine::render::Abilities;
use usher_engine::session::{Entry, Start};
use usher_engine::workflow::{compile, read};
use usher_engine::{Environment, Event, EventKind, Moment, Seed, Session, World, advance, limits};

#[test]
fn the_firing_of_a_timer_that_is_no_longer_set_changes_nothing() {
    let document = json!({ "usher": "workflow/1", "key": "two", "name": "Two questions", "start": 1, "nodes": {
        "1": { "type": "request_input", "settings": { "text": "First?", "no_reply": { "after": 60 } },
            "exits": { "answered": 2, "no_reply": "end" } },
        "2": { "type": "request_input", "settings": { "text": "Second?" }, "exits": { "answered": "end" } }
    } });
    let document = read(&document.to_string()).unwrap();
    let workflows = BTreeMap::from([("two".to_owned(), Arc::new(compile(&document, 1, &Catalogue::new([])).0))]);
    let (contact, apis) = (Contact::default(), BTreeMap::new());
    let world = World {
        workflows: &workflows,
        contact: &contact,
        abilities: &Abilities::WEB_CHAT,
        workspace: "Acme",
        apis: &apis,
        session_length: limits::SESSION_LENGTH,
    };
    let moment = Moment { now: Timestamp::UNIX_EPOCH, seed: Seed([0; 32]) };
    let take = |session: Session, number: u32, kind: EventKind| {
        advance(&world, session, &Event { id: EventId(format!("event-{number}")), kind }, moment)
    };
    let says = |text: &str| EventKind::MessageReceived { message: Inbound::Text { text: text.to_owned() } };

    let session = Session::new(Start {
        id: SessionId::from("session-1"),
        environment: Environment::Production,
        channel: "chat".into(),
        channel_kind: "web_chat".into(),
        route: "main".into(),
        deployment: 1,
        entry: Entry { workflow: "two".into(), node: None },
        now: Timestamp::UNIX_EPOCH,
    });
    let at_the_first = take(session, 1, says("hi")).session;
    let fired = EventKind::TimerFired { timer: "no_reply".into(), generation: at_the_first.generation };
    assert!(take(at_the_first.clone(), 2, fired.clone()).session.has_ended(), "in time, it leads to the end");

    let at_the_second = take(at_the_first, 3, says("an answer")).session;
    let late = take(at_the_second.clone(), 4, fired);
    assert_eq!(late.session, at_the_second);
    assert!(late.changes.is_empty() && late.effects.is_empty());
}
