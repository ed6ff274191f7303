//! Processes that come, beat, die and leave, and what becomes of what they had at hand.

use usher_engine::change::Change;
use usher_engine::id::EffectId;
use usher_store::{Beat, Committed, DueEffect, Hot, Outcome, Release, Settlement, Standing, Store};

use super::people::at;
use super::stage::{DONE, Play, lease, load};

async fn beat(store: &Store, process: &str, now: i64) -> Beat {
    store.beat(process, at(now), 5_000).await.unwrap()
}

async fn due(store: &Store, now: i64, owner: &str) -> Vec<DueEffect> {
    store.due_effects(at(now), 100, &lease(owner, now + 60)).await.unwrap()
}

fn standings(effects: &[DueEffect]) -> Vec<(EffectId, Standing, u32)> {
    effects.iter().map(|due| (due.effect.id.clone(), due.standing, due.attempts)).collect()
}

async fn settle(store: &Store, effect: EffectId, outcome: Outcome, now: i64) {
    store.settle(vec![Settlement { effect, outcome }], at(now)).await.unwrap();
}

fn sent() -> Outcome {
    Outcome::Sent { provider_id: None, provider: None }
}

pub(crate) async fn time_without_usher_does_not_count(store: &Store) {
    assert_eq!(beat(store, "one", 0).await, Beat::default());
    Play::written(store, "ann", "hi", 10).await.expires(610).commit(store).await;
    let timer = |name: &str, due| Change::TimerSet { timer: name.to_owned(), generation: 1, due: at(due) };
    let ben = Play::written(store, "ben", "hi", 1).await.changes(timer("late", 3)).changes(timer("waits", 20));
    ben.commit(store).await;
    assert_eq!(beat(store, "one", 4).await.away_ms, 0);
    assert_eq!(beat(store, "one", 1004).await.away_ms, 1_000_000);
    assert_eq!(store.expired_sessions(at(1609), 10).await.unwrap(), []);
    assert_eq!(store.expired_sessions(at(1610), 10).await.unwrap()[0].at, at(1610));
    let ann = load(store, "ann").await;
    assert_eq!(ann.running().unwrap().expires_at, Some(at(1610)), "it is known while the expiry is on its way");
    let fired = async |now| store.due_timers(at(now), 10).await.unwrap().len();
    assert_eq!(fired(1004).await, 1, "what was due before is only late");
    assert_eq!((fired(1019).await, fired(1020).await), (0, 1), "who had 16 seconds left has them still");
}

pub(crate) async fn time_counts_while_any_process_is_up(store: &Store) {
    beat(store, "one", 0).await;
    Play::written(store, "ann", "hi", 10).await.expires(610).commit(store).await;
    for now in [4, 8, 12] {
        assert_eq!(beat(store, "two", now).await.away_ms, 0);
    }
    // One that was away itself, and one whose clock is behind.
    assert_eq!(beat(store, "one", 14).await.away_ms, 0);
    assert_eq!(beat(store, "slow", 9).await.away_ms, 0);
    assert_eq!(beat(store, "one", 19).await.away_ms, 0);
    // Of several that come back at once, one gives the time back.
    let beats = ["one", "two", "slow"].map(|process| {
        let store = store.clone();
        tokio::spawn(async move { beat(&store, process, 119).await.away_ms })
    });
    let mut away = 0;
    for beat in beats {
        away += beat.await.unwrap();
    }
    assert_eq!(away, 100_000);
    assert_eq!(store.expired_sessions(at(709), 10).await.unwrap(), []);
    assert_eq!(store.expired_sessions(at(710), 10).await.unwrap()[0].at, at(710));
}

pub(crate) async fn each_process_sees_how_often_the_others_have_beaten(store: &Store) {
    beat(store, "two", 1).await;
    assert_eq!(beat(store, "one", 1).await.others, [("two".to_owned(), 1)]);
    beat(store, "three", 2).await;
    beat(store, "two", 2).await;
    let others = beat(store, "one", 3).await.others;
    assert_eq!(others, [("three".to_owned(), 1), ("two".to_owned(), 2)]);
    store.leave("three").await.unwrap();
    store.bury("two", at(4)).await.unwrap();
    store.bury("nobody", at(4)).await.unwrap();
    assert_eq!(beat(store, "one", 5).await.others, []);
    // Buried alive.
    beat(store, "two", 6).await;
    assert_eq!(beat(store, "one", 6).await.others, [("two".to_owned(), 1)]);
}

pub(crate) async fn what_the_dead_had_at_hand_is_interrupted(store: &Store) {
    let dead = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2").calls();
    dead.commit_leased(store, &lease("dead", 100)).await;
    let alive = Play::written(store, "ben", "hi", 10).await.sends("3");
    alive.commit_leased(store, &lease("alive", 100)).await;
    assert_eq!(due(store, 20, "other").await, []);
    assert_eq!(store.bury("dead", at(20)).await.unwrap(), 3);
    assert_eq!(store.bury("dead", at(20)).await.unwrap(), 0);
    let mut taken = standings(&due(store, 20, "other").await);
    taken.sort();
    let mut expected: Vec<_> = (0..3).map(|index| (dead.effect(index), Standing::Interrupted, 1)).collect();
    expected.sort();
    assert_eq!(taken, expected);
    // They are somebody else's now: the dead one, should it come back, cannot have them taken away again.
    assert_eq!(store.bury("dead", at(21)).await.unwrap(), 0);
    assert_eq!(due(store, 79, "third").await, []);
}

