//! What happened at the nodes of a workflow: so far, and as it happens.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use usher_engine::Environment;
use usher_stand_ins::webhook::Customer;

use crate::room::{NUMBER, Shop, ann};
use crate::server::shop;
use crate::web_chat::stream::{Stream, Told};

/// The statistics of the shop's workflow in production.
pub const ORDERS: &str = "/environments/production/workflows/orders/statistics";

fn customer(n: usize) -> Customer {
    Customer::new(NUMBER, &format!("2782555{n:04}"), "Ben")
}

/// Has the server end conversations whose customer says nothing for a second.
async fn be_impatient(running: &Shop) {
    let workspace = running.core.store.workspaces().by_key("shop").await.unwrap().unwrap().id;
    let mut tx = running.core.store.begin().await.unwrap();
    let settings = json!({ "session_seconds": 1 });
    tx.workspaces().set_environment(&workspace, Environment::Production, &settings).await.unwrap();
    tx.commit().await.unwrap();
}

/// Returns how often something happened at a node, in whichever hour.
fn times(hours: &Json, node: u32, pointer: &str) -> u64 {
    let hours = hours.as_array().expect("hours are a list").iter();
    hours.filter(|hour| hour["node"] == node).filter_map(|hour| hour.pointer(pointer)?.as_u64()).sum()
}

/// Opens the live statistics at a server, in the name of an admin.
pub async fn watch(base: &str, cookie: Option<&str>) -> Stream {
    let url = format!("{base}{}/live", shop(ORDERS));
    Stream::open(&url, &[("Cookie", cookie.expect("the admin is logged in"))]).await
}

/// Returns how often a conversation came to a node by what a stream told: an hour takes the place of the one before.
pub fn entered(told: &[Told], node: u32) -> u64 {
    let hours = told.iter().flat_map(|told| told.data.as_array().expect("hours are a list"));
    let of_node = hours.filter(|hour| hour["node"] == node);
    let last = of_node.map(|hour| ((hour["hour"].to_string(), hour["version"].to_string()), &hour["entered"]));
    last.collect::<BTreeMap<_, _>>().into_values().filter_map(Json::as_u64).sum()
}

#[tokio::test]
async fn what_happened_at_each_node_is_told_by_the_hour() {
    let mut running = Shop::open().await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    be_impatient(&running).await;
    running.webhook(customer(1).text("wamid.3", "hello")).await.expect(200);
    let told = running
        .until("the second customer is given up", async |running| {
            let told = running.admin.get(&shop(ORDERS)).await.expect(200);
            (times(&told["hours"], 1, "/dropped_off") == 1).then_some(told)
        })
        .await;
    let hours = &told["hours"];
    assert_eq!((times(hours, 1, "/entered"), times(hours, 1, "/left/bye")), (2, 1), "{told}");
    assert_eq!((times(hours, 5, "/entered"), times(hours, 5, "/left/next")), (1, 1), "{told}");
    assert_eq!((times(hours, 1, "/failed"), times(hours, 5, "/dropped_off")), (0, 0), "{told}");
    let time = |of: &Json| of.as_str().expect("times are text").parse::<Timestamp>().expect("a time");
    let (from, to) = (time(&told["from"]), time(&told["to"]));
    for hour in hours.as_array().unwrap() {
        assert_eq!(hour["version"], 1, "{told}");
        assert!((from..to).contains(&time(&hour["hour"])), "{told}");
    }

    // Of another time or environment there is nothing.
    let before = "from=2026-01-01T10:30:00Z&to=2026-01-02T10:30:00Z";
    let told = running.admin.get(&shop(&format!("{ORDERS}?{before}"))).await.expect(200);
    assert_eq!(told, json!({ "from": "2026-01-01T10:00:00Z", "to": "2026-01-02T11:00:00Z", "hours": [] }));
    let sandbox = running.admin.get(&shop(&ORDERS.replace("production", "sandbox"))).await.expect(200);
    assert_eq!(sandbox["hours"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let mut running = Shop::open().await;
    let mut ask = async |path: &str, query: &str| running.admin.get(&shop(&format!("{path}?{query}"))).await;
    let live = format!("{ORDERS}/live");
    for path in [ORDERS, &live] {
        ask(path, "from=yesterday").await.problem(400, "query");
        ask(path, "from=2026-01-01T00:00:00Z").await.problem(422, "invalid");
        ask(path, "from=2999-01-01T00:00:00Z").await.problem(422, "invalid");
        ask(&path.replace("orders", "nothing"), "").await.problem(404, "not_found");
        ask(&path.replace("production", "moon"), "").await.problem(404, "not_found");
    }
    let turned = ask(ORDERS, "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").await.problem(422, "invalid");
    assert!(turned["detail"].as_str().unwrap().contains("before it begins"), "{turned}");
}

#[tokio::test]
async fn who_watches_sees_what_changes_and_a_burst_as_one() {
    let running = Shop::open().await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let mut stream = watch(running.base(), running.admin.cookie.as_deref()).await;
    stream.until(|told| (entered(told, 1), entered(told, 5)) == (1, 1)).await;
    assert_eq!(stream.told.len(), 1, "all that was is told at once");

    let began = Instant::now();
    let customers: Vec<_> = (0..30).map(customer).collect();
    join_all(customers.iter().map(|customer| running.webhook(customer.text(&customer.phone, "hello")))).await;
    stream.until(|told| entered(told, 1) == 31).await;
    let news = &stream.told[1..];
    assert!(news.len() as u64 <= 1 + began.elapsed().as_secs(), "told once a second at most: {news:#?}");
    for told in news {
        assert_eq!(told.name, "hours");
        assert_eq!(times(&told.data, 5, "/entered"), 0, "what is as before is not told again: {told:#?}");
    }
}
