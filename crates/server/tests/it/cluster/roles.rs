//! Split roles work together, and what happens in one process is seen in the others.

use futures_util::StreamExt as _;
use serde_json::json;
use usher_server::roles::Roles;

use super::place::{Place, echoes};
use crate::room::{SOON, ann, hasty};

fn only(role: &str) -> Roles {
    role.parse().expect("it is a role")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_by_itself_makes_a_whole() {
    let place = Place::new("roles").await;
    let mut settings = hasty();
    settings.roles = only("api");
    // Found by the nudges alone: nobody looks by himself within this test.
    settings.dispatcher.sweep_every = std::time::Duration::from_secs(600);
    let shop = place.shop(settings).await;
    let mut others = Vec::new();
    for role in ["runner", "dispatcher", "timers"] {
        settings.roles = only(role);
        others.push(place.join_with(&shop, settings, |_| {}).await);
    }
    for process in &others {
        assert_eq!(process.browser().get("/healthz").await.status, 200);
        assert_eq!(process.browser().get("/readyz").await.status, 200);
        assert_eq!(process.browser().get("/metrics").await.status, 200);
        assert_eq!(process.browser().get("/api/v1/me").await.status, 404, "no API without its role");
        assert_eq!(process.webhook(ann().text("wamid.x", "x")).await.status, 404, "nor a door");
    }
    for n in 0..5 {
        shop.webhook(ann().text(&format!("wamid.{n}"), &n.to_string())).await.expect(200);
        shop.graph.wait_for(1 + n * 2, SOON).await;
    }
    let sent = shop.graph.sent();
    assert_eq!(echoes(&sent, &ann().phone), ["1", "2", "3", "4"]);
    others.drain(..).for_each(drop);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_view_sees_the_turns_of_other_processes() {
    let place = Place::new("live").await;
    let mut settings = hasty();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let mut shop = place.shop(settings).await;
    let other = place.join(&shop).await;
    let visitor = "a-visitor-of-the-test-0001";
    let base = shop.base().to_owned();
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
    let stream = reqwest::Client::new().get(format!("{base}/chat/orders/events?visitor={visitor}")).send().await;
    let mut stream = stream.unwrap().bytes_stream();
    let said = json!({ "visitor": visitor, "id": "1", "text": "hello" });
    other.browser().post("/chat/orders/messages", said).await.expect(202);
    let mut told = String::new();
    let seen = async {
        while !told.contains("Say something.") {
            told.push_str(&String::from_utf8_lossy(&stream.next().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(SOON, seen).await.expect("the answer is told at once, not with the next sign of life");
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    drop(stream);
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
