//! What to do with one event: which session it belongs to or begins, and what that session may see.

use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use usher_engine::change::Change;
use usher_engine::contact::Contact;
use usher_engine::effect::{Effect, EffectKind};
use usher_engine::id::{EventId, SessionId};
use usher_engine::message::Outbound;
use usher_engine::render::Abilities;
use usher_engine::session::{EndReason, Ending, Entry, Place, Start, State};
use usher_engine::{Event, EventKind, Moment, Seed, Session, Turn, World, advance};
use usher_store::{Error, Loaded};

use super::Room;
use super::batch::is_about;
use super::configuration::Configuration;
use super::library::Shelf;
use crate::bus::{Envelope, Origin, Told};
use crate::preview;

/// What to do with an event.
pub(super) enum Plan {
    /// There is no turn to take.
    Nothing,
    /// This is the turn; the engine need not be asked.
    Canned(Box<Turn>),
    /// The engine takes the turn.
    Advance(Box<Ready>),
}

/// A session and everything that its turn may look at.
pub(super) struct Ready {
    session: Session,
    workflows: Arc<Shelf>,
    contact: Contact,
    abilities: &'static Abilities,
    configuration: Arc<Configuration>,
}

impl Ready {
    /// Takes the turn.
    pub fn advance(self, envelope: &Envelope, seed: Seed) -> Turn {
        let environment = self.configuration.environment(envelope.key.environment);
        let world = World {
            workflows: &*self.workflows,
            contact: &self.contact,
            abilities: self.abilities,
            workspace: &self.configuration.workspace.name,
            apis: &self.configuration.apis,
            session_length: environment.session_length,
        };
        advance(&world, self.session, &envelope.event, Moment { now: envelope.at, seed })
    }
}

/// Decides what to do with an event at an address.
pub(super) async fn plan(room: &Room, envelope: &Envelope, begin: &mut Loaded) -> Result<Plan, Error> {
    if begin.revision == 0 {
        // The workspace is gone.
        return Ok(Plan::Nothing);
    }
    let configuration = room.configurations.at(&envelope.key.workspace, begin.revision).await?;
    let mut contact = contact_of(envelope, begin);
    let session = match (begin.running(), &envelope.origin) {
        (Some(_), Origin::Channel(_)) if envelope.event.kind == EventKind::ConversationOpened => {
            return Ok(Plan::Nothing);
        }
        (Some(running), origin) if is_about(running, origin) => running.clone(),
        (_, Origin::Own(_)) => return Ok(Plan::Nothing),
        (_, Origin::Channel(told)) => match begin_session(room, envelope, begin, told, &configuration).await? {
            Beginning::Session(session) => *session,
            Beginning::Canned(turn) => return Ok(Plan::Canned(turn)),
            Beginning::Nothing => return Ok(Plan::Nothing),
        },
    };
    let mut look = session.channel_kind.clone();
    let workflows: Arc<Shelf> = if envelope.key.channel == preview::CHANNEL {
        let Some(preview) = room.previews.get(&envelope.key.address).await? else { return Ok(Plan::Nothing) };
        contact = preview.contact(&contact);
        look.clone_from(&preview.setup.look);
        room.library.drafts(&envelope.key.workspace).await?
    } else {
        room.library.deployed(&envelope.key.workspace, session.environment, session.deployment).await?
    };
    let abilities = Abilities::of(&look).unwrap_or(&Abilities::SMS);
    Ok(Plan::Advance(Box::new(Ready { session, workflows, contact, abilities, configuration })))
}

/// Returns the expiry of the session that is present, where its deadline had passed before the customer's event came.
pub(super) fn overdue(envelope: &Envelope, begin: &Loaded) -> Option<Envelope> {
    let Origin::Channel(_) = envelope.origin else { return None };
    let session = begin.running()?;
    let deadline = session.expires_at.filter(|deadline| *deadline <= envelope.at)?;
    let id = EventId::of_expiry(&session.id, deadline.as_millisecond());
    Some(Envelope {
        key: envelope.key.clone(),
        event: Event { id, kind: EventKind::SessionExpired },
        at: deadline,
        origin: Origin::Own(session.id.clone()),
        led_by: envelope.led_by,
    })
}

/// Returns the contact as the turn sees it: with what the channel says where nothing better is known.
fn contact_of(envelope: &Envelope, begin: &mut Loaded) -> Contact {
    let filled = |contact: &Contact| {
        let mut contact = contact.clone();
        if let Origin::Channel(told) = &envelope.origin {
            let profile = &told.profile;
            contact.name = contact.name.or_else(|| profile.name.clone());
            contact.phone = contact.phone.or_else(|| profile.phone.clone());
            contact.language = contact.language.or_else(|| profile.language.clone());
        }
        contact
    };
    if !begin.known {
        // Stored with the turn, so that the journal tells it as the turn saw it.
        begin.contact = filled(&begin.contact);
        return begin.contact.clone();
    }
    filled(&begin.contact)
}

enum Beginning {
    Session(Box<Session>),
    Canned(Box<Turn>),
    Nothing,
}

