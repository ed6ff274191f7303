//! A stream that three servers keep survives the death of any of them.

use std::time::{Duration, Instant};

use super::place::{Place, echoes};
use crate::nats_servers::NatsServers;
use crate::room::{SOON, ann, hasty};

/// How long the servers may take to choose who leads: the stream first, then each of its consumers that lost its
/// leader. By their own timing that is four to nine seconds each, which no client can shorten.
const CHOSEN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fails: after the death of the stream's leader an accepted message can wait longer than 30 s; run it with --run-ignored"]
async fn a_stream_of_three_servers_survives_the_death_of_its_leader() {
    let mut servers = NatsServers::start(3).await;
    let place = Place::on("servers", servers.addresses(), 3).await;
    let shop = place.shop(hasty()).await;
    let other = place.join(&shop).await;
    shop.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    for round in 0..2 {
        let leader = servers.leader_of(&place.nats.stream).await;
        servers.kill(leader);
        // A door may refuse while the servers choose another leader; then the provider comes again.
        let (said, began) = (round.to_string(), Instant::now());
        loop {
            if other.webhook(ann().text(&format!("wamid.{said}"), &said)).await.status == 200 {
                break;
            }
            assert!(began.elapsed() < CHOSEN, "nobody leads the stream");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let accepted = Instant::now();
        while echoes(&shop.graph.sent(), &ann().phone).last() != Some(&said.as_str()) {
            assert!(accepted.elapsed() < CHOSEN, "it was accepted and is not answered");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        servers.restart(leader);
    }
    assert_eq!(echoes(&shop.graph.sent(), &ann().phone), ["0", "1"]);
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
