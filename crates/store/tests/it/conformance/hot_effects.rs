//! Effects: lanes, leases, settlements, dead letters.

use std::collections::BTreeSet;

use usher_engine::environment::Environment;
use usher_engine::event::EventKind;
use usher_engine::id::EffectId;
use usher_store::{
    Backlog, Committed, DeadLetterFilter, DeliveryState, DueEffect, Hot, Outcome, Settlement, Standing, Store,
    WorkspaceChange,
};

use super::people::{at, workspace};
use super::stage::{DONE, Play, answer, key, lease, load};

async fn due(store: &Store, now: i64, owner: &str) -> Vec<DueEffect> {
    store.due_effects(at(now), 100, &lease(owner, now + 60)).await.unwrap()
}

fn ids(effects: &[DueEffect]) -> Vec<EffectId> {
    effects.iter().map(|due| due.effect.id.clone()).collect()
}

async fn settle(store: &Store, effect: &EffectId, outcome: Outcome, now: i64) {
    let settlement = Settlement { effect: effect.clone(), outcome };
    assert_eq!(store.settle(vec![settlement], at(now)).await.unwrap(), []);
}

fn sent(id: &str) -> Outcome {
    Outcome::Sent { provider_id: Some(id.to_owned()), provider: Some("{}".to_owned()) }
}

fn retry(seconds: i64) -> Outcome {
    Outcome::Retry { at: at(seconds), error: "busy".to_owned() }
}

fn dead(seconds: i64) -> Outcome {
    Outcome::Dead { error: "no such number".to_owned(), provider: None, event: None, at: at(seconds) }
}

async fn state(store: &Store, address: &str, position: i64) -> Option<DeliveryState> {
    let messages = store.conversations().messages_at(&key(address), position - 1, 1).await.unwrap();
    messages[0].state
}

pub(crate) async fn what_is_due_tells_the_newest_revision(store: &Store) {
    let shop = workspace(store, "shop").await;
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").calls();
    assert_eq!(play.commit(store).await, DONE);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.workspaces().change(&shop, &WorkspaceChange::default()).await.unwrap());
    tx.commit().await.unwrap();
    let newest = load(store, "ann").await.revision;
    assert!(newest > play.loaded.revision);
    let taken = due(store, 11, "one").await;
    assert_eq!(taken.iter().map(|due| due.revision).collect::<Vec<_>>(), [newest, newest]);
}

pub(crate) async fn a_lane_is_taken_whole_and_waits_for_its_first(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    assert_eq!(play.commit(store).await, DONE);
    let taken = due(store, 11, "one").await;
    assert_eq!(ids(&taken), [play.effect(0), play.effect(1)]);
    assert!(taken.iter().all(|due| due.standing == Standing::Fresh && due.attempts == 0 && due.key == key("ann")));
    assert_eq!(due(store, 12, "two").await, []);

    // The first has to be tried again: the second waits with it, and with it what comes behind.
    settle(store, &play.effect(0), retry(30), 13).await;
    let behind = Play::written(store, "ann", "more", 14).await.sends("3");
    assert_eq!(behind.commit_leased(store, &lease("one", 100)).await, DONE);
    assert_eq!(due(store, 29, "two").await, []);
    let taken = due(store, 30, "two").await;
    assert_eq!(ids(&taken), [play.effect(0), play.effect(1), behind.effect(0)]);
    let standings: Vec<_> = taken.iter().map(|due| (due.standing, due.attempts)).collect();
    assert_eq!(standings, [(Standing::Retried, 1), (Standing::Fresh, 0), (Standing::Fresh, 0)]);

    for (place, id) in ids(&taken).iter().enumerate() {
        settle(store, id, sent(&format!("wamid.{place}")), 31).await;
    }
    assert_eq!(state(store, "ann", 2).await, Some(DeliveryState::Sent));
    assert_eq!(due(store, 10_000, "two").await, []);
    // What is settled is left alone.
    settle(store, &play.effect(0), dead(32), 32).await;
    assert_eq!(state(store, "ann", 2).await, Some(DeliveryState::Sent));
}

pub(crate) async fn calls_go_beside_the_lane_and_answer_once(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("One moment.").calls();
    let leased = play.commit_leased(store, &lease("one", 60)).await;
    assert_eq!(leased, Committed::Done { sends_leased: true });
    assert_eq!(due(store, 59, "two").await, []);
    let call = play.effect(1);
    let event = answer(&call);
    let answered =
        || Settlement { effect: call.clone(), outcome: Outcome::Answered { event: event.clone(), at: at(12) } };
    let stored = store.settle(vec![answered(), answered()], at(12)).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0].event, &stored[0].session, stored[0].at), (&event, &play.session.id, at(12)));
    assert_eq!(store.settle(vec![answered()], at(13)).await.unwrap(), []);

    // Who got it directly has some time before the sweeper offers it; then it is offered now and then.
    assert_eq!(store.pending_events(at(13), at(20), 10).await.unwrap(), []);
    assert_eq!(store.pending_events(at(14), at(20), 10).await.unwrap(), stored);
    assert_eq!(store.pending_events(at(19), at(30), 10).await.unwrap(), []);
    assert_eq!(store.pending_events(at(20), at(30), 10).await.unwrap(), stored);
    let turn = Play::on(&play.after(), event.clone(), at(12)).sends("Shipped.");
    assert_eq!(turn.commit(store).await, DONE);
    assert_eq!(store.pending_events(at(100), at(200), 10).await.unwrap(), []);
    assert!(matches!(turn.event.kind, EventKind::CallAnswered { .. }));
}

