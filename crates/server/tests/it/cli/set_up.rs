use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use super::Usher;

#[test]
fn a_new_database_must_be_made_before_it_is_used() {
    let usher = Usher::bare();
    assert!(usher.fails(&["workspace", "list"]).contains("usher migrate"));
    assert!(usher.run(&["migrate"]).contains("from 0"));
    assert!(usher.run(&["migrate"]).contains("up to date"));
    usher.run(&["migrate", "--check"]);
    let mode = |path: &str| std::fs::metadata(usher.folder.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/master.key")), (0o700, 0o600), "only the owner reads the data");
    usher.run(&["workspace", "list"]);
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let usher = Usher::new();
    let told = usher.run(&["doctor"]);
    assert!(told.contains("ok       schema: ") && told.contains("ok       master key: "), "{told}");
    let key = usher.folder.join("data/master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = usher.command(&["doctor"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("PROBLEM  master key: "));
    assert!(usher.fails(&["workspace", "list"]).contains("chmod 600"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(usher.folder.join("data"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = usher.run(&["doctor"]);
    for line in [
        "warning  data folder: ",
        "ok       database synchronous: full",
        "ok       database journal_mode: wal",
        "ok       messages and calls: 0 due",
        "ok       secrets: the master key opens all 0",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

#[test]
fn the_doctor_says_whom_it_did_not_reach() {
    let usher = Usher::bare()
        .with("USHER_DATABASE", "postgres://usher@127.0.0.1:9/usher")
        .with("USHER_NATS", "nats://127.0.0.1:9");
    let output = usher.command(&["doctor"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success());
    assert!(told.contains("PROBLEM  database: ") && told.contains("PROBLEM  NATS: "), "{told}");
}

#[test]
fn the_doctor_knows_of_a_channel_that_nobody_verified() {
    let usher = Usher::new().with("LINE_ACCESS_TOKEN", "b").with("LINE_APP_SECRET", "c");
    usher.run(&["workspace", "create", "shop"]);
    usher.run(&["apply", &super::shown(&crate::repository().join("docs/reference/examples/line.channel.json"))]);
    let told = usher.run(&["doctor"]);
    assert!(told.contains("warning  channel shop/production/line: the provider has not checked"), "{told}");
}

#[test]
fn settings_come_from_a_file_too_and_a_misspelt_one_is_refused() {
    let usher = Usher::bare();
    let file = usher.file("usher.toml", "data = \"elsewhere\"\npublic_url = \"https://chat.example.com\"\n");
    let told = usher.command(&["doctor", "--config", &file]).env_remove("USHER_DATA").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("elsewhere") && told.contains("https://chat.example.com"), "{told}");
    let file = usher.file("wrong.toml", "public_ulr = \"https://chat.example.com\"\n");
    assert!(usher.fails(&["doctor", "--config", &file]).contains("public_ulr"));
}

#[test]
fn descriptions_are_printed_as_json() {
    let usher = Usher::bare();
    let openapi: Json = serde_json::from_str(&usher.run(&["openapi"])).unwrap();
    assert_eq!(openapi["openapi"], "3.1.0");
    let catalogue: Json = serde_json::from_str(&usher.run(&["catalogue"])).unwrap();
    assert!(catalogue["types"].as_array().unwrap().iter().any(|kind| kind["type"] == "zendesk_support.create_ticket"));
    usher.run(&["schemas", "schemas"]);
    for kind in ["workflow-1", "channel-1", "route-1", "api-1", "connection-1"] {
        let text = std::fs::read_to_string(usher.folder.join(format!("schemas/{kind}.json"))).unwrap();
        let schema: Json = serde_json::from_str(&text).unwrap();
        assert!(schema["properties"]["usher"].is_object(), "{kind}");
    }
    assert!(!usher.folder.join("data").exists(), "these need no data");
}

#[test]
fn secrets_are_sealed_anew_after_the_key_was_rotated() {
    let old = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let new = "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let usher = Usher::bare().with("USHER_MASTER_KEY", old).with("TOKEN", "hush");
    usher.run(&["migrate"]);
    usher.run(&["workspace", "create", "shop"]);
    let api = r#"{"usher": "api/1", "key": "a", "name": "A", "base_url": {"sandbox": "https://a.example.com"},
        "authentication": {"kind": "bearer"}, "secrets": {"token": {"env": "TOKEN"}}}"#;
    let file = usher.file("a.json", api);
    usher.run(&["apply", &file]);

    let usher = usher.with("USHER_MASTER_KEY", &format!("{new},{old}"));
    assert!(usher.run(&["reseal"]).starts_with("1 sealed anew"));
    assert!(usher.run(&["reseal"]).starts_with("0 sealed anew"));
    let usher = usher.with("USHER_MASTER_KEY", new);
    assert!(usher.run(&["apply", &file]).contains("same     API a"), "the new key alone opens it");
    let usher = usher.with("USHER_MASTER_KEY", old);
    usher.fails(&["apply", &file]);
}
