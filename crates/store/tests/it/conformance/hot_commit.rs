//! Loading and committing turns.

use jiff::SignedDuration;
use usher_engine::change::{Change, Counted};
use usher_engine::environment::Environment;
use usher_engine::id::EventId;
use usher_engine::session::State;
use usher_engine::value::Value;
use usher_store::{Committed, DeliveryState, Hot, Present, Search, Store};

use super::people::{at, workspace};
use super::stage::{DONE, Play, key, load, place, written};

pub(crate) async fn a_turn_is_stored_whole_and_loaded_again(store: &Store) {
    workspace(store, "shop").await;
    let before = load(store, "ann").await;
    assert!(!before.known && before.position == 0 && matches!(before.present, Present::None), "{before:?}");
    assert_eq!(before.contact.id, key("ann").first_contact());
    assert_eq!((before.deployment, before.revision), (0, 1));

    let first = Play::written(store, "ann", "hi", 10).await.named("Ann").expires(600).sends("Hello!").calls();
    let first = first.changes(Change::ContactAttribute { name: "tier".to_owned(), value: Value::text("gold") });
    let first = first.counts(Counted::Entered).counts(Counted::Left { exit: "next".to_owned() });
    assert_eq!(first.commit(store).await, DONE);

    let loaded = load(store, "ann").await;
    assert!(loaded.known);
    assert_eq!(loaded.contact.name.as_deref(), Some("Ann"));
    assert_eq!(loaded.contact.attributes.get("tier"), Some(&Value::text("gold")));
    assert_eq!(loaded.position, 2);
    let Present::Session { session, version } = &loaded.present else { panic!("{loaded:?}") };
    assert_eq!((**session).clone(), first.session);
    assert_eq!(*version, 1);

    // Another turn unsets the attribute and ends the session.
    let second = Play::written(store, "ann", "bye", 20).await.sends("Bye!").ends();
    let second = second.changes(Change::ContactAttribute { name: "tier".to_owned(), value: Value::UNSET });
    assert_eq!(second.commit(store).await, DONE);
    let loaded = load(store, "ann").await;
    assert!(loaded.running().is_none() && loaded.contact.attributes.is_empty());
    assert_eq!(loaded.position, 4);

    // The next conversation goes on with the positions of the address.
    let third = Play::written(store, "ann", "me again", 30).await.sends("Welcome back!");
    assert_ne!(third.session.id, first.session.id);
    assert_eq!(third.commit(store).await, DONE);
    let all = store.conversations().messages_at(&key("ann"), 1, 10).await.unwrap();
    let read: Vec<_> = all.iter().map(|message| (message.position, message.outbound, message.state)).collect();
    let pending = Some(DeliveryState::Pending);
    assert_eq!(read, [(2, true, pending), (3, false, None), (4, true, pending), (5, false, None), (6, true, pending)]);
    assert_eq!(all[0].body["text"], "Hello!");
    assert_eq!(all[0].place, Some(place()));

    let transcript = store.conversations().get("id-shop", Environment::Production, first.session.id.as_str(), 100);
    let transcript = transcript.await.unwrap().unwrap();
    assert_eq!(transcript.conversation.outcome.as_deref(), Some("sold"));
    assert_eq!(transcript.conversation.ended_at, Some(at(20)));
    assert_eq!(transcript.messages.len(), 4);
    assert_eq!(transcript.journal.len(), 2);
    assert_eq!(transcript.journal[0].event, first.event);
    assert_eq!(transcript.journal[1].contact.attributes.get("tier"), Some(&Value::text("gold")));
    assert_eq!(transcript.journal[1].visits[0].place, place());
    let search = Search {
        workspace: "id-shop".to_owned(),
        environment: Environment::Production,
        text: "ANN".to_owned(),
        without_kind: None,
    };
    let found = store.conversations().list(&search, None, 1).await.unwrap();
    assert_eq!(found.items[0].id, third.session.id);
    let rest = store.conversations().list(&search, found.next.as_deref(), 1).await.unwrap();
    assert_eq!((rest.items[0].id.clone(), rest.next), (first.session.id, None));
}

