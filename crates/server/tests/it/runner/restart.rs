use std::time::Duration;

use usher_stand_ins::Fault;
use usher_stand_ins::graph::Sent;

use crate::room::{SOON, Shop, ann, hasty};

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let running = Shop::open().await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    let sent = running.graph.wait_for(1, SOON).await;
    let (tap, title) = sent[0].choices()[0].clone();
    let running = running.reopen().await;
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().tap("wamid.2", &tap, &title)).await.expect(200);
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent[1].text(), "Your order number?", "the repeated webhook is known, the tap continues");
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_the_end() {
    let running = Shop::open().await;
    running.graph.fault(Fault::Slow(Duration::from_millis(400)));
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    // The first send is under way, the second waits behind it in its lane.
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let closed = running.close().await;
    let texts: Vec<_> = closed.graph.sent().iter().map(|sent| sent.text().to_owned()).collect();
    assert_eq!(texts, ["Hi Ann! What can we do?", "Bye."]);
    let running = closed.open().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(running.graph.sent().len(), 2, "nothing is sent again");
}

#[tokio::test]
async fn what_has_to_wait_goes_out_after_the_restart() {
    let mut settings = hasty();
    settings.dispatcher.unknown_wait = jiff::SignedDuration::from_secs(3);
    let running = Shop::open_with(settings, "http://127.0.0.1:9").await;
    running.graph.fault(Fault::Cut);
    running.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    running.webhook(ann().text("wamid.2", "nothing")).await.expect(200);
    let closed = running.close().await;
    assert_eq!(closed.graph.sent().len(), 0);
    let running = closed.open().await;
    let sent = running.graph.wait_for(2, SOON).await;
    assert_eq!(sent.iter().map(Sent::text).collect::<Vec<_>>(), ["Hi Ann! What can we do?", "Bye."]);
}

#[tokio::test]
async fn doors_answer_503_once_the_room_is_closing() {
    let running = Shop::open().await;
    running.room.refuse();
    let answer = running.webhook(ann().text("wamid.1", "hello")).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.problem(503, "unavailable");
    assert_eq!(running.browser().get("/readyz").await.status, 503);
}

#[tokio::test]
async fn many_customers_at_once_are_all_answered_in_order() {
    let running = Shop::open().await;
    let customers: Vec<_> = (0..40)
        .map(|n| usher_stand_ins::webhook::Customer::new(crate::room::NUMBER, &format!("2782555{n:04}"), "Ann"))
        .collect();
    let hellos =
        customers.iter().map(|customer| running.webhook(customer.text(&format!("{}-1", customer.phone), "hello")));
    for answer in futures_util::future::join_all(hellos).await {
        answer.expect(200);
    }
    let byes =
        customers.iter().map(|customer| running.webhook(customer.text(&format!("{}-2", customer.phone), "nothing")));
    for answer in futures_util::future::join_all(byes).await {
        answer.expect(200);
    }
    let sent = running.graph.wait_for(80, SOON).await;
    for customer in &customers {
        let texts: Vec<_> = sent.iter().filter(|sent| sent.to() == customer.phone).map(Sent::text).collect();
        assert_eq!(texts, ["Hi Ann! What can we do?", "Bye."], "{}", customer.phone);
    }
}
