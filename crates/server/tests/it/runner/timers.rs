use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use crate::room::{SOON, Shop, ann, workflow};
use crate::server::shop;

#[tokio::test]
async fn no_reply_after_a_while_leads_on() {
    let mut running = Shop::open().await;
    let mut document = workflow();
    document["nodes"]["1"]["settings"]["no_reply"] = json!({ "after": 1 });
    document["nodes"]["1"]["exits"]["no_reply"] = json!(5);
    running.put_live(document).await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.last().unwrap().text(), "Bye.");
}

#[tokio::test]
async fn a_session_ends_when_the_customer_falls_silent() {
    let mut running = Shop::open().await;
    let workspace = running.core.store.workspaces().by_key("shop").await.unwrap().unwrap().id;
    let mut tx = running.core.store.begin().await.unwrap();
    let settings = json!({ "session_seconds": 1 });
    tx.workspaces().set_environment(&workspace, usher_engine::Environment::Production, &settings).await.unwrap();
    tx.commit().await.unwrap();
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let ended = running
        .until("the session ends", async |running| {
            let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
            let item = list["items"][0].clone();
            (item["state"] == "ended").then_some(item)
        })
        .await;
    assert_eq!(ended["outcome"], "expired");
}

#[tokio::test]
async fn time_in_which_usher_was_away_does_not_count() {
    let mut running = Shop::open().await;
    let workspace = running.core.store.workspaces().by_key("shop").await.unwrap().unwrap().id;
    let mut tx = running.core.store.begin().await.unwrap();
    let settings = json!({ "session_seconds": 4 });
    tx.workspaces().set_environment(&workspace, usher_engine::Environment::Production, &settings).await.unwrap();
    tx.commit().await.unwrap();
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.graph.wait_for(1, SOON).await;
    // The last note that it was up is an hour old, as after a night without power.
    let hour = SignedDuration::from_hours(1);
    let before = running.core.clock.now();
    let away = usher_store::Hot::beat(&running.core.store, "night", before + hour, 10_000).await.unwrap().away_ms;
    assert!(away >= 3_500_000, "{away}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
    assert_eq!(list["items"][0]["state"], "running", "the deadline moved with the time away");
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.last().unwrap().text(), "Bye.");
}
