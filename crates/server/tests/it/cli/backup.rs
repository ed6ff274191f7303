use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use super::{Usher, shown};
use crate::api::postgres::Database;
use crate::repository;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// An installation with a workspace, a workflow that is live, and a secret.
fn shop() -> Usher {
    let usher = Usher::bare().with("USHER_MASTER_KEY", KEY).with("ORDERS_TOKEN", "hush");
    usher.run(&["migrate"]);
    usher.run(&["workspace", "create", "shop"]);
    usher.run(&["apply", &shown(&repository().join("examples/order-status"))]);
    usher.run(&["apply", &shown(&repository().join("docs/reference/examples/orders.api.json"))]);
    usher.run(&["deploy"]);
    usher
}

#[test]
fn a_backup_is_restored_elsewhere_and_only_into_an_empty_database() {
    let usher = shop();
    let told = usher.run(&["backup", "shop.backup"]);
    assert!(told.contains("shop.backup: ") && told.contains("the master key is not in it"), "{told}");
    let file = usher.folder.join("shop.backup");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::create_dir(usher.folder.join("nightly")).unwrap();
    let told = usher.run(&["backup", "nightly"]);
    assert!(told.starts_with("nightly/usher-2") && told.contains("Z.backup: "), "{told}");
    assert_eq!(std::fs::read_dir(usher.folder.join("nightly")).unwrap().count(), 1, "no part is left");
    assert!(usher.fails(&["backup", "nowhere/shop.backup"]).contains("cannot write nowhere/"));

    let file = shown(&file);
    let elsewhere = Usher::bare().with("USHER_MASTER_KEY", KEY);
    let told = elsewhere.run(&["restore", &file, "--check"]);
    assert!(told.contains("1 workspaces"), "{told}");
    assert!(!elsewhere.folder.join("data").exists(), "a check touches nothing");
    let told = elsewhere.run(&["restore", &file]);
    assert!(told.contains("restored into sqlite:"), "{told}");
    assert_eq!(elsewhere.run(&["export"]), usher.run(&["export"]));
    let refused = elsewhere.fails(&["restore", &file]);
    assert!(refused.contains("the database is not empty (there is something in `workspaces`)"), "{refused}");

    let other_key = Usher::new();
    let told = other_key.run(&["restore", &file]);
    assert!(told.contains("1 of 1 secrets cannot be opened") && told.contains("API shop/orders"), "{told}");
    let output = other_key.command(&["doctor"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("PROBLEM  secrets: the master key does not open 1 of 1"), "{told}");
}

#[test]
fn a_damaged_backup_is_refused_with_its_place() {
    let usher = shop();
    usher.run(&["backup", "shop.backup"]);
    let whole = std::fs::read(usher.folder.join("shop.backup")).unwrap();
    let elsewhere = Usher::bare().with("USHER_MASTER_KEY", KEY);
    let mut changed = whole.clone();
    let middle = whole.len() / 2;
    changed[middle] ^= 1;
    for (name, bytes) in [("torn", &whole[..whole.len() - 7]), ("changed", &changed), ("other", b"hello")] {
        std::fs::write(elsewhere.folder.join(name), bytes).unwrap();
        let told = elsewhere.fails(&["restore", name]);
        let expected = if name == "other" { "this is no backup" } else { "the backup is damaged in block" };
        assert!(told.contains(&format!("{name} was not restored")) && told.contains(expected), "{told}");
        assert!(!elsewhere.folder.join("data").exists(), "nothing was touched");
    }
}

#[tokio::test]
async fn a_business_moves_to_postgresql() {
    let database = Database::new("moving").await;
    let usher = shop();
    usher.run(&["backup", "shop.backup"]);
    let moved = Usher::bare().with("USHER_MASTER_KEY", KEY).with("USHER_DATABASE", &database.address());
    let told = moved.run(&["restore", "--moving", &shown(&usher.folder.join("shop.backup"))]);
    assert!(told.contains("restored into postgres://"), "{told}");
    assert_eq!(moved.run(&["export"]), usher.run(&["export"]));
    let findings: Vec<Json> = {
        let output = moved.command(&["doctor", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let level = |subject: &str| {
        let found = findings.iter().find(|finding| finding["subject"] == subject);
        found.unwrap_or_else(|| panic!("nothing of {subject} in {findings:#?}"))["level"].clone()
    };
    for (subject, expected) in
        [("schema", "ok"), ("secrets", "ok"), ("clock", "ok"), ("database fsync", "problem"), ("turns", "ok")]
    {
        assert_eq!(level(subject), expected, "{subject}: the tests' server does without fsync");
    }
    database.remove().await;
}
