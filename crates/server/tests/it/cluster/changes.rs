//! What is changed by one process takes effect in all of them, with the next event.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher_server::roles::Roles;
use usher_server::runner::Settings;
use usher_stand_ins::Graph;
use usher_stand_ins::webhook::Customer;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::place::{Place, echo};
use crate::room::{APP_SECRET, NUMBER, SOON, Shop, TOKEN, ann, hasty};
use crate::server::shop as path;

const OTHER_TOKEN: &str = "EAAG-other-token";

/// Settings under which nobody asks by himself for what was changed.
fn trusting() -> Settings {
    let mut settings = hasty();
    settings.configurations.fresh = SignedDuration::from_hours(1);
    settings
}

/// Asks for a number, and tells what the shop's API knows of it, again and again.
fn orders() -> Json {
    json!({
        "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 6,
        "nodes": {
            "1": { "type": "request_input", "settings": { "text": "Your order number?", "variable": "number" },
                "exits": { "answered": 2, "cancelled": "end", "too_many_attempts": "end" } },
            "2": { "type": "api_integration", "settings": { "api": "shop", "method": "GET", "path": "/orders/{{ number }}", "variable": "order" },
                "exits": { "yes": 3, "no": "end" } },
            "3": { "type": "text_display", "settings": { "text": "Order {{ number }} is {{ order.status }}." }, "exits": { "next": 1 } }
        }
    })
}

/// Starts an API to which every order has this status.
async fn api(status: &str) -> MockServer {
    let api = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "status": status }));
    Mock::given(method("GET")).respond_with(order).mount(&api).await;
    api
}

async fn change_channel(shop: &mut Shop, change: Json) {
    shop.admin.patch(&path("/environments/production/channels/whatsapp"), change).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_is_taken_by_what_is_set_up_and_deployed() {
    let place = Place::new("change").await;
    let mut settings = trusting();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let mut shop = place.shop(settings).await;
    let others = [place.join_with(&shop, trusting(), |_| {}).await, place.join_with(&shop, trusting(), |_| {}).await];
    for n in 0..6 {
        let mut document = echo();
        document["nodes"]["1"]["settings"]["text"] = json!(format!("Question {n} of {{{{ workspace.name }}}}"));
        shop.put_live(document).await;
        shop.admin.patch(&path(""), json!({ "name": format!("Shop {n}") })).await.expect(200);
        // A new customer each time, through whichever door.
        let customer = Customer::new(NUMBER, &format!("2782557{n:04}"), "Ann");
        others[n % 2].webhook(customer.text(&customer.phone, "hello")).await.expect(200);
        let sent = shop.graph.wait_for(n + 1, SOON).await;
        let asked = format!("Question {n} of Shop {n}");
        assert_eq!((sent[n].to(), sent[n].text()), (customer.phone.as_str(), asked.as_str()));
    }
    drop(others);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_turn_asks_for_is_carried_out_by_what_is_set_up() {
    let place = Place::new("effect_change").await;
    let mut settings = trusting();
    settings.roles = Roles { runner: false, dispatcher: false, ..Roles::ALL };
    let mut shop = place.shop(settings).await;
    shop.put_live(orders()).await;
    let mut others = Vec::new();
    for role in ["runner", "dispatcher", "dispatcher"] {
        settings.roles = role.parse().expect("it is a role");
        others.push(place.join_with(&shop, settings, |_| {}).await);
    }
    let apis = [api("packed").await, api("shipped").await];
    let other = Graph::start(OTHER_TOKEN, &[NUMBER]).await.expect("a loopback port is free");
    shop.webhook(ann().text("wamid.hello", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    let mut arrived = [1, 0];
    for n in 0..10 {
        let which = n % 2;
        let (base, token) = [(shop.graph.base(), TOKEN), (other.base(), OTHER_TOKEN)][which].clone();
        let settings = json!({ "phone_number_id": NUMBER, "api_base": base, "pair_seconds": 0 });
        change_channel(&mut shop, json!({ "settings": settings, "secrets": { "access_token": token } })).await;
        let base_url = json!({ "base_url": { "production": apis[which].uri() } });
        shop.admin.patch(&path("/apis/shop"), base_url).await.expect(200);

        shop.webhook(ann().text(&format!("wamid.{n}"), &n.to_string())).await.expect(200);
        arrived[which] += 2;
        let graph = [&shop.graph, &other][which];
        let sent = graph.wait_for(arrived[which], SOON).await;
        let told: Vec<_> = sent.iter().rev().take(2).rev().map(|sent| sent.text().to_owned()).collect();
        let status = ["packed", "shipped"][which];
        assert_eq!(told, [format!("Order {n} is {status}."), "Your order number?".to_owned()], "round {n}");
    }
    assert_eq!([shop.graph.sent().len(), other.sent().len()], arrived);
    assert!(shop.graph.refused().is_empty() && other.refused().is_empty(), "nothing was sent with an old token");
    drop(others);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_opens_by_what_is_set_up() {
    let place = Place::new("door_change").await;
    let mut shop = place.shop(trusting()).await;
    let other = place.join_with(&shop, trusting(), |_| {}).await;
    let hello = || ann().text("wamid.hello", "hello");
    for _ in 0..3 {
        for (secret, status) in [("another secret", 401), (APP_SECRET, 200)] {
            change_channel(&mut shop, json!({ "secrets": { "app_secret": secret } })).await;
            assert_eq!(shop.webhook(hello()).await.status, status, "it changed it itself");
            shop.until("the other hears of it", async |_| {
                (other.webhook(hello()).await.status == status).then_some(())
            })
            .await;
        }
    }
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
