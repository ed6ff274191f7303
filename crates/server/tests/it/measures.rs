//! What `/metrics` tells, and to whom.

use std::collections::BTreeSet;

use secrecy::SecretString;
use usher_server::metrics;

use crate::room::{SOON, Shop, ann};
use crate::server::TestServer;

#[tokio::test]
async fn with_a_token_only_who_has_it_reads_the_measures() {
    let server = TestServer::start_with(|configuration| {
        configuration.metrics_token = Some(SecretString::from("the scraper's own"));
    })
    .await;
    let refused = server.anybody().get("/metrics").await;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    refused.problem(401, "unauthorized");
    let mut client = server.anybody();
    client.key = Some("the scraper's".to_owned());
    client.get("/metrics").await.problem(401, "unauthorized");
    client.key = Some("the scraper's own".to_owned());
    assert!(client.get("/metrics").await.text.contains("usher_build_info{version="));
}

#[tokio::test]
async fn a_conversation_is_counted_by_channel_and_names_nobody() {
    let mut running = Shop::open().await;
    assert_eq!(running.webhook(ann().text("wamid.1", "hello there")).await.status, 200);
    running.graph.wait_for(1, SOON).await;
    let labels = r#"{workspace="shop",environment="production",channel="whatsapp",kind="whatsapp""#;
    assert_eq!(running.measure(&format!("usher_channel_received_total{labels}}}")).await, 1.0);
    let sent = format!(r#"usher_channel_sends_total{labels},outcome="sent"}}"#);
    running.until("the send is counted", async |running| (running.measure(&sent).await == 1.0).then_some(())).await;

    let text = running.browser().get("/metrics").await.text;
    let person = ann();
    for private in [person.phone.as_str(), person.name.as_str(), "hello there", "wamid.1"] {
        assert!(!text.contains(private), "{private} is among the measures");
    }
    // Whatever is told is in the reference.
    let reference = metrics::reference();
    let told: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(told.len() > 30, "{told:?}");
    for name in told {
        assert!(reference.contains(&format!("| `{name}` |")), "{name} is not in the reference");
    }
}

#[tokio::test]
async fn what_waits_is_read_from_the_database() {
    let running = Shop::open().await;
    running.graph.refuse(131_026);
    assert_eq!(running.webhook(ann().text("wamid.1", "hello")).await.status, 200);
    let mut running = running;
    running
        .until("it is given up", async |running| {
            (running.measure("usher_dead_letters_total").await == 1.0).then_some(())
        })
        .await;
    // A server reads what waits as it starts.
    let mut running = running.reopen().await;
    running
        .until("it is read", async |running| (running.measure("usher_waiting_dead_letters").await == 1.0).then_some(()))
        .await;
}
