//! The work is shared, and nobody notices.

use futures_util::future::join_all;
use usher_stand_ins::webhook::Customer;

use super::place::{Place, echoes};
use crate::room::{NUMBER, SOON, ann, hasty};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_accepts_any_may_handle_in_order() {
    let place = Place::new("sharing").await;
    let mut shop = place.shop(hasty()).await;
    let others = [place.join(&shop).await, place.join(&shop).await];
    let customers: Vec<_> = (0..12).map(|n| Customer::new(NUMBER, &format!("2782555{n:04}"), "Ann")).collect();
    join_all(customers.iter().map(|customer| async {
        for n in 0..10 {
            let body = customer.text(&format!("{}-{n}", customer.phone), &n.to_string());
            // In order, each through another door than the one before, and every third twice.
            for _ in 0..=usize::from(n % 3 == 0) {
                let answer = match n % 3 {
                    0 => shop.webhook(body.clone()).await,
                    other => others[other - 1].webhook(body.clone()).await,
                };
                answer.expect(200);
            }
        }
    }))
    .await;
    // The first message opens the conversation: a question, and then two answers to each.
    let sent = shop.graph.wait_for(customers.len() * 19, SOON).await;
    for customer in &customers {
        let expected: Vec<_> = (1..10).map(|n| n.to_string()).collect();
        assert_eq!(echoes(&sent, &customer.phone), expected, "{}", customer.phone);
    }
    assert_eq!(shop.graph.sent().len(), customers.len() * 19, "nothing twice");
    assert!(shop.graph.refused().is_empty(), "{:?}", shop.graph.refused());
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    drop(others);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_join_and_leave_while_customers_write() {
    let place = Place::new("join_and_leave").await;
    let shop = place.shop(hasty()).await;
    shop.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    for n in 1..=6 {
        let joined = place.join(&shop).await;
        joined.webhook(ann().text(&format!("wamid.{n}a"), &format!("{n}a"))).await.expect(200);
        joined.leave().await;
        shop.webhook(ann().text(&format!("wamid.{n}b"), &format!("{n}b"))).await.expect(200);
    }
    let sent = shop.graph.wait_for(25, SOON).await;
    let expected: Vec<_> = (1..=6).flat_map(|n| [format!("{n}a"), format!("{n}b")]).collect();
    assert_eq!(echoes(&sent, &ann().phone), expected);
    drop(shop.close().await);
    place.remove().await;
}
