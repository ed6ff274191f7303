//! Turns to play with, made by hand: what the engine would do does not matter here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use usher_engine::change::{Change, Counted};
use usher_engine::effect::{Call, CallTarget, Effect, EffectKind, Method, Request};
use usher_engine::environment::Environment;
use usher_engine::event::{Answer, Event, EventKind};
use usher_engine::id::{EffectId, EventId, SessionId};
use usher_engine::message::{Inbound, Outbound};
use usher_engine::session::{EndReason, Ending, Entry, Place, Session, Start, State, Wait};
use usher_engine::trace::{Visit, VisitEvent};
use usher_store::{AddressKey, Committed, Hot, InboundDetails, Lease, Loaded, Profile, Store, TurnParts, TurnRecord};

use super::people::at;

pub(crate) fn key(address: &str) -> AddressKey {
    AddressKey {
        workspace: "id-shop".to_owned(),
        environment: Environment::Production,
        channel: "main".to_owned(),
        address: address.to_owned(),
    }
}

pub(crate) fn place() -> Place {
    Place { workflow: "help".to_owned(), version: 2, node: 4 }
}

/// What the customer of an address writes; the id is of the words, so that the same words are the same event.
pub(crate) fn written(address: &str, words: &str) -> Event {
    let message = Inbound::Text { text: words.to_owned() };
    Event { id: EventId::of_message(address, words), kind: EventKind::MessageReceived { message } }
}

pub(crate) fn answer(effect: &EffectId) -> Event {
    let answer =
        Answer::Responded { status: 200, content_type: None, retry_after_seconds: None, body: "{}".to_owned() };
    Event {
        id: EventId::of_answer(effect, "answered"),
        kind: EventKind::CallAnswered { effect: effect.clone(), answer },
    }
}

pub(crate) async fn load(store: &Store, address: &str) -> Loaded {
    store.load(&[key(address)]).await.unwrap().pop().unwrap()
}

/// A turn in the making.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    pub(crate) loaded: Loaded,
    pub(crate) event: Event,
    pub(crate) now: Timestamp,
    pub(crate) session: Session,
    pub(crate) changes: Vec<Change>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) profile: Option<Profile>,
}

impl Play {
    /// Begins a turn on the running session, or on a new one.
    pub(crate) fn on(loaded: &Loaded, event: Event, now: Timestamp) -> Self {
        let mut session = loaded.running().cloned().unwrap_or_else(|| fresh(loaded, &event, now));
        session.step += 1;
        session.state = State::Waiting { wait: Wait::Reply { attempts: 0 } };
        Self { loaded: loaded.clone(), event, now, session, changes: Vec::new(), effects: Vec::new(), profile: None }
    }

    /// Begins a turn on what the customer of an address writes.
    pub(crate) async fn written(store: &Store, address: &str, words: &str, seconds: i64) -> Self {
        Self::on(&load(store, address).await, written(address, words), at(seconds))
    }

    pub(crate) fn sends(mut self, words: &str) -> Self {
        self.asks(EffectKind::Send { message: Outbound::text(words) });
        self
    }

    pub(crate) fn calls(mut self) -> Self {
        let request = Request {
            method: Method::Get,
            path: "/orders/1".to_owned(),
            query: indexmap::IndexMap::new(),
            headers: indexmap::IndexMap::new(),
            body: None,
            idempotent: false,
        };
        let call = Call { target: CallTarget::Api { api: "shop".to_owned() }, request, timeout_ms: 1000 };
        self.asks(EffectKind::Call { call });
        self
    }

    fn asks(&mut self, kind: EffectKind) {
        let id = self.event.id.effect(self.effects.len());
        self.effects.push(Effect { id, place: place(), kind });
    }

    pub(crate) fn changes(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    pub(crate) fn counts(self, what: Counted) -> Self {
        self.changes(Change::Counted { place: place(), what })
    }

    pub(crate) fn expires(mut self, seconds: i64) -> Self {
        self.session.expires_at = Some(at(seconds));
        self
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.profile = Some(Profile { name: Some(name.to_owned()), ..Profile::default() });
        self
    }

    pub(crate) fn ends(mut self) -> Self {
        let ending = Ending { reason: EndReason::Completed, outcome: Some("sold".to_owned()), detail: None };
        self.session.state = State::Ended { ending: ending.clone() };
        self.session.expires_at = None;
        self.changes(Change::Ended { ending })
    }

    pub(crate) fn effect(&self, index: usize) -> EffectId {
        self.effects[index].id.clone()
    }

    pub(crate) fn record(&self) -> TurnRecord {
        let details = InboundDetails { provider_id: Some(format!("in-{}", self.event.id)), provider: None };
        let visit = Visit {
            place: place(),
            r#type: "menu".to_owned(),
            event: VisitEvent::Entered,
            exit: Some("next".to_owned()),
            sets: Vec::new(),
            notes: Vec::new(),
        };
        let parts = TurnParts {
            loaded: &self.loaded,
            event: &self.event,
            now: self.now,
            seed: "00ff",
            engine: "0.1.0",
            session: &self.session,
            changes: &self.changes,
            effects: &self.effects,
            trace: &[visit],
            inbound: matches!(self.event.kind, EventKind::MessageReceived { .. }).then_some(&details),
            profile: self.profile.as_ref(),
        };
        TurnRecord::new(parts).unwrap()
    }

    /// What the next turn at the address begins with, if this one is committed.
    pub(crate) fn after(&self) -> Loaded {
        self.loaded.after(&self.record(), self.session.clone(), self.loaded.contact.clone())
    }

    pub(crate) async fn commit(&self, store: &Store) -> Committed {
        store.commit(vec![self.record()], None).await.unwrap()[0]
    }

    pub(crate) async fn commit_leased(&self, store: &Store, lease: &Lease) -> Committed {
        store.commit(vec![self.record()], Some(lease)).await.unwrap()[0]
    }
}

pub(crate) const DONE: Committed = Committed::Done { sends_leased: false };

pub(crate) fn lease(owner: &str, seconds: i64) -> Lease {
    Lease { owner: owner.to_owned(), until: at(seconds) }
}

fn fresh(loaded: &Loaded, event: &Event, now: Timestamp) -> Session {
    let entry = Entry { workflow: "help".to_owned(), node: None };
    let mut session = Session::new(Start {
        // Rises with time, as the runner's do.
        id: SessionId(format!("{:016x}-{}", now.as_millisecond(), &event.id.as_str()[..8])),
        environment: loaded.key.environment,
        channel: loaded.key.channel.clone(),
        channel_kind: "web_chat".to_owned(),
        route: "front".to_owned(),
        deployment: loaded.deployment,
        entry,
        now,
    });
    session.variables = BTreeMap::from([("number".to_owned(), "9007199254740993.10".into())]);
    session
}
