//! Timers fire once, in a process that does nothing else, and when it dies in the next that does.

use std::time::Duration;

use serde_json::{Value as Json, json};
use usher_server::runner::Settings;
use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;

use super::place::Place;
use crate::room::{NUMBER, SOON, Shop, hasty};

const CUSTOMERS: usize = 30;
/// How long what a dead process had taken may wait for another.
const TAKEN_OVER: Duration = Duration::from_secs(30);

/// Asks something, and once more whoever falls silent.
fn impatient() -> Json {
    json!({
        "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 6,
        "nodes": {
            "1": { "type": "request_input", "settings": { "text": "Your order number?", "variable": "number", "no_reply": { "after": 2 } },
                "exits": { "answered": "end", "cancelled": "end", "too_many_attempts": "end", "no_reply": 2 } },
            "2": { "type": "text_display", "settings": { "text": "Are you still there?" }, "exits": { "next": "end" } }
        }
    })
}

fn only(role: &str) -> Settings {
    let mut settings = hasty();
    settings.roles = role.parse().expect("it is a role");
    settings
}

/// Has every customer write, and waits until each is asked for the number.
async fn all_write(shop: &Shop, customers: &[Customer], round: usize) {
    for customer in customers {
        let id = format!("{}-{round}", customer.phone);
        shop.webhook(customer.text(&id, "hello")).await.expect(200);
    }
    shop.graph.wait_for((2 * round + 1) * CUSTOMERS, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_fire_once_whoever_dies() {
    let place = Place::new("timers").await;
    let mut shop = place.shop(only("api")).await;
    shop.put_live(impatient()).await;
    let join = async |role| place.join_with(&shop, only(role), |_| {}).await;
    let others = [join("runner").await, join("dispatcher").await];
    let customers: Vec<_> = (0..CUSTOMERS).map(|n| Customer::new(NUMBER, &format!("2782558{n:04}"), "Ann")).collect();
    let all_are_reminded = async |round: usize| {
        let sent = shop.graph.wait_for(2 * (round + 1) * CUSTOMERS, TAKEN_OVER).await;
        for customer in &customers {
            let heard: Vec<_> = sent.iter().filter(|sent| sent.to() == customer.phone).map(Sent::text).collect();
            assert_eq!(heard, ["Your order number?", "Are you still there?"].repeat(round + 1), "{}", customer.phone);
        }
    };

    let first = join("timers").await;
    all_write(&shop, &customers, 0).await;
    all_are_reminded(0).await;

    // It dies while timers fire.
    all_write(&shop, &customers, 1).await;
    shop.graph.wait_for(3 * CUSTOMERS + 1, SOON).await;
    first.die();
    let second = join("timers").await;
    all_are_reminded(1).await;

    // It dies before they are due, and nobody is there for a while.
    all_write(&shop, &customers, 2).await;
    second.die();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let third = join("timers").await;
    all_are_reminded(2).await;

    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    assert_eq!(shop.graph.sent().len(), 6 * CUSTOMERS, "nothing fired twice");
    drop((others, third));
    drop(shop.close().await);
    place.remove().await;
}
