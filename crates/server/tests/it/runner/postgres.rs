//! The same room over PostgreSQL.

use serde_json::json;
use usher_stand_ins::Fault;
use usher_stand_ins::graph::Sent;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::api::postgres::Database;
use crate::room::{SOON, Shop, ann, hasty};

#[tokio::test]
async fn a_conversation_and_a_restart_over_postgresql() {
    let database = Database::new("room").await;
    let api = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "status": "shipped" }));
    Mock::given(method("GET")).and(path("/orders/1001")).respond_with(order).expect(1).mount(&api).await;
    let running = Shop::open_on(Some(database.address()), hasty(), &api.uri()).await;
    for _ in 0..2 {
        running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    }
    let (tap, title) = running.graph.wait_for(1, SOON).await[0].choices()[0].clone();
    running.webhook(ann().tap("wamid.2", &tap, &title)).await.expect(200);
    running.graph.wait_for(2, SOON).await;

    let running = running.reopen().await;
    running.webhook(ann().text("wamid.3", "1001")).await.expect(200);
    running.graph.wait_for(4, SOON).await;
    running.graph.fault(Fault::Cut);
    running.webhook(ann().text("wamid.4", "where is my order?")).await.expect(200);
    running.webhook(ann().text("wamid.5", "menu")).await.expect(200);
    let sent = running.graph.wait_for(5, SOON).await;
    let texts: Vec<_> = sent.iter().map(Sent::text).collect();
    assert_eq!(
        texts[..5],
        [
            "Hi Ann! What can we do?",
            "Your order number?",
            "Order 1001 is shipped.",
            "Hi Ann! What can we do?",
            "Your order number?",
        ],
        "once each, in order, the last after an unknown outcome"
    );
    assert!(running.graph.refused().is_empty(), "{:?}", running.graph.refused());
    drop(running.close().await);
    database.remove().await;
}
