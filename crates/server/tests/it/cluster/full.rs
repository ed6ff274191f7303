//! A stream that fills refuses whoever puts in most, a full one everybody; nothing is lost, and both recover.

use usher_engine::id::EventId;
use usher_engine::message::Inbound;
use usher_engine::{Environment, Event, EventKind};
use usher_server::bus::{Envelope, Origin, Refused};
use usher_server::roles::Roles;
use usher_server::spans::Parent;
use usher_store::AddressKey;

use super::place::{Place, echoes};
use crate::room::{SOON, Shop, ann, hasty};

/// Opens a shop whose stream holds so many bytes, and from which nobody takes any.
async fn nobody_takes_turns(name: &str, max_bytes: i64) -> (Place, Shop) {
    let mut place = Place::new(name).await;
    place.nats.max_bytes = max_bytes;
    let mut settings = hasty();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let shop = place.shop(settings).await;
    (place, shop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stream_refuses_until_there_is_room() {
    let (place, mut shop) = nobody_takes_turns("full", 16 * 1024).await;
    let mut taken = vec!["hello".to_owned()];
    shop.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    let refused = loop {
        let said = format!("{}-{}", taken.len(), "x".repeat(400));
        let answer = shop.webhook(ann().text(&format!("wamid.{}", taken.len()), &said)).await;
        if answer.status != 200 {
            break answer;
        }
        taken.push(said);
        assert!(taken.len() < 100, "the stream is never full");
    };
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "unavailable");
    assert!(shop.measure("usher_bus_refused_total").await >= 1.0);

    // Somebody comes who takes turns: there is room again, and nothing that was taken is lost.
    let other = place.join(&shop).await;
    shop.graph.wait_for(taken.len() * 2 - 1, SOON).await;
    let sent = shop.graph.sent();
    assert_eq!(echoes(&sent, &ann().phone), taken[1..]);
    shop.webhook(ann().text("wamid.last", "last")).await.expect(200);
    shop.until("the last is answered", async |shop| {
        (echoes(&shop.graph.sent(), &ann().phone).last() == Some(&"last")).then_some(())
    })
    .await;
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_stream_fills_those_who_put_in_most_are_refused_first() {
    let (place, mut shop) = nobody_takes_turns("crowd", 512 * 1024).await;
    let room = shop.room.clone();
    let put = async |workspace: &str, n: usize| room.accept(vec![kilobyte(workspace, n)]).await;
    assert_eq!(put("quiet", 0).await, Ok(()));
    for n in 0..180 {
        assert_eq!(put("loud", n).await, Ok(()), "there is room");
    }
    let mut count = 180;
    let refused = shop
        .until("the loud one is refused", async |_| {
            count += 1;
            put("loud", count).await.err()
        })
        .await;
    assert_eq!(refused, Refused::Full);
    assert_eq!(put("quiet", 1).await, Ok(()), "it has put in less than its part");
    assert_eq!(put("new", 0).await, Ok(()));
    assert!(shop.measure("usher_bus_refused_total").await >= 1.0, "whoever watches sees it");

    // Somebody comes who takes turns, and there is room for all again.
    let other = place.join(&shop).await;
    shop.until("the loud one gets in again", async |_| {
        count += 1;
        put("loud", count).await.ok()
    })
    .await;
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}

/// A message of about that size.
fn kilobyte(workspace: &str, n: usize) -> Envelope {
    let address = format!("contact-{n}");
    let message = Inbound::Text { text: "x".repeat(1_000) };
    Envelope {
        event: Event {
            id: EventId::of_message(&address, &n.to_string()),
            kind: EventKind::MessageReceived { message },
        },
        key: AddressKey {
            workspace: workspace.to_owned(),
            environment: Environment::Production,
            channel: "main".to_owned(),
            address,
        },
        at: jiff::Timestamp::UNIX_EPOCH,
        origin: Origin::Channel(Box::default()),
        led_by: Parent::default(),
    }
}