async fn begin_session(
    room: &Room,
    envelope: &Envelope,
    begin: &Loaded,
    told: &Told,
    configuration: &Arc<Configuration>,
) -> Result<Beginning, Error> {
    let key = &envelope.key;
    if let EventKind::MessageReceived { message } = &envelope.event.kind
        && !message.asks_for_an_answer()
    {
        return Ok(Beginning::Nothing);
    }
    let id = session_id(envelope.at, &envelope.event.id);
    if key.channel == preview::CHANNEL {
        let Some(preview) = room.previews.get(&key.address).await? else { return Ok(Beginning::Nothing) };
        return Ok(Beginning::Session(Box::new(Session::new(Start {
            id,
            environment: key.environment,
            channel: preview::CHANNEL.to_owned(),
            channel_kind: preview::CHANNEL.to_owned(),
            route: preview::CHANNEL.to_owned(),
            deployment: 0,
            entry: Entry { workflow: preview.workflow.clone(), node: preview.setup.node },
            now: envelope.at,
        }))));
    }
    let Some(setup) = configuration.channel(key.environment, &key.channel) else { return Ok(Beginning::Nothing) };
    let Some(route) = configuration.route(key.environment, &key.channel, told.route.as_deref()) else {
        setup.note(envelope.at, "a message came in, but no route leads from this channel to a workflow");
        return Ok(Beginning::Nothing);
    };
    let start = Start {
        id,
        environment: key.environment,
        channel: key.channel.clone(),
        channel_kind: setup.kind.clone(),
        route: route.key.clone(),
        deployment: begin.deployment,
        entry: Entry { workflow: route.workflow.clone(), node: route.node },
        now: envelope.at,
    };
    if room.library.is_deployed(&key.workspace, key.environment, begin.deployment, &route.workflow).await? {
        return Ok(Beginning::Session(Box::new(Session::new(start))));
    }
    let nothing =
        format!("workflow `{}` of route `{}` is not deployed in {}", route.workflow, route.key, key.environment);
    setup.note(envelope.at, &format!("a message came in, but {nothing}"));
    Ok(match &route.closed_answer {
        Some(answer) => Beginning::Canned(Box::new(canned(start, envelope, answer, nothing))),
        None => Beginning::Nothing,
    })
}

/// Makes the turn of a conversation that is over with its first answer, since nothing is deployed for it.
fn canned(start: Start, envelope: &Envelope, answer: &str, why: String) -> Turn {
    let place = Place { workflow: start.entry.workflow.clone(), version: 0, node: 0 };
    let mut session = Session::new(start);
    if let EventKind::MessageReceived { message } = &envelope.event.kind {
        session.message = Some(message.clone());
    }
    let ending = Ending { reason: EndReason::Broken, outcome: None, detail: Some(why) };
    session.state = State::Ended { ending: ending.clone() };
    let message = Outbound::text(answer);
    let effect = Effect { id: envelope.event.id.effect(0), place, kind: EffectKind::Send { message } };
    Turn { session, changes: vec![Change::Ended { ending }], effects: vec![effect], trace: Vec::new() }
}

/// Derives the id of the session that an event begins: it rises with time (a UUID of version 7), and is the same
/// whenever the turn is taken.
fn session_id(at: Timestamp, event: &EventId) -> SessionId {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let digest = Sha256::digest(event.as_str().as_bytes());
    let mut chance = [0; 10];
    chance.copy_from_slice(&digest[..10]);
    SessionId(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::Parent;

    #[test]
    fn the_same_event_begins_the_same_session() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let event = EventId::of_message("chat", "1");
        assert_eq!(session_id(at, &event), session_id(at, &event));
        assert_ne!(session_id(at, &event), session_id(at, &EventId::of_message("chat", "2")));
        let later = Timestamp::from_second(1_700_000_001).unwrap();
        assert!(session_id(at, &event).as_str() < session_id(later, &event).as_str());
    }

    #[test]
    fn a_message_after_the_deadline_ends_the_session_first() {
        let begun = Timestamp::from_second(1_700_000_000).unwrap();
        let minutes = |minutes| begun + jiff::SignedDuration::from_mins(minutes);
        let key = usher_store::AddressKey {
            workspace: "w".into(),
            environment: usher_engine::Environment::Production,
            channel: "chat".into(),
            address: "visitor".into(),
        };
        let mut session = Session::new(Start {
            id: SessionId::from("s"),
            environment: key.environment,
            channel: key.channel.clone(),
            channel_kind: "web_chat".into(),
            route: "main".into(),
            deployment: 1,
            entry: Entry { workflow: "w".into(), node: None },
            now: begun,
        });
        session.expires_at = Some(minutes(10));
        let begin = Loaded {
            address_id: key.id(),
            key: key.clone(),
            known: true,
            contact: Contact::default(),
            present: usher_store::Present::Session { session: Box::new(session), version: 1 },
            position: 1,
            deployment: 1,
            revision: 1,
        };
        let came = |at, origin| Envelope {
            key: key.clone(),
            event: Event { id: EventId::from("e"), kind: EventKind::ConversationOpened },
            at,
            origin,
            led_by: Parent::default(),
        };
        let from_a_customer = || Origin::Channel(Box::<Told>::default());
        assert!(overdue(&came(minutes(9), from_a_customer()), &begin).is_none());
        assert!(overdue(&came(minutes(11), Origin::Own(SessionId::from("s"))), &begin).is_none());
        let expiry = overdue(&came(minutes(11), from_a_customer()), &begin).unwrap();
        assert_eq!(expiry.event.kind, EventKind::SessionExpired);
        assert_eq!((expiry.at, &expiry.origin), (minutes(10), &Origin::Own(SessionId::from("s"))));
    }
}
