//! Timers, deadlines, and what is forgotten.

use jiff::{SignedDuration, Timestamp};
use usher_engine::change::Change;
use usher_engine::event::{Event, EventKind};
use usher_engine::id::EventId;
use usher_store::{Committed, Hot, Store};

use super::people::at;
use super::stage::{DONE, Play, load};

fn set(timer: &str, generation: u32, due: Timestamp) -> Change {
    Change::TimerSet { timer: timer.to_owned(), generation, due }
}

pub(crate) async fn a_timer_fires_once_and_its_turn_consumes_it(store: &Store) {
    let first = Play::written(store, "ann", "hi", 10).await.changes(set("reply", 1, at(40)));
    let first = first.changes(set("delay", 1, at(45)));
    assert_eq!(first.commit(store).await, DONE);
    // Set anew, the earlier time counts no longer; cleared, it does not fire at all. A fraction is not too early.
    let fraction = at(60) + SignedDuration::from_micros(10);
    let second = Play::written(store, "ann", "more", 11).await.changes(set("reply", 2, fraction));
    let second = second.changes(Change::TimerCleared { timer: "delay".to_owned() });
    assert_eq!(second.commit(store).await, DONE);
    assert_eq!(store.due_timers(at(60), 10).await.unwrap(), []);
    let fired = store.due_timers(at(61), 10).await.unwrap();
    assert_eq!(fired.len(), 1);
    let expected = Event {
        id: EventId::of_timer(&second.session.id, "reply", 2),
        kind: EventKind::TimerFired { timer: "reply".to_owned(), generation: 2 },
    };
    assert_eq!((&fired[0].event, &fired[0].session, fired[0].at), (&expected, &second.session.id, at(61)));
    assert_eq!(store.due_timers(at(100), 10).await.unwrap(), []);
    assert_eq!(store.pending_events(at(63), at(70), 10).await.unwrap(), fired);
    let turn = Play::on(&load(store, "ann").await, expected, at(61)).ends();
    assert_eq!(turn.commit(store).await, DONE);
    assert_eq!(turn.commit(store).await, Committed::Duplicate);
    assert_eq!(store.pending_events(at(200), at(300), 10).await.unwrap(), []);

    // Of a session that is over nothing fires.
    let play = Play::written(store, "ben", "hi", 10).await.changes(set("reply", 1, at(40)));
    play.commit(store).await;
    Play::written(store, "ben", "bye", 11).await.ends().commit(store).await;
    assert_eq!(store.due_timers(at(100), 10).await.unwrap(), []);
}

pub(crate) async fn a_session_expires_at_its_deadline(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.expires(610);
    play.commit(store).await;
    Play::written(store, "ben", "hi", 10).await.expires(700).commit(store).await;
    assert_eq!(store.expired_sessions(at(609), 10).await.unwrap(), []);
    let expired = store.expired_sessions(at(620), 10).await.unwrap();
    assert_eq!(expired.len(), 1);
    let id = EventId::of_expiry(&play.session.id, at(610).as_millisecond());
    assert_eq!((expired[0].event.id.clone(), expired[0].at), (id, at(610)));
    assert_eq!(store.expired_sessions(at(620), 10).await.unwrap(), []);
    // The customer was quicker after all: a new deadline, and its own expiry.
    Play::written(store, "ann", "wait", 609).await.expires(1209).commit(store).await;
    let expired = store.expired_sessions(at(2000), 10).await.unwrap();
    assert_eq!(expired.iter().map(|own| own.at).collect::<Vec<_>>(), [at(700), at(1209)]);
    assert_eq!(store.pending_events(at(3000), at(4000), 10).await.unwrap().len(), 3);
}

pub(crate) async fn events_are_remembered_for_eight_days(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await;
    play.commit(store).await;
    let later = |hours| at(11) + SignedDuration::from_hours(hours);
    assert_eq!(store.prune(later(8 * 24 - 1)).await.unwrap().events, 0);
    let again = Play::written(store, "ann", "hi", 12).await;
    assert_eq!(again.commit(store).await, Committed::Duplicate);
    let mut events = 0;
    loop {
        let pruned = store.prune(later(9 * 24)).await.unwrap();
        events += pruned.events;
        if !pruned.more {
            break;
        }
    }
    assert_eq!(events, 1);
    assert_eq!(store.seen(std::slice::from_ref(&play.event.id)).await.unwrap(), [false]);
}
