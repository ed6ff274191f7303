//! Effects that wait in the store until their system has room.

use usher_engine::id::EffectId;
use usher_store::{Committed, DueEffect, Hot, Outcome, Release, Settlement, Standing, Store};

use super::people::at;
use super::stage::{DONE, Play, lease};

const SYSTEM: &str = "id-shop/production/channel/main";

async fn due(store: &Store, now: i64) -> Vec<(EffectId, Standing, u32)> {
    let told = |due: DueEffect| (due.effect.id, due.standing, due.attempts);
    store.due_effects(at(now), 10, &lease("one", now + 60)).await.unwrap().into_iter().map(told).collect()
}

async fn let_in(store: &Store, most: u32) -> u64 {
    store.let_in(&[(SYSTEM.to_owned(), most)]).await.unwrap()
}

/// Commits a turn with one send that waits.
async fn waits(store: &Store, address: &str, now: i64) -> EffectId {
    let play = Play::written(store, address, &format!("hi from {address}"), now).await.sends("1");
    let mut record = play.record();
    record.let_wait(0, SYSTEM.to_owned());
    let committed = store.commit(vec![record], Some(&lease("one", now + 60))).await.unwrap();
    assert_eq!(committed, [Committed::Done { sends_leased: true }], "the lane is free");
    play.effect(0)
}

pub(crate) async fn what_waits_is_due_once_it_is_let_in(store: &Store) {
    let (ann, ben) = (waits(store, "ann", 10).await, waits(store, "ben", 11).await);
    assert_eq!(due(store, 12).await, []);
    assert_eq!(store.waiting_systems().await.unwrap(), [SYSTEM]);
    assert_eq!(let_in(store, 1).await, 1);
    assert_eq!(due(store, 13).await, [(ann, Standing::Fresh, 0)]);
    assert_eq!((let_in(store, 5).await, let_in(store, 5).await), (1, 0));
    assert_eq!(due(store, 14).await, [(ben, Standing::Fresh, 0)]);
    assert!(store.waiting_systems().await.unwrap().is_empty());
}

pub(crate) async fn a_heap_that_waits_stands_before_nobody(store: &Store) {
    for n in 0..30 {
        waits(store, &format!("ann{n}"), 10).await;
    }
    let ben = Play::written(store, "ben", "hi", 20).await.sends("1").calls();
    ben.commit(store).await;
    let taken: Vec<_> = due(store, 21).await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(taken, [ben.effect(1), ben.effect(0)]);
}

pub(crate) async fn what_was_taken_in_vain_waits_as_it_stood(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    play.commit(store).await;
    assert_eq!(due(store, 11).await.len(), 2);
    let until = Outcome::Retry { at: at(20), error: "busy".to_owned() };
    store.settle(vec![Settlement { effect: play.effect(0), outcome: until }], at(12)).await.unwrap();
    let taken = due(store, 20).await;
    assert_eq!(taken, [(play.effect(0), Standing::Retried, 1), (play.effect(1), Standing::Fresh, 0)]);

    let both = |until| {
        let release = |(id, ..): &(EffectId, Standing, u32)| Release {
            effect: id.clone(),
            until: at(until),
            waits_for: Some(SYSTEM.to_owned()),
        };
        taken.iter().map(release).collect::<Vec<_>>()
    };
    assert_eq!(
        store.release(&both(80), "another", at(21)).await.unwrap(),
        0,
        "only who has leased them gives them back"
    );
    assert_eq!(store.release(&both(79), "one", at(21)).await.unwrap(), 0, "an earlier lease");
    assert_eq!(store.release(&both(80), "one", at(21)).await.unwrap(), 2);
    assert_eq!(due(store, 100).await, []);
    // The lane is taken whole, whichever of it is let in.
    assert_eq!(let_in(store, 1).await, 1);
    assert_eq!(due(store, 101).await, taken);
    assert_eq!(store.waiting_systems().await.unwrap(), Vec::<String>::new());
}

pub(crate) async fn what_comes_behind_one_that_waits_waits_with_it(store: &Store) {
    let first = waits(store, "ann", 10).await;
    let second = Play::written(store, "ann", "more", 11).await.sends("2");
    assert_eq!(second.commit_leased(store, &lease("one", 100)).await, DONE, "the lane is not free");
    assert_eq!(due(store, 12).await, []);
    let_in(store, 1).await;
    assert_eq!(due(store, 13).await, [(first, Standing::Fresh, 0), (second.effect(0), Standing::Fresh, 0)]);
}
