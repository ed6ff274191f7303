//! The built program starts while PostgreSQL or NATS is not there yet.

use std::process::Child;
use std::time::{Duration, Instant};

use super::gate::Way;
use super::place::Place;
use crate::cli::Usher;
use crate::ports;
use crate::server::Client;

/// A started program; killed when the test is over.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn until(base: &str, status: u16, words: &str) {
    let give_up = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = Client::new(base).get("/readyz").await;
        if answer.status == status && answer.text.contains(words) {
            return;
        }
        assert!(Instant::now() < give_up, "{} {}", answer.status, answer.text);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_listens_at_once_and_says_what_is_missing() {
    let place = Place::new("start").await;
    let (postgres, database) = place.gate_to_postgres().await;
    let (nats, server) = place.gate_to_nats().await;
    let port = ports::free();
    let base = format!("http://127.0.0.1:{port}");
    let listen = format!("127.0.0.1:{port}");
    let usher = Usher::bare().with("USHER_DATABASE", &place.database.address());
    let usher = usher.with("USHER_NATS", &server).with("USHER_NATS_STREAM", &place.nats.stream);

    let refused = usher.fails(&["serve", "--listen", &listen]);
    assert!(refused.contains("`usher migrate`"), "{refused}");
    usher.run(&["migrate"]);

    for way in [Way::Shut, Way::Dead] {
        postgres.set(way);
        nats.set(Way::Shut);
        let arguments = ["serve", "--listen", &listen, "--database", &database];
        let started = usher.command(&arguments).stderr(std::process::Stdio::null()).spawn();
        let _started = Started(started.unwrap());
        let give_up = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(&listen).await.is_err() {
            assert!(Instant::now() < give_up, "it listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(Client::new(&base).get("/healthz").await.status, 200);
        until(&base, 503, "database").await;
        let early = Client::new(&base).get("/api/v1/me").await;
        assert_eq!(early.header("retry-after"), "2");
        early.problem(503, "unavailable");
        postgres.set(Way::Open);
        until(&base, 503, "cannot reach NATS").await;
        nats.set(Way::Open);
        until(&base, 200, "ready").await;
        assert_eq!(Client::new(&base).get("/api/v1/me").await.status, 401);
        // Away after the start: NATS decides.
        postgres.set(Way::Shut);
        until(&base, 200, "ready").await;
        nats.set(Way::Shut);
        until(&base, 503, "NATS").await;
    }
    place.remove().await;
}

#[test]
fn parts_of_the_work_are_refused_where_nobody_can_take_the_rest() {
    let usher = Usher::bare();
    let told = usher.fails(&["serve", "--roles", "api"]);
    assert!(told.contains("with SQLite one process does everything"), "{told}");
    let told = usher.fails(&["serve", "--roles", "cook"]);
    assert!(told.contains("there is no role `cook`"), "{told}");
    let told = usher.fails(&["serve", "--nats", "nats://127.0.0.1:4222"]);
    assert!(told.contains("NATS goes with PostgreSQL"), "{told}");
    let told = usher.fails(&["serve", "--database", "postgres://127.0.0.1:1/x", "--roles", "api"]);
    assert!(told.contains("set --nats"), "{told}");
}