pub(crate) async fn the_same_event_is_a_duplicate_and_writes_nothing(store: &Store) {
    let first = Play::written(store, "ann", "hi", 10).await.sends("Hello!");
    assert_eq!(first.commit(store).await, DONE);
    // Told again to one who does not know what was done, and to one who does.
    assert_eq!(first.commit(store).await, Committed::Duplicate);
    let again = Play::written(store, "ann", "hi", 11).await.sends("Hello!");
    assert_eq!(again.commit(store).await, Committed::Duplicate);
    // And twice in one batch.
    let next = Play::written(store, "ann", "next", 12).await.sends("Once.");
    let twice = store.commit(vec![next.record(), next.record()], None).await.unwrap();
    assert_eq!(twice, [DONE, Committed::Duplicate]);
    let messages = store.conversations().messages_at(&key("ann"), 0, 10).await.unwrap();
    assert_eq!(messages.len(), 4);
}

pub(crate) async fn a_duplicate_leaves_the_others_of_its_batch_as_they_are(store: &Store) {
    for address in ["ann", "ben"] {
        assert_eq!(Play::written(store, address, "hi", 10).await.commit(store).await, DONE);
    }
    // Known and told again; new and on top of that; known otherwise; and an address that nobody knows.
    let again = Play::written(store, "ann", "hi", 11).await.sends("Twice?");
    let on_top = Play::on(&again.after(), written("ann", "more"), at(11)).sends("On sand.");
    let ben = Play::written(store, "ben", "more", 11).await.sends("Here.");
    let cat = Play::written(store, "cat", "hi", 11).await.sends("Hello!");
    let batch = vec![again.record(), on_top.record(), ben.record(), cat.record(), cat.record()];
    let committed = store.commit(batch, None).await.unwrap();
    assert_eq!(committed, [Committed::Duplicate, Committed::Conflict, DONE, DONE, Committed::Duplicate]);
    for (address, messages) in [("ann", 1), ("ben", 3), ("cat", 2)] {
        let said = store.conversations().messages_at(&key(address), 0, 10).await.unwrap();
        assert_eq!(said.len(), messages, "{address}: {said:?}");
    }
    // And where all of them are.
    let all = vec![again.record(), ben.record(), cat.record()];
    assert_eq!(store.commit(all, None).await.unwrap(), [Committed::Duplicate; 3]);
}

pub(crate) async fn a_session_that_moved_on_is_a_conflict_of_its_own_turn(store: &Store) {
    for address in ["ann", "ben", "cat"] {
        assert_eq!(Play::written(store, address, "hi", 10).await.commit(store).await, DONE);
    }
    let stale = Play::written(store, "ben", "slow", 11).await.sends("Too late.").calls();
    assert_eq!(Play::written(store, "ben", "quick", 12).await.commit(store).await, DONE);
    let ann = Play::written(store, "ann", "more", 13).await.sends("Here.");
    let cat = Play::written(store, "cat", "more", 13).await.sends("Here.");
    // A new contact whom somebody else has made meanwhile.
    let stale_new = Play::written(store, "dan", "first", 13).await;
    assert_eq!(Play::written(store, "dan", "other", 13).await.commit(store).await, DONE);
    let batch = vec![ann.record(), stale.record(), stale_new.record(), cat.record()];
    let committed = store.commit(batch, None).await.unwrap();
    assert_eq!(committed, [DONE, Committed::Conflict, Committed::Conflict, DONE]);
    let bens = store.conversations().messages_at(&key("ben"), 0, 10).await.unwrap();
    assert!(bens.iter().all(|message| message.body["text"] != "Too late."), "{bens:?}");
    // Taken again on what is there, it goes.
    let again = Play::written(store, "ben", "slow", 11).await;
    assert_eq!(again.commit(store).await, DONE);
}

