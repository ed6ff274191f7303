//! PostgreSQL is away: webhooks are taken all the same, and answered once it is back.

use std::time::Duration;

use serde_json::json;
use usher_server::roles::Roles;

use super::gate::Way;
use super::place::{Place, echoes};
use crate::room::{SOON, ann, hasty};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_taken_while_the_database_is_away() {
    let place = Place::new("away").await;
    let mut settings = hasty();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let mut shop = place.shop(settings).await;
    let (gate, address) = place.gate_to_postgres().await;
    let other = place.join_with(&shop, hasty(), |setup| setup.database = address).await;
    other.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;

    for (round, way) in [Way::Shut, Way::Dead].into_iter().enumerate() {
        gate.set(way);
        for n in 0..3 {
            let said = format!("{round}{n}");
            other.webhook(ann().text(&format!("wamid.{said}"), &said)).await.expect(200);
            // States of messages, and what cannot be used, are taken too.
            other.webhook(ann().status("wamid.unknown", "delivered", None)).await.expect(200);
            other.webhook(ann().message(&format!("wamid.odd{said}"), "hologram", json!({}))).await.expect(200);
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        assert_eq!(other.browser().get("/readyz").await.status, 200, "it takes events, so it is ready");
        assert_eq!(echoes(&shop.graph.sent(), &ann().phone).len(), round * 3, "nobody could take a turn");
        gate.set(Way::Open);
        shop.until("all are answered", async |shop| {
            (echoes(&shop.graph.sent(), &ann().phone).len() == (round + 1) * 3).then_some(())
        })
        .await;
    }
    assert_eq!(echoes(&shop.graph.sent(), &ann().phone), ["00", "01", "02", "10", "11", "12"]);
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
