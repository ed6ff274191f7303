//! What happened at nodes: deltas, sums, and both together.

use jiff::{SignedDuration, Timestamp};
use usher_engine::change::Counted;
use usher_engine::environment::Environment;
use usher_store::{Count, Store};

use super::people::at;
use super::stage::{DONE, Play};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn counts(store: &Store) -> Vec<(i64, String, String, u64)> {
    let all = store.statistics().of_workflow(
        "id-shop",
        Environment::Production,
        "help",
        Timestamp::UNIX_EPOCH,
        Timestamp::UNIX_EPOCH + HOUR * 100,
    );
    let row = |count: Count| {
        assert_eq!((count.version, count.node), (2, 4));
        (count.hour.as_second() / 3600, count.what, count.exit, count.count)
    };
    all.await.unwrap().into_iter().map(row).collect()
}

async fn fold(store: &Store, limit: u32) -> u64 {
    let mut tx = store.begin().await.unwrap();
    let folded = tx.statistics().fold(limit).await.unwrap();
    tx.commit().await.unwrap();
    folded
}

async fn turn(store: &Store, address: &str, words: &str, seconds: i64) {
    let play = Play::written(store, address, words, seconds).await.counts(Counted::Entered);
    let play = play.counts(Counted::Left { exit: "next".to_owned() });
    assert_eq!(play.commit(store).await, DONE);
}

pub(crate) async fn what_is_folded_and_what_is_not_add_up(store: &Store) {
    assert_eq!(fold(store, 10).await, 0);
    for number in 0..5 {
        turn(store, "ann", &format!("first {number}"), 10 + number).await;
    }
    turn(store, "ben", "later", 3_700).await;
    let row = |hour, what: &str, exit: &str, count| (hour, what.to_owned(), exit.to_owned(), count);
    let expected =
        [row(0, "entered", "", 5), row(0, "left", "next", 5), row(1, "entered", "", 1), row(1, "left", "next", 1)];
    assert_eq!(counts(store).await, expected);
    // A few at a time: whatever is folded, the sum stays.
    let mut folded = 0;
    loop {
        let some = fold(store, 5).await;
        assert_eq!(counts(store).await, expected);
        folded += some;
        if some == 0 {
            break;
        }
        assert!(some <= 5);
    }
    assert_eq!(folded, 12);
    turn(store, "ann", "more", 20).await;
    fold(store, 100).await;
    assert_eq!(counts(store).await[..2], [row(0, "entered", "", 6), row(0, "left", "next", 6)]);
    // Of another workflow, environment or time there is nothing.
    let other = |environment, workflow: &'static str, from| {
        store.statistics().of_workflow("id-shop", environment, workflow, from, from + HOUR)
    };
    assert_eq!(other(Environment::Sandbox, "help", at(0)).await.unwrap(), []);
    assert_eq!(other(Environment::Production, "sales", at(0)).await.unwrap(), []);
    assert_eq!(other(Environment::Production, "help", at(7_200)).await.unwrap(), []);
}

pub(crate) async fn two_who_fold_at_once_count_nothing_twice(store: &Store) {
    let turns = (0..3).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..30 {
                turn(&store, &format!("c{number}"), &format!("{round}"), 10).await;
            }
        })
    });
    let folds = (0..2).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut folded = 0;
            while folded < 180 {
                match fold(&store, 7).await {
                    0 if counts(&store).await.iter().map(|count| count.3).sum::<u64>() == 180 => break,
                    some => folded += some,
                }
            }
            folded
        })
    });
    let (turns, folds): (Vec<_>, Vec<_>) = (turns.collect(), folds.collect());
    for turn in turns {
        turn.await.unwrap();
    }
    let mut folded = 0;
    for task in folds {
        folded += task.await.unwrap();
    }
    while let some @ 1.. = fold(store, 100).await {
        folded += some;
    }
    assert_eq!(folded, 180);
    assert_eq!(counts(store).await.iter().map(|count| count.3).collect::<Vec<_>>(), [90, 90]);
}