pub(crate) async fn turns_on_one_address_stand_on_each_other(store: &Store) {
    let first = Play::written(store, "ann", "one", 10).await.sends("1");
    let second = Play::on(&first.after(), written("ann", "two"), at(10)).sends("2").ends();
    let third = Play::on(&second.after(), written("ann", "three"), at(11)).sends("3");
    let committed = store.commit(vec![first.record(), second.record(), third.record()], None).await.unwrap();
    assert_eq!(committed, [DONE, DONE, DONE]);
    let loaded = load(store, "ann").await;
    assert_eq!(loaded.running(), Some(&third.session));
    assert_eq!(loaded.position, 6);
    // Where the first is a conflict, so are those on top of it.
    let first = Play::written(store, "ann", "four", 12).await;
    let second = Play::on(&first.after(), written("ann", "five"), at(12));
    assert_eq!(Play::written(store, "ann", "between", 12).await.commit(store).await, DONE);
    let committed = store.commit(vec![first.record(), second.record()], None).await.unwrap();
    assert_eq!(committed, [Committed::Conflict, Committed::Conflict]);
}

pub(crate) async fn of_two_who_commit_at_once_one_goes_on(store: &Store) {
    for round in 0..20_i64 {
        let plays = [
            Play::written(store, "ann", &format!("a{round}"), round).await,
            Play::written(store, "ann", &format!("b{round}"), round).await,
            Play::written(store, "ann", &format!("c{round}"), round).await,
        ];
        let commits = plays.map(|play| {
            let store = store.clone();
            tokio::spawn(async move { play.commit(&store).await })
        });
        let mut done = 0;
        for commit in commits {
            match commit.await.unwrap() {
                Committed::Done { .. } => done += 1,
                Committed::Conflict => {}
                Committed::Duplicate => panic!("no event was told twice"),
            }
        }
        assert_eq!(done, 1, "round {round}");
    }
    let Present::Session { version, .. } = load(store, "ann").await.present else { panic!() };
    assert_eq!(version, 20);
}

pub(crate) async fn a_session_that_cannot_be_read_gives_way(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("Hello!");
    assert_eq!(play.commit(store).await, DONE);
    let mut other = Play::written(store, "ben", "hi", 10).await;
    // Of a format to come.
    other.session.state = State::New;
    assert_eq!(other.commit(store).await, DONE);
    crate::database::run(store, "UPDATE sessions SET state = '{\"format\": 99}' WHERE address = 'ann'").await;
    let both = store.load(&[key("ann"), key("ben")]).await.unwrap();
    let Present::Unreadable { id, version: 1, .. } = &both[0].present else { panic!("{both:?}") };
    assert_eq!(*id, play.session.id);
    assert!(both[1].running().is_some());
    let next = Play::on(&both[0], written("ann", "anew"), at(11));
    assert_ne!(next.session.id, play.session.id);
    assert_eq!(next.commit(store).await, DONE);
    assert_eq!(load(store, "ann").await.running(), Some(&next.session));
}

pub(crate) async fn what_a_contact_is_called_stays(store: &Store) {
    let first = Play::written(store, "ann", "hi", 10).await;
    let second = Play::on(&first.after(), written("ann", "two"), at(10)).named("Ann \u{0} \u{1F600}");
    store.commit(vec![first.record(), second.record()], None).await.unwrap();
    assert_eq!(load(store, "ann").await.contact.name.as_deref(), Some("Ann \u{fffd} \u{1F600}"));
    Play::written(store, "ann", "three", 11).await.named("Somebody else").commit(store).await;
    assert_eq!(load(store, "ann").await.contact.name.as_deref(), Some("Ann \u{fffd} \u{1F600}"));
    // Two addresses of a channel are two contacts.
    assert_ne!(load(store, "ben").await.contact.id, load(store, "ann").await.contact.id);
}

pub(crate) async fn what_is_seen_is_known(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await;
    play.commit(store).await;
    let other = EventId::of_message("ann", "never");
    assert_eq!(store.seen(&[other, play.event.id.clone()]).await.unwrap(), [false, true]);
    assert_eq!(store.seen(&[]).await.unwrap(), Vec::<bool>::new());
    assert!(store.commit(Vec::new(), None).await.unwrap().is_empty());
    assert!(store.load(&[]).await.unwrap().is_empty());
    store.prune(at(10) + SignedDuration::from_hours(8 * 24)).await.unwrap();
    assert_eq!(store.seen(std::slice::from_ref(&play.event.id)).await.unwrap(), [true]);
}
