//! Sends that were under way when their process died, and those of which nothing is heard.

use std::time::Duration;

use jiff::SignedDuration;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use usher_stand_ins::Fault;
use usher_stand_ins::graph::Sent;
use usher_store::Hot;

use crate::api::postgres::Database;
use crate::room::{SOON, Shop, ann, hasty};
use crate::server::shop;

#[tokio::test]
async fn sends_behind_an_interrupted_one_wait_for_a_status_too_and_keep_their_order() {
    let mut settings = hasty();
    settings.dispatcher.unknown_wait = SignedDuration::from_secs(2);
    let running = Shop::open_with(settings, "http://127.0.0.1:9").await;
    running.graph.fault(Fault::Cut);
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let closed = running.close().await;
    let mut database = SqliteConnection::connect(&closed.database()).await.unwrap();
    // As if both had been under way when the machine lost its power.
    let interrupt = "UPDATE effects SET state = 'leased', owner = 'dead', due_at = 1";
    assert_eq!(sqlx::query(interrupt).execute(&mut database).await.unwrap().rows_affected(), 2);

    let running = closed.open().await;
    let states = "SELECT state FROM effects ORDER BY position";
    let waiting = async {
        loop {
            let states: Vec<(String,)> = sqlx::query_as(states).fetch_all(&mut database).await.unwrap();
            if states.iter().all(|(state,)| state == "unknown") {
                return states.len();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert_eq!(tokio::time::timeout(SOON, waiting).await.unwrap(), 2);
    assert!(running.graph.sent().is_empty());
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?", "Bye."]);
}

#[tokio::test]
async fn a_send_of_which_nothing_is_ever_heard_is_given_up() {
    let mut settings = hasty();
    settings.dispatcher.unknown_wait = SignedDuration::from_millis(300);
    settings.dispatcher.give_up = SignedDuration::from_secs(1);
    let mut running = Shop::open_with(settings, "http://127.0.0.1:9").await;
    for _ in 0..9 {
        running.graph.fault(Fault::Cut);
    }
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let ended = running
        .until("the session learns of it", async |running| {
            let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
            let item = list["items"][0].clone();
            (item["state"] == "ended").then_some(item)
        })
        .await;
    assert_eq!(ended["outcome"], "not_delivered");
    assert!(running.measure(r#"usher_sends_total{outcome="unknown"}"#).await >= 2.0, "it was tried again before");
    assert!(running.graph.sent().is_empty());
}

#[tokio::test]
async fn what_a_dead_process_had_at_hand_is_sent_by_another() {
    let database = Database::new("dead").await;
    let mut settings = hasty();
    settings.dispatcher.unknown_wait = SignedDuration::from_secs(600);
    let running = Shop::open_on(Some(database.address()), settings, "http://127.0.0.1:9").await;
    running.graph.fault(Fault::Cut);
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let mut connection = PgConnection::connect(&database.address()).await.unwrap();
    // As if another process had taken it, and died the moment after.
    let take = "UPDATE effects SET state = 'leased', owner = 'dead', due_at = due_at + 600000 WHERE state = 'unknown'";
    let taken = async {
        while sqlx::query(take).execute(&mut connection).await.unwrap().rows_affected() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, taken).await.unwrap();
    running.core.store.beat("dead", running.core.clock.now(), 10_000).await.unwrap();

    let sent = running.graph.wait_for(1, Duration::from_secs(30)).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?"]);
    let beat = running.core.store.beat("watcher", running.core.clock.now(), 10_000).await.unwrap();
    assert!(beat.others.iter().all(|(process, _)| process != "dead"), "{:?}", beat.others);
    drop(running.close().await);
    let mut left: Vec<(String,)> = sqlx::query_as("SELECT id FROM processes").fetch_all(&mut connection).await.unwrap();
    left.retain(|(process,)| process != "watcher");
    assert!(left.is_empty(), "one that stops takes its leave: {left:?}");
    connection.close().await.unwrap();
    database.remove().await;
}
