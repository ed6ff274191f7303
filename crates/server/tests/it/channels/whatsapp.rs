use std::time::Duration;

use serde_json::json;
use usher_stand_ins::Fault;
use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::room::{OTHER_NUMBER, SOON, Shop, ann, hasty};
use crate::server::shop;

#[tokio::test]
async fn a_conversation_goes_from_the_webhook_to_the_graph_api_and_on_with_a_tap() {
    let api = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "status": "shipped" }));
    Mock::given(method("GET")).and(path("/orders/1001")).respond_with(order).expect(1).mount(&api).await;
    let mut running = Shop::open_with(hasty(), &api.uri()).await;
    let ann = ann();

    assert_eq!(running.webhook(ann.text("wamid.1", "hello")).await.status, 200);
    let sent = running.graph.wait_for(1, SOON).await;
    assert_eq!((sent[0].to(), sent[0].text()), ("27825550101", "Hi Ann! What can we do?"));
    let choices = sent[0].choices();
    assert_eq!(choices.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>(), ["Where is my order?", "Nothing"]);

    let (tap, title) = choices[0].clone();
    assert_eq!(running.webhook(ann.tap("wamid.2", &tap, &title)).await.status, 200);
    assert_eq!(running.graph.wait_for(2, SOON).await[1].text(), "Your order number?");
    assert_eq!(running.webhook(ann.text("wamid.3", "1001")).await.status, 200);
    let sent = running.graph.wait_for(4, SOON).await;
    let texts: Vec<&str> = sent.iter().map(Sent::text).collect();
    assert_eq!(texts[2..], ["Order 1001 is shipped.", "Hi Ann! What can we do?"], "in order");
    assert!(running.graph.refused().is_empty(), "{:?}", running.graph.refused());

    // What the provider told is beside each message, and its states follow.
    let effect = sent[3].body["biz_opaque_callback_data"].as_str();
    running.webhook(ann.status(&sent[3].id, "delivered", effect)).await.expect(200);
    let told = running
        .until("the state is told", async |shop| {
            let list = shop.admin.get(&crate::server::shop("/environments/production/conversations")).await.expect(200);
            let id = list["items"][0]["id"].as_str()?.to_owned();
            let path = crate::server::shop(&format!("/environments/production/conversations/{id}"));
            let told = shop.admin.get(&path).await.expect(200);
            let last = told["messages"].as_array()?.last()?.clone();
            (last["state"] == "delivered").then_some(told)
        })
        .await;
    let messages = told["messages"].as_array().unwrap();
    assert_eq!(
        messages.iter().map(|message| message["direction"].as_str().unwrap()).collect::<Vec<_>>(),
        ["in", "out", "in", "out", "in", "out", "out"]
    );
    assert_eq!(messages[1]["provider"]["answer"]["messages"][0]["id"], sent[0].id.as_str());
    assert_eq!((&told["contact"]["name"], &told["variables"]["number"]), (&json!("Ann"), &json!("1001")));
    assert_eq!((&told["state"], &told["waiting_at"]), (&json!("running"), &json!(1)));
    assert!(told["visits"].as_array().unwrap().iter().any(|visit| visit["type"] == "api_integration"));
}

#[tokio::test]
async fn a_webhook_that_comes_twice_is_handled_once() {
    let running = Shop::open().await;
    let hello = ann().text("wamid.1", "hello");
    for _ in 0..3 {
        assert_eq!(running.webhook(hello.clone()).await.status, 200);
    }
    running.graph.wait_for(2, Duration::from_millis(300)).await;
    assert_eq!(running.graph.sent().len(), 1);
    assert_eq!(running.measure(r#"usher_turns_total{outcome="duplicate"}"#).await, 2.0);
}

#[tokio::test]
async fn several_numbers_share_a_callback_address() {
    let running = Shop::open().await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let other = Customer::new(OTHER_NUMBER, "27825550101", "Ann");
    running.webhook(other.text("wamid.2", "hello")).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    let mut numbers: Vec<_> = sent.iter().map(|sent| sent.phone_number_id.as_str()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [crate::room::NUMBER, OTHER_NUMBER]);

    // A number for which there is no channel: the good are handled, the stray one is kept.
    let stray = Customer::new("999", "27825550101", "Ann");
    running.webhook(stray.text("wamid.3", "hello")).await.expect(200);
    assert_eq!(running.measure(r#"usher_webhooks_total{outcome="unreadable"}"#).await, 1.0);
}

#[tokio::test]
async fn an_unknown_outcome_waits_for_a_status_before_it_is_sent_again() {
    let mut running = Shop::open().await;
    running.graph.fault(Fault::CutAfterwards);
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let sent = running.graph.wait_for(1, SOON).await;
    let effect = sent[0].body["biz_opaque_callback_data"].as_str().unwrap().to_owned();
    // Meta did take it, and says so.
    running.webhook(ann().status(&sent[0].id, "sent", Some(&effect))).await.expect(200);
    running.until("the lane goes on", async |shop| (shop.room.dispatcher.in_hand() == 0).then_some(())).await;
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?", "Bye."]);
}

#[tokio::test]
async fn an_unknown_outcome_without_a_status_is_sent_again_and_keeps_the_order() {
    let running = Shop::open().await;
    running.graph.fault(Fault::Cut);
    let began = std::time::Instant::now();
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?", "Bye."]);
    assert!(began.elapsed() >= Duration::from_millis(1_400), "it waited for a status first");
    assert_eq!(running.measure(r#"usher_sends_total{outcome="unknown"}"#).await, 1.0);
}

#[tokio::test]
async fn a_throttled_send_is_tried_again_and_a_refused_one_lets_the_next_pass() {
    let mut running = Shop::open().await;
    running.graph.refuse(131_000);
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    assert_eq!(running.graph.wait_for(1, SOON).await[0].text(), "Hi Ann! What can we do?");
    assert_eq!(running.measure("usher_send_retries_total").await, 1.0);

    // Outside the window: the session ends with that reason, and a new message begins a new one.
    running.graph.refuse(131_047);
    running.webhook(ann().text("wamid.2", "where is my order?")).await.expect(200);
    let ended = running
        .until("the session ends", async |running| {
            let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
            let item = list["items"][0].clone();
            (item["state"] == "ended").then_some(item)
        })
        .await;
    assert_eq!(ended["outcome"], "not_delivered");
    running.webhook(ann().text("wamid.3", "hello again")).await.expect(200);
    assert_eq!(running.graph.wait_for(2, SOON).await[1].text(), "Hi Ann! What can we do?");
}

#[tokio::test]
async fn a_token_that_is_not_valid_any_more_is_told_on_the_channels_page() {
    let mut running = Shop::open().await;
    running.graph.change_token("another");
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let error = running
        .until("the error is told", async |running| {
            let channel = running.admin.get(&shop("/environments/production/channels/whatsapp")).await.expect(200);
            channel["last_error"]["message"].as_str().map(str::to_owned)
        })
        .await;
    assert!(error.contains("access token"), "{error}");
    let channel = running.admin.get(&shop("/environments/production/channels/whatsapp")).await.expect(200);
    assert!(channel["last_webhook_at"].is_string());
}