pub(crate) async fn who_leaves_with_something_at_hand_is_buried_by_others(store: &Store) {
    beat(store, "one", 9).await;
    beat(store, "two", 9).await;
    let play = Play::written(store, "ann", "hi", 10).await.sends("1");
    play.commit_leased(store, &lease("two", 100)).await;
    store.leave("two").await.unwrap();
    assert_eq!(beat(store, "one", 11).await.others, [("two".to_owned(), 1)]);
    settle(store, play.effect(0), sent(), 12).await;
    store.leave("two").await.unwrap();
    assert_eq!(beat(store, "one", 13).await.others, []);
}

/// What was leased until then, and is to be due again.
fn back(effect: EffectId, until: i64) -> Release {
    Release { effect, until: at(until), waits_for: None }
}

pub(crate) async fn what_is_released_stands_as_before(store: &Store) {
    let first = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2").calls();
    assert_eq!(first.commit_leased(store, &lease("one", 100)).await, Committed::Done { sends_leased: true });
    let behind = Play::written(store, "ann", "more", 11).await.sends("3");
    assert_eq!(behind.commit_leased(store, &lease("one", 100)).await, DONE);
    let all: Vec<_> = (0..3).map(|index| first.effect(index)).chain([behind.effect(0)]).collect();
    let until = |second| all.iter().map(|effect| back(effect.clone(), second)).collect::<Vec<_>>();
    // Of another nothing is taken away, and what it did not lease was not given back.
    assert_eq!(store.release(&until(100), "two", at(20)).await.unwrap(), 0);
    assert_eq!(store.release(&until(99), "one", at(20)).await.unwrap(), 0, "an earlier lease");
    assert_eq!(due(store, 20, "two").await, []);
    assert_eq!(store.release(&until(100), "one", at(20)).await.unwrap(), 3);
    assert_eq!(store.release(&until(100), "one", at(20)).await.unwrap(), 0);
    let taken = due(store, 20, "two").await;
    assert!(taken.iter().all(|due| due.leased_until == at(80)), "{taken:?}");
    let sends: Vec<_> = standings(&taken).into_iter().filter(|(effect, ..)| *effect != first.effect(2)).collect();
    let fresh = |effect| (effect, Standing::Fresh, 0);
    assert_eq!(sends, [fresh(first.effect(0)), fresh(first.effect(1)), fresh(behind.effect(0))]);
    assert_eq!(taken.len(), 4);

    // One that waits for a status, one that was interrupted: neither becomes fresh by being given back.
    let unknown = Outcome::Unknown { until: at(30), error: "timeout".to_owned() };
    settle(store, first.effect(0), unknown, 21).await;
    store.bury("two", at(22)).await.unwrap();
    let before = standings(&due(store, 30, "three").await);
    assert_eq!((before[0].1, before.len()), (Standing::Interrupted, 4), "{before:?}");
    assert_eq!(store.release(&until(90), "three", at(30)).await.unwrap(), 4);
    assert_eq!(standings(&due(store, 31, "four").await), before);
    assert_eq!(before.iter().find(|(effect, ..)| *effect == first.effect(0)).unwrap().1, Standing::Unheard);
}

pub(crate) async fn what_is_released_overtakes_nothing(store: &Store) {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2").sends("3");
    play.commit_leased(store, &lease("one", 100)).await;
    // The first is under way.
    let behind = [back(play.effect(1), 100), back(play.effect(2), 100)];
    assert_eq!(store.release(&behind, "one", at(20)).await.unwrap(), 2);
    assert_eq!(due(store, 20, "two").await, []);
    settle(store, play.effect(0), sent(), 21).await;
    let taken = due(store, 21, "two").await;
    assert_eq!(standings(&taken), [(play.effect(1), Standing::Fresh, 0), (play.effect(2), Standing::Fresh, 0)]);
}

pub(crate) async fn sends_go_behind_those_that_the_same_process_has_in_hand(store: &Store) {
    let leased = Committed::Done { sends_leased: true };
    let commit = async |play: &Play, owner: &str, behind: Option<i64>| {
        let mut record = play.record();
        if let Some(position) = behind {
            record.go_behind(position);
        }
        store.commit(vec![record], Some(&lease(owner, 100))).await.unwrap().remove(0)
    };
    // At positions 2 and 3; what was written is at 1.
    let first = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    assert_eq!(first.record().positions(), [2, 3]);
    assert_eq!(commit(&first, "one", None).await, leased);
    let second = Play::written(store, "ann", "more", 11).await.sends("3").calls();
    assert_eq!(second.record().positions(), [5, 0]);
    assert_eq!(commit(&second, "one", Some(3)).await, leased);
    // The third knows nothing of the second, as if that was committed beside it.
    let third = Play::written(store, "ann", "and more", 12).await.sends("4");
    assert_eq!(commit(&third, "one", Some(3)).await, DONE);
    assert_eq!(due(store, 20, "two").await, []);
    // Once the first are settled, the second still stands before the third.
    settle(store, first.effect(0), sent(), 21).await;
    settle(store, first.effect(1), sent(), 22).await;
    assert_eq!(due(store, 23, "two").await, []);
    settle(store, second.effect(0), sent(), 24).await;
    assert_eq!(standings(&due(store, 24, "two").await), [(third.effect(0), Standing::Fresh, 0)]);

    // Behind what another has in hand, or what waits to be tried again, nothing goes.
    let fourth = Play::written(store, "ann", "even more", 25).await.sends("5");
    assert_eq!(commit(&fourth, "one", Some(7)).await, DONE);
    let retry = Outcome::Retry { at: at(90), error: "busy".to_owned() };
    settle(store, third.effect(0), retry, 26).await;
    let fifth = Play::written(store, "ann", "still more", 27).await.sends("6");
    assert_eq!(commit(&fifth, "two", Some(9)).await, DONE);
    let taken: Vec<_> = standings(&due(store, 90, "two").await).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(taken, [third.effect(0), fourth.effect(0), fifth.effect(0)]);
}
