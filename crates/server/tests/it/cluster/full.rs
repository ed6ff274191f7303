//! A full stream refuses, loses nothing, and recovers.

use usher_server::roles::Roles;

use super::place::{Place, echoes};
use crate::room::{SOON, ann, hasty};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stream_refuses_until_there_is_room() {
    let mut place = Place::new("full").await;
    place.nats.max_bytes = 16 * 1024;
    let mut settings = hasty();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let mut shop = place.shop(settings).await;
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
