//! A process dies, or is cut off without a word: its customers wait for less than ten seconds.

use std::time::Instant;

use usher_server::roles::Roles;
use usher_stand_ins::webhook::Customer;

use super::gate::Way;
use super::place::{Place, WITHIN, echoes};
use super::process::Process;
use crate::room::{NUMBER, SOON, Shop, hasty};

/// How many customers write, so that messages are in the hands of every process.
const CUSTOMERS: usize = 40;

fn customers() -> Vec<Customer> {
    (0..CUSTOMERS).map(|n| Customer::new(NUMBER, &format!("2782556{n:04}"), "Ann")).collect()
}

/// Lets each customer say something and waits until all are answered, none after the bound.
async fn all_are_answered(shop: &Shop, customers: &[Customer], said: &str) {
    let began = Instant::now();
    for customer in customers {
        let id = format!("{}-{said}", customer.phone);
        shop.webhook(customer.text(&id, said)).await.expect(200);
    }
    loop {
        let sent = shop.graph.sent();
        let late = customers.iter().filter(|customer| !echoes(&sent, &customer.phone).contains(&said)).count();
        if late == 0 {
            break;
        }
        assert!(began.elapsed() < WITHIN, "{late} of {} wait for their answer", customers.len());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn greet(shop: &Shop, customers: &[Customer]) {
    for customer in customers {
        shop.webhook(customer.text(&format!("{}-hello", customer.phone), "hello")).await.expect(200);
    }
    shop.graph.wait_for(customers.len(), SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_keeps_nobody_waiting() {
    let place = Place::new("death").await;
    let mut shop = place.shop(hasty()).await;
    let customers = customers();
    greet(&shop, &customers).await;
    for round in 0..3 {
        let others: Vec<Process> = vec![place.join(&shop).await, place.join(&shop).await];
        let said = round.to_string();
        for customer in &customers {
            let id = format!("{}-{said}a", customer.phone);
            shop.webhook(customer.text(&id, &format!("{said}a"))).await.expect(200);
        }
        // They have some of these in hand, have asked for more, and send some of the answers.
        others.into_iter().for_each(Process::die);
        all_are_answered(&shop, &customers, &format!("{said}b")).await;
    }
    let sent = shop.graph.sent();
    for customer in &customers {
        let mut heard = echoes(&sent, &customer.phone);
        // What a dead process was sending may be sent again: this stand-in tells no delivery states.
        heard.dedup();
        assert_eq!(heard, ["0a", "0b", "1a", "1b", "2a", "2b"], "{}", customer.phone);
    }
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_is_cut_off_without_a_word_keeps_nobody_waiting() {
    let place = Place::new("cut_off").await;
    let mut shop = place.shop(hasty()).await;
    let customers = customers();
    greet(&shop, &customers).await;
    let (gate, address) = place.gate_to_nats().await;
    let mut settings = hasty();
    // It takes turns alone, so that what is missing is what it was given.
    settings.roles = Roles { api: true, runner: true, dispatcher: false, timers: false };
    let other = place.join_with(&shop, settings, |setup| setup.nats.servers = vec![address]).await;
    all_are_answered(&shop, &customers, "1").await;

    gate.set(Way::Dead);
    // Its connection stands, and its requests for messages are with the stream.
    all_are_answered(&shop, &customers, "2").await;
    gate.set(Way::Open);
    all_are_answered(&shop, &customers, "3").await;
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    let sent = shop.graph.sent();
    for customer in &customers {
        assert_eq!(echoes(&sent, &customer.phone), ["1", "2", "3"], "{}", customer.phone);
    }
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_comes_back() {
    let place = Place::new("broken").await;
    let shop = place.shop(hasty()).await;
    let customers = &customers()[..4];
    greet(&shop, customers).await;
    let (gate, address) = place.gate_to_nats().await;
    let other = place.join_with(&shop, hasty(), |setup| setup.nats.servers = vec![address]).await;
    for round in 0..3 {
        gate.set(Way::Shut);
        all_are_answered(&shop, customers, &format!("{round}a")).await;
        let refused = other.webhook(customers[0].text(&format!("{round}-lost"), "lost")).await;
        assert_eq!(refused.status, 503, "{}", refused.text);
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(other.browser().get("/readyz").await.status, 503);
        gate.set(Way::Open);
        let give_up = Instant::now() + SOON;
        while other.browser().get("/readyz").await.status != 200 {
            assert!(Instant::now() < give_up, "it comes back");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let said = format!("{round}b");
        other.webhook(customers[1].text(&said, &said)).await.expect(200);
        all_are_answered(&shop, customers, &format!("{round}c")).await;
        assert!(echoes(&shop.graph.sent(), &customers[1].phone).contains(&said.as_str()));
    }
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
