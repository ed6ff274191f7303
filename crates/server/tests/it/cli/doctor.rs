//! What the doctor finds of NATS, by real servers that are not as they should be.

use std::path::Path;

use super::Usher;
use crate::nats_servers::NatsServers;

/// Returns the program, told of these servers, and of a database that is not there.
fn told_of(nats: &NatsServers) -> Usher {
    let usher = Usher::bare().with("USHER_DATABASE", "postgres://usher@127.0.0.1:9/usher");
    usher.with("USHER_NATS", &nats.addresses().join(",")).with("USHER_NATS_MAX_BYTES", "64000000")
}

/// Returns what the doctor says of NATS and its stream, each on a line.
fn findings(usher: &Usher) -> Vec<String> {
    let output = usher.command(&["doctor"]).output().expect("the program runs");
    let told = String::from_utf8(output.stdout).expect("what it prints is text");
    let of_nats = told.lines().filter(|line| line.contains(" NATS: ") || line.contains(" stream: "));
    of_nats.map(str::to_owned).collect()
}

/// Expects one finding, a problem, with these words in it.
#[track_caller]
fn finds(usher: &Usher, words: &[&str]) {
    let findings = findings(usher);
    let [problem] = findings.as_slice() else { panic!("{findings:?}") };
    assert!(problem.starts_with("PROBLEM  NATS: "), "{problem}");
    for words in words {
        assert!(problem.contains(words), "{words} is not in {problem}");
    }
}

/// Returns a configuration with JetStream, and more of it.
fn with_jetstream(folder: &Path, more: &str) -> String {
    format!("jetstream {{ store_dir: \"{}\", {more} }}", folder.join("store").display())
}

#[tokio::test]
async fn nats_without_jetstream_is_found() {
    let nats = NatsServers::alone(|_| String::new()).await;
    finds(&told_of(&nats), &["has no JetStream"]);
    let account = "accounts { SHOP { users: [{ user: shop, password: shop }] } }\nno_auth_user: shop";
    let nats = NatsServers::alone(|folder| format!("{}\n{account}", with_jetstream(folder, ""))).await;
    finds(&told_of(&nats), &["has no JetStream", "for the account"]);
}

#[tokio::test]
async fn nats_that_does_not_let_usher_in_is_found() {
    let token = "authorization { token: right }";
    let nats = NatsServers::alone(|folder| format!("{}\n{token}", with_jetstream(folder, ""))).await;
    for usher in [told_of(&nats), told_of(&nats).with("USHER_NATS_TOKEN", "wrong")] {
        finds(&usher, &["does not let Usher in", "--nats-token"]);
    }
    let findings = findings(&told_of(&nats).with("USHER_NATS_TOKEN", "right"));
    assert!(findings[0].starts_with("ok       NATS: "), "{findings:?}");
}

#[tokio::test]
async fn nats_without_room_for_the_stream_is_found() {
    let nats = NatsServers::alone(|folder| with_jetstream(folder, "max_file: 10M")).await;
    finds(&told_of(&nats), &["no room", "`usher`", "64000000 bytes", "--nats-max-bytes"]);
    let fits = told_of(&nats).with("USHER_NATS_MAX_BYTES", "4000000");
    for _ in 0..2 {
        let findings = findings(&fits);
        assert!(findings[0].starts_with("ok       NATS: "), "{findings:?}");
        assert!(findings[1].contains("`usher` is not there yet"), "nothing was left behind: {findings:?}");
    }
}

#[tokio::test]
async fn nats_with_too_few_servers_for_the_copies_is_found() {
    let nats = NatsServers::alone(|folder| with_jetstream(folder, "")).await;
    let copies = told_of(&nats).with("USHER_NATS_REPLICAS", "3");
    finds(&copies, &["too few servers for 3 copies", "--nats-replicas"]);
}

#[tokio::test]
async fn a_cluster_of_nats_with_too_few_servers_for_the_copies_is_found() {
    let nats = NatsServers::start(3).await;
    let copies = told_of(&nats).with("USHER_NATS_REPLICAS", "5");
    finds(&copies, &["too few servers for 5 copies", "--nats-replicas"]);
}
