use std::time::Duration;

use serde_json::{Value as Json, json};
use usher_stand_ins::webhook;

use crate::room::{APP_SECRET, SOON, Shop, ann};
use crate::server::shop;

/// Nothing was stored and nothing is sent.
async fn left_nothing(running: &mut Shop) {
    tokio::time::sleep(Duration::from_millis(100)).await;
    let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
    assert_eq!(list["items"], json!([]));
    let kept = running.core.store.kept();
    let workspace = running.core.store.workspaces().by_key("shop").await.unwrap().unwrap().id;
    let kept = kept.list(&workspace, usher_engine::Environment::Production, None, None, 10).await.unwrap();
    assert_eq!(kept.items, []);
    assert!(running.graph.sent().is_empty());
}

#[tokio::test]
async fn unsigned_and_wrongly_signed_webhooks_leave_nothing() {
    let mut running = Shop::open().await;
    let hello = ann().text("wamid.1", "hello");
    running.post_webhook(hello.clone(), &[]).await.problem(401, "unsigned");
    let wrong = webhook::sign("another secret", &hello);
    running.post_webhook(hello.clone(), &[(webhook::SIGNATURE, &wrong)]).await.problem(401, "wrongly_signed");
    let other = webhook::sign(APP_SECRET, &ann().text("wamid.2", "hello"));
    running.post_webhook(hello.clone(), &[(webhook::SIGNATURE, &other)]).await.problem(401, "wrongly_signed");
    running.post_webhook(hello, &[(webhook::SIGNATURE, "sha256=zz")]).await.problem(401, "wrongly_signed");
    left_nothing(&mut running).await;
    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="unsigned"}"#).await, 1.0);
    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="wrongly_signed"}"#).await, 3.0);
    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="accepted"}"#).await, 0.0);
}

#[tokio::test]
async fn an_oversized_webhook_leaves_nothing() {
    let mut running = Shop::open().await;
    let huge = ann().text("wamid.1", &"x".repeat(3 * 1024 * 1024));
    running.webhook(huge).await.problem(413, "too_large");
    left_nothing(&mut running).await;
    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="oversized"}"#).await, 1.0);
}

#[tokio::test]
async fn signed_but_unreadable_is_kept_and_the_good_beside_it_is_handled() {
    let mut running = Shop::open().await;
    assert_eq!(running.webhook(b"{ this is no JSON".to_vec()).await.status, 200);
    let mut batch: Json = serde_json::from_slice(&ann().text("wamid.1", "hello")).unwrap();
    let bad = json!({ "id": 7, "changes": "none" });
    batch["entry"].as_array_mut().unwrap().insert(0, bad);
    assert_eq!(running.webhook(batch.to_string().into_bytes()).await.status, 200);
    assert_eq!(running.graph.wait_for(1, SOON).await[0].text(), "Hi Ann! What can we do?");

    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="unreadable"}"#).await, 2.0);
    let at = shop("/environments/production/kept");
    let kept = running.admin.get(&at).await.expect(200);
    let items = kept["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{kept}");
    assert!(items.iter().all(|kept| kept["what"] == "webhook" && kept["problem"] != ""), "{kept}");
    let body = |kept: &Json| format!("{at}/{}", kept["id"].as_str().unwrap());
    let told = running.admin.get(&body(&items[1])).await.expect(200);
    assert_eq!(told["body"], "{ this is no JSON");
    let told = running.admin.get(&body(&items[0])).await.expect(200);
    assert_eq!(told["body"]["changes"], "none", "{told}");
}

/// Whatever a customer sends, the node's own rule answers.
#[tokio::test]
async fn no_message_meets_silence_or_an_error_page() {
    let running = Shop::open().await;
    running.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    running.graph.wait_for(1, SOON).await;
    let messages = [
        ann().text("wamid.1", "something that no option fits"),
        ann().text("wamid.2", ""),
        ann().text("wamid.3", &"long ".repeat(20_000)),
        ann().text("wamid.4", "👩‍👩‍👧‍👦🤷🏽‍♀️"),
        ann().text("wamid.5", "مرحبا، أين طلبي؟"),
        ann().message(
            "wamid.6",
            "sticker",
            json!({ "id": "1", "mime_type": "image/webp", "sha256": "x", "animated": false }),
        ),
        ann().message("wamid.7", "location", json!({ "latitude": -33.9, "longitude": 18.4 })),
        ann().message("wamid.8", "hologram", json!({ "depth": 3 })),
    ];
    for (count, message) in messages.into_iter().enumerate() {
        assert_eq!(running.webhook(message).await.status, 200);
        let sent = running.graph.wait_for(count + 2, SOON).await;
        assert!(sent.len() >= count + 2, "message {} met silence: {:?}", count + 1, sent.last());
        if sent.last().is_some_and(|sent| sent.text() == "Bye.") {
            break;
        }
        // A session that ended after the last attempt begins anew with the next message.
    }
    assert!(running.graph.refused().is_empty(), "{:?}", running.graph.refused());
}

#[tokio::test]
async fn a_message_for_which_nothing_is_deployed_is_noted_and_not_lost_in_an_error() {
    let mut running = Shop::open().await;
    let chat = json!({ "key": "empty", "name": "Empty", "kind": "standard" });
    running.admin.post(&shop("/workflows"), chat).await.expect(201);
    let routes = running.admin.get(&shop("/environments/production/routes")).await.expect(200);
    let route = routes["items"].as_array().unwrap().iter().find(|route| route["key"] == "orders-wa").unwrap().clone();
    let at = shop(&format!("/environments/production/routes/{}", route["id"].as_str().unwrap()));
    running.admin.patch(&at, json!({ "workflow": "empty" })).await.expect(200);
    // Doors look at the settings once a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    assert_eq!(running.webhook(ann().text("wamid.1", "hello")).await.status, 200);
    let workspace = running.core.store.workspaces().by_key("shop").await.unwrap().unwrap().id;
    let note = running
        .until("it is noted", async |running| {
            let log = running.core.store.channel_log();
            let log = log.list(&workspace, usher_engine::Environment::Production, "whatsapp", None, 10).await.unwrap();
            log.items.first().map(|note| note.text.clone())
        })
        .await;
    assert!(note.contains("`empty`") && note.contains("not deployed"), "{note}");
    assert!(running.graph.sent().is_empty());

    // With an answer set for this, it is what the customer reads, and what the conversation shows.
    running.admin.patch(&at, json!({ "closed_answer": " We open soon. " })).await.expect(200);
    assert_eq!(running.webhook(ann().text("wamid.2", "hello?")).await.status, 200);
    assert_eq!(running.graph.wait_for(1, SOON).await[0].text(), "We open soon.");
    let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["outcome"]), (&json!("ended"), &json!("broken")));
}
