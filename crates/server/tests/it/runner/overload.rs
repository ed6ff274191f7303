//! More than can be taken, and systems that do not answer.

use std::collections::BTreeMap;
use std::time::Duration;

use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;

use crate::room::{NUMBER, OTHER_NUMBER, SOON, Shop, hasty};
use crate::server::shop;

/// As many as can write before sends that hang are given up.
const CUSTOMERS: usize = 200;
const IN_HAND: usize = 160;
const OF_ONE: usize = 40;

/// Posts what many customers write, many at a time; none is refused.
async fn all_write(running: &Shop, customers: &[Customer]) {
    for (round, some) in customers.chunks(100).enumerate() {
        let posts = some.iter().map(|customer| {
            let id = format!("wamid.{}-{round}", customer.phone);
            running.webhook(customer.text(&id, "hello"))
        });
        for answer in futures_util::future::join_all(posts).await {
            answer.expect(200);
        }
        assert!(running.room.dispatcher.in_hand() <= OF_ONE, "{} in hand", running.room.dispatcher.in_hand());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_answer_fills_its_own_share_only() {
    let mut settings = hasty();
    settings.dispatcher.in_hand = IN_HAND;
    settings.dispatcher.in_hand_of_one = OF_ONE;
    let mut running = Shop::open_with(settings, "http://127.0.0.1:9").await;
    for key in ["whatsapp", "other"] {
        let path = shop(&format!("/environments/production/channels/{key}"));
        let mut quick = running.admin.get(&path).await.expect(200)["settings"].clone();
        quick["messages_per_second"] = 1_000.into();
        running.admin.patch(&path, serde_json::json!({ "settings": quick })).await.expect(200);
    }
    running.graph.hang(NUMBER);
    let customers: Vec<_> = (0..CUSTOMERS).map(|n| Customer::new(NUMBER, &format!("2782{n:07}"), "Ann")).collect();
    all_write(&running, &customers).await;
    assert!(running.graph.sent().is_empty());

    // Those of another channel are served meanwhile, each as soon as it writes.
    for n in 0..20 {
        let other = Customer::new(OTHER_NUMBER, &format!("2783{n:07}"), "Ben");
        running.webhook(other.text(&format!("wamid.other-{n}"), "hello")).await.expect(200);
        let sent = running.graph.wait_for(n + 1, SOON).await;
        assert_eq!((sent.len(), sent[n].to()), (n + 1, other.phone.as_str()));
        assert!(running.room.dispatcher.in_hand() <= OF_ONE + 1);
    }

    running.graph.recover(NUMBER);
    let sent = running.graph.wait_for(CUSTOMERS + 20, Duration::from_secs(60)).await;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for sent in &sent {
        *times.entry(Sent::to(sent)).or_default() += 1;
    }
    assert_eq!(times.len(), CUSTOMERS + 20);
    assert!(times.values().all(|times| *times == 1), "everybody is answered once");
    running.until("nothing is left", async |shop| (shop.room.dispatcher.in_hand() == 0).then_some(())).await;
}

#[tokio::test]
async fn a_workspace_over_its_rate_is_refused_until_it_has_paid() {
    let mut running = Shop::open().await;
    running.admin.patch(&shop(""), serde_json::json!({ "messages_per_second": 1 })).await.expect(200);
    let customer = Customer::new(NUMBER, "27825550101", "Ann");
    running
        .until("the rate is known", async |running| {
            let answer = running.webhook(customer.text("wamid.1", "hello")).await;
            (answer.status == 503).then(|| assert_eq!(answer.header("retry-after"), "1"))
        })
        .await;
    let refused = running.measure(r#"usher_refused_over_rate_total{workspace="shop"}"#).await;
    assert!(refused >= 1.0, "{refused}");
    // A provider tries again, and gets in.
    running
        .until("it gets in", async |running| {
            let answer = running.webhook(customer.text("wamid.2", "nothing")).await;
            (answer.status == 200).then_some(())
        })
        .await;
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?", "Bye."]);
}