pub(crate) async fn a_lease_that_runs_out_is_told(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").calls();
    play.commit_leased(store, &lease("one", 60)).await;
    let taken = due(store, 60, "two").await;
    assert_eq!(BTreeSet::from_iter(ids(&taken)), BTreeSet::from([play.effect(0), play.effect(1)]));
    assert!(taken.iter().all(|due| due.standing == Standing::Interrupted && due.attempts == 1), "{taken:?}");
    // A status may tell of a send whose outcome is unknown; if none does, it is told so.
    settle(store, &play.effect(0), Outcome::Unknown { until: at(90), error: "timeout".to_owned() }, 61).await;
    assert_eq!(due(store, 89, "two").await, []);
    let taken = due(store, 90, "two").await;
    assert_eq!((taken.len(), taken[0].standing, taken[0].attempts), (1, Standing::Unheard, 2));
}

pub(crate) async fn a_dead_letter_lets_the_next_pass_and_can_be_tried_again(store: &Store) {
    workspace(store, "shop").await;
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    play.commit(store).await;
    assert_eq!(due(store, 11, "one").await.len(), 2);
    settle(store, &play.effect(0), dead(12), 12).await;
    settle(store, &play.effect(1), sent("wamid.2"), 12).await;
    assert_eq!(state(store, "ann", 2).await, Some(DeliveryState::Failed));
    let all = DeadLetterFilter::all("id-shop", Environment::Production);
    let page = store.dead_letters().list(&all, None, 10).await.unwrap();
    let letters: Vec<_> = page.items.iter().map(|letter| (letter.id.clone(), letter.error.as_str())).collect();
    assert_eq!(letters, [(play.effect(0), "no such number")]);
    assert_eq!(due(store, 10_000, "one").await, []);

    let id = play.effect(0);
    let mut tx = store.begin().await.unwrap();
    let elsewhere = DeadLetterFilter::one("id-shop", Environment::Sandbox, id.as_str());
    assert_eq!(tx.dead_letters().retry(&elsewhere, at(20), 10).await.unwrap(), 0);
    let one = DeadLetterFilter::one("id-shop", Environment::Production, id.as_str());
    assert_eq!(tx.dead_letters().retry(&one, at(20), 10).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let taken = due(store, 20, "one").await;
    assert_eq!((ids(&taken), taken[0].standing), (vec![id.clone()], Standing::Fresh));
    settle(store, &id, sent("wamid.1"), 21).await;
    assert_eq!(state(store, "ann", 2).await, Some(DeliveryState::Sent));
    assert_eq!(store.dead_letters().list(&all, None, 10).await.unwrap().items, []);
}

pub(crate) async fn dead_letters_of_a_lane_go_again_in_their_order(store: &Store) {
    workspace(store, "shop").await;
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2").sends("3");
    play.commit(store).await;
    assert_eq!(due(store, 11, "one").await.len(), 3);
    // Given up in another order than they were asked for.
    for (index, second) in [(2, 12), (0, 13), (1, 14)] {
        settle(store, &play.effect(index), dead(second), second).await;
    }
    let all = DeadLetterFilter::all("id-shop", Environment::Production);
    let found = |filter: DeadLetterFilter| async move {
        store.dead_letters().list(&filter, None, 10).await.unwrap().items.len()
    };
    assert_eq!(found(DeadLetterFilter { error: Some("No Such".to_owned()), ..all.clone() }).await, 3);
    assert_eq!(found(DeadLetterFilter { error: Some("%".to_owned()), ..all.clone() }).await, 0);
    assert_eq!(found(DeadLetterFilter { channel: Some("elsewhere".to_owned()), ..all.clone() }).await, 0);
    assert_eq!(found(DeadLetterFilter { until: Some(at(13)), ..all.clone() }).await, 2);

    let mut tx = store.begin().await.unwrap();
    let some = DeadLetterFilter { until: Some(at(13)), ..all.clone() };
    assert_eq!(tx.dead_letters().retry(&some, at(20), 1).await.unwrap(), 1, "a bounded number at a time");
    assert_eq!(tx.dead_letters().retry(&some, at(20), 9).await.unwrap(), 1);
    assert_eq!(tx.dead_letters().retry(&all, at(20), 9).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let taken = due(store, 20, "one").await;
    assert_eq!(ids(&taken), [play.effect(0), play.effect(1), play.effect(2)]);
    assert!(taken.iter().all(|due| due.asked_at == at(20) && due.attempts == 0), "as if they were new: {taken:?}");
    assert_eq!(state(store, "ann", 3).await, Some(DeliveryState::Pending));
}

pub(crate) async fn sends_behind_others_are_freed_when_those_are_settled(store: &Store) {
    let first = Play::written(store, "ann", "hi", 10).await.sends("1");
    assert_eq!(first.commit_leased(store, &lease("one", 60)).await, Committed::Done { sends_leased: true });
    let second = Play::written(store, "ann", "more", 11).await.sends("2").calls();
    // The call is the committer's all the same.
    assert_eq!(second.commit_leased(store, &lease("two", 60)).await, DONE);
    assert_eq!(due(store, 12, "three").await, []);
    settle(store, &first.effect(0), sent("wamid.1"), 13).await;
    let taken = due(store, 13, "three").await;
    assert_eq!(ids(&taken), [second.effect(0)]);
    // One that is there alone is leased with its turn again.
    settle(store, &second.effect(0), sent("wamid.2"), 14).await;
    let third = Play::written(store, "ann", "again", 15).await.sends("3");
    assert_eq!(third.commit_leased(store, &lease("one", 60)).await, Committed::Done { sends_leased: true });
}

pub(crate) async fn a_send_that_waits_for_a_status_behind_another_goes_in_its_turn(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    play.commit_leased(store, &lease("one", 60)).await;
    let unknown = |until| Outcome::Unknown { until: at(until), error: "interrupted".to_owned() };
    settle(store, &play.effect(0), unknown(40), 20).await;
    settle(store, &play.effect(1), unknown(30), 20).await;
    assert_eq!(due(store, 35, "two").await, [], "its own time has come, not its turn");
    settle(store, &play.effect(0), sent("wamid.1"), 36).await;
    assert_eq!(ids(&due(store, 37, "two").await), [play.effect(1)]);
}

pub(crate) async fn many_take_without_taking_twice(store: &Store) {
    let mut asked = BTreeSet::new();
    for address in 0..30 {
        let play = Play::written(store, &format!("c{address}"), "hi", 10).await.sends("1").sends("2").calls();
        play.commit(store).await;
        asked.extend((0..3).map(|index| play.effect(index)));
    }
    let takers = (0..4).map(|taker| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            for _ in 0..40 {
                taken.extend(store.due_effects(at(11), 5, &lease(&format!("t{taker}"), 99)).await.unwrap());
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        taken.extend(ids(&taker.await.unwrap()));
    }
    assert_eq!(taken.len(), asked.len());
    assert_eq!(BTreeSet::from_iter(taken), asked);
}

pub(crate) async fn what_waits_is_counted(store: &Store) {
    workspace(store, "shop").await;
    let ours = ("id-shop", Environment::Production);
    assert_eq!(store.backlog().count(None, at(10)).await.unwrap(), Backlog::default());
    for (index, name) in ["ann", "ben", "cas", "dan"].into_iter().enumerate() {
        let play = Play::written(store, name, "hi", 10).await.sends("1").sends("2").calls();
        play.commit(store).await;
        if index == 0 {
            continue;
        }
        due(store, 11, "one").await;
        let outcome = [retry(90), Outcome::Unknown { until: at(90), error: "timeout".to_owned() }, dead(12)];
        settle(store, &play.effect(0), outcome[index - 1].clone(), 12).await;
    }
    let now = at(13);
    let all = store.backlog().count(None, now).await.unwrap();
    assert_eq!(store.backlog().count(Some(ours), now).await.unwrap(), all);
    assert_eq!(all.dead_letters, 1);
    assert_eq!((all.retried_effects, all.unknown_effects), (1, 1));
    assert_eq!(all.due_effects + all.leased_effects + all.parked_effects, 12 - 3, "{all:?}");
    let later = store.backlog().count(None, at(1_000)).await.unwrap();
    assert_eq!((later.due_effects, later.leased_effects, later.due_since.is_some()), (11, 0, true), "{later:?}");
    let elsewhere = store.backlog().count(Some(("id-shop", Environment::Sandbox)), at(1_000)).await.unwrap();
    assert_eq!(elsewhere, Backlog::default());

    let claims = |second| async move {
        let mut tx = store.begin().await.unwrap();
        let claimed = tx.backlog().claim(at(second), jiff::SignedDuration::from_secs(10)).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    assert!(claims(100).await, "nobody counts yet");
    assert!(!claims(109).await);
    assert!(claims(110).await);
    assert!(claims(50).await, "a clock that was ahead keeps nobody out");
}
