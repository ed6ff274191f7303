//! Far more than a server can take, while its database is slow: it refuses before its memory grows, and nothing that it did
//! take is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use sqlx::{Connection as _, SqliteConnection};
use tokio::task::JoinSet;
use usher_stand_ins::webhook::{self, Customer};

use super::place::Place;
use super::stage::Stage;
use crate::cli::Usher;
use crate::room::{APP_SECRET, NUMBER};
use crate::server::http;

const CONTACTS: u32 = 8;
/// Who floods at a time, with how many messages in each webhook.
const STRANGERS: usize = 96;
const MESSAGES: usize = 500;
/// How long strangers wait for an answer before they hang up and come again.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the database takes nothing: less than it may be waited for.
const SLOW: Duration = Duration::from_secs(8);
/// How long all of it may take until it is ready again.
const RECOVERED: Duration = Duration::from_secs(30);
/// What memory may grow by, in KiB.
const GROWTH: u64 = 256 * 1024;

/// How webhooks of strangers were answered.
#[derive(Debug, Default)]
struct Answers {
    taken: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
}

/// Many messages in one webhook, on which there is nothing to say.
fn many(stranger: usize) -> Bytes {
    let customer = Customer::new(NUMBER, &format!("2784{stranger:07}"), "Stranger");
    let one = customer.message("", "reaction", json!({ "message_id": "wamid.none", "emoji": "👍" }));
    let mut webhook: Json = serde_json::from_slice(&one).expect("a webhook is JSON");
    let messages = webhook.pointer_mut("/entry/0/changes/0/value/messages").expect("a webhook has messages");
    let again = |message: usize| {
        let mut again = messages[0].clone();
        again["id"] = json!(format!("wamid.stranger-{stranger}-{message}"));
        again
    };
    *messages = (0..MESSAGES).map(again).collect();
    webhook.to_string().into()
}

/// Posts the same webhook again and again, as fast as it is answered.
async fn flood(door: String, stranger: usize, answers: Arc<Answers>) {
    let http = http().timeout(PATIENCE).build().expect("a client can be made");
    let body = many(stranger);
    let signature = webhook::sign(APP_SECRET, &body);
    loop {
        let request =
            http.post(&door).header(webhook::SIGNATURE, &signature).header("Content-Type", "application/json");
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
        let counted = match request.body(body.clone()).send().await {
            Ok(response) => match response.status().as_u16() {
                200 => &answers.taken,
                503 => {
                    assert!(response.headers().contains_key("retry-after"), "it is told when to come again");
                    &answers.refused
                }
                status => panic!("a webhook was answered with {status}"),
            },
            Err(_) => &answers.given_up,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_flooded_refuses_before_its_memory_grows() {
    let mut stage = Stage::set("flood", Usher::bare(), Place::Data).await;
    let mut server = stage.server("usher");
    server.start(stage.serve(&["--unknown-wait", "2"]));
    server.ready().await;
    let load = stage.load(CONTACTS);
    tokio::time::sleep(Duration::from_secs(2)).await;

    let database = format!("sqlite:{}", stage.usher.data().join("usher.db").display());
    let mut database = SqliteConnection::connect(&database).await.expect("the database is there");
    sqlx::query("PRAGMA busy_timeout = 10000").execute(&mut database).await.expect("the pragma is right");
    let (from, before) = (stage.witness.now(), server.resident());
    sqlx::query("BEGIN IMMEDIATE").execute(&mut database).await.expect("the server leaves room between its commits");
    let answers = Arc::<Answers>::default();
    let mut strangers = JoinSet::new();
    for stranger in 0..STRANGERS {
        strangers.spawn(flood(server.url(stage.front.door()), stranger, Arc::clone(&answers)));
    }
    let (mut most, began) = (before, tokio::time::Instant::now());
    while began.elapsed() < SLOW {
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(server.resident());
        if let Some(ended) = strangers.try_join_next() {
            ended.expect("a stranger is answered as it should be");
        }
    }
    sqlx::query("ROLLBACK").execute(&mut database).await.expect("the transaction is there");
    strangers.shutdown().await;
    stage.witness.note(format!("memory grew by {} MiB, {answers:?}", (most - before) / 1024));
    println!("memory grew from {before} to {most} KiB, {answers:?}");
    assert!(answers.refused.load(Ordering::Relaxed) > 0, "{answers:?}");
    assert!(most - before < GROWTH, "memory grew from {before} to {most} KiB");

    while server.readiness().await != Some(200) {
        assert!(began.elapsed() < RECOVERED, "the server is ready again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.witness.note_outage(from, stage.witness.now());
    tokio::time::sleep(Duration::from_secs(2)).await;
    load.finish().await;
    stage.settle().await;
    server.stop().await;
    stage.check().await;
}
