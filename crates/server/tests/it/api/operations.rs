//! What an operator sees and does: kept webhooks and events, dead letters, health.

use serde_json::{Value as Json, json};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::room::{SOON, Shop, ann};
use crate::server::shop;

const HELLO: &str = "Hi Ann! What can we do?";
/// A code of Meta's for a customer who cannot be reached; nothing is tried again by itself.
const UNDELIVERABLE: i64 = 131_026;

fn production(path: &str) -> String {
    shop(&format!("/environments/production{path}"))
}

async fn items(running: &mut Shop, path: &str) -> Vec<Json> {
    let list = running.admin.get(&production(path)).await.expect(200);
    list["items"].as_array().expect("a list").clone()
}

/// Changes the database's tables under the running server.
async fn tamper(running: &Shop, sql: &'static str) {
    let path = running.core.configuration.data.join("usher.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    database.execute(sql).await.unwrap();
    database.close().await.unwrap();
}

async fn audit(running: &mut Shop) -> Vec<(String, String)> {
    let list = running.admin.get(&shop("/audit")).await.expect(200);
    let entry = |entry: &Json| {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        (text("action"), text("subject"))
    };
    list["items"].as_array().unwrap().iter().map(entry).collect()
}

#[tokio::test]
async fn an_event_that_no_turn_can_be_taken_on_is_kept_and_tried_again_once() {
    let mut running = Shop::open().await;
    tamper(&running, "ALTER TABLE journal RENAME TO journal_away").await;
    assert_eq!(running.webhook(ann().text("wamid.1", "the first")).await.status, 200);
    let kept = items(&mut running, "/kept").await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (&kept[0]["what"], &kept[0]["tries"], &kept[0]["address"]),
        (&json!("event"), &json!(1), &json!(ann().phone))
    );
    assert!(kept[0]["problem"].as_str().unwrap().contains("journal"), "{kept:?}");
    let at = production(&format!("/kept/{}", kept[0]["id"].as_str().unwrap()));
    let detail = running.admin.get(&at).await.expect(200);
    assert_eq!(detail["body"]["kind"]["message"]["text"], "the first", "{detail}");

    // It fails again: it stays, and says so.
    let retried = running.admin.post(&format!("{at}/retry"), json!({})).await.expect(200);
    assert_eq!(retried["gone"], false, "{retried}");
    assert_eq!(items(&mut running, "/kept").await[0]["tries"], 2);

    tamper(&running, "ALTER TABLE journal_away RENAME TO journal").await;
    // What the customer wrote later goes on meanwhile.
    assert_eq!(running.webhook(ann().text("wamid.2", "hello")).await.status, 200);
    assert_eq!(running.graph.wait_for(1, SOON).await[0].text(), HELLO);
    let retried = running.admin.post(&format!("{at}/retry"), json!({})).await.expect(200);
    assert_eq!(retried, json!({ "gone": true, "problem": null }));
    assert_eq!(items(&mut running, "/kept").await, Vec::<Json>::new());
    // No option fits, so the menu says so and comes again.
    assert_eq!(running.graph.wait_for(3, SOON).await.len(), 3);
    running.admin.post(&format!("{at}/retry"), json!({})).await.problem(404, "not_found");

    // The provider tells of it again: it was handled.
    let duplicates = r#"usher_turns_total{outcome="duplicate"}"#;
    assert_eq!(running.webhook(ann().text("wamid.1", "the first")).await.status, 200);
    assert_eq!(running.measure(duplicates).await, 1.0);
    assert_eq!(running.graph.sent().len(), 3);
    let actions: Vec<String> = audit(&mut running).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions[..2], ["kept.retried", "kept.retried"]);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_is_dropped_and_not_tried() {
    let mut running = Shop::open().await;
    assert_eq!(running.webhook(b"{ this is no JSON".to_vec()).await.status, 200);
    let kept = items(&mut running, "/kept?channel=whatsapp").await;
    assert_eq!(items(&mut running, "/kept?channel=web").await.len(), 0);
    let at = production(&format!("/kept/{}", kept[0]["id"].as_str().unwrap()));
    running.admin.post(&format!("{at}/retry"), json!({})).await.problem(409, "not_an_event");
    let elsewhere = at.replace("/production/", "/sandbox/");
    running.admin.delete(&elsewhere).await.problem(404, "not_found");
    running.admin.delete(&at).await.expect(204);
    running.admin.delete(&at).await.problem(404, "not_found");
    assert_eq!(items(&mut running, "/kept").await.len(), 0);
    assert_eq!(audit(&mut running).await[0].0, "kept.dropped");
}

#[tokio::test]
async fn dead_letters_are_found_tried_again_and_dropped() {
    let mut running = Shop::open().await;
    for number in 1..=3 {
        running.graph.refuse(UNDELIVERABLE);
        let id = format!("wamid.{number}");
        assert_eq!(running.webhook(ann().text(&id, "hello")).await.status, 200);
        let wanted = number;
        running
            .until("it is given up", async |running| {
                (items(running, "/dead-letters").await.len() == wanted).then_some(())
            })
            .await;
    }
    let letters = items(&mut running, "/dead-letters?channel=whatsapp").await;
    assert_eq!(letters.len(), 3);
    assert_eq!(
        (&letters[2]["message"]["text"], &letters[2]["workflow"]),
        (&json!(HELLO), &json!("orders")),
        "{letters:?}"
    );
    assert_eq!(items(&mut running, "/dead-letters?channel=other").await.len(), 0);
    assert_eq!(items(&mut running, "/dead-letters?error=no%20such%20words").await.len(), 0);
    let health = running.admin.get(&production("/health")).await.expect(200);
    assert_eq!((&health["waiting"]["dead_letters"], &health["waiting"]["due"]), (&json!(3), &json!(0)), "{health}");
    assert_eq!((&health["accepting"], &health["process"]["effects"]), (&json!(true), &json!(0)));

    let at = |letter: &Json| production(&format!("/dead-letters/{}", letter["id"].as_str().unwrap()));
    running.admin.delete(&at(&letters[0])).await.expect(204);
    running.admin.post(&format!("{}/retry", at(&letters[0])), json!({})).await.problem(404, "not_found");
    running.admin.post(&format!("{}/retry", at(&letters[1])), json!({})).await.expect(204);
    running.graph.wait_for(1, SOON).await;
    let none = json!({ "channel": "other" });
    let retried = running.admin.post(&production("/dead-letters/retry"), none).await.expect(200);
    assert_eq!((&retried["retried"], &retried["more"]), (&json!(0), &json!(false)));
    let retried = running.admin.post(&production("/dead-letters/retry"), json!({})).await.expect(200);
    assert_eq!(retried["retried"], 1, "{retried}");
    assert_eq!(running.graph.wait_for(2, SOON).await[1].text(), HELLO);
    assert_eq!(items(&mut running, "/dead-letters").await.len(), 0);
    let actions: Vec<String> = audit(&mut running).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions[..3], ["dead_letters.retried", "dead_letters.retried", "dead_letters.dropped"]);
}
