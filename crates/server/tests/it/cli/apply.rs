use serde_json::Value as Json;

use super::{Usher, shown};
use crate::repository;

const LINE: &str = r#"{
    "usher": "channel/1", "key": "line", "name": "Line", "environment": "production", "kind": "whatsapp",
    "settings": { "phone_number_id": "106540352242922" },
    "secrets": { "access_token": { "env": "LINE_TOKEN" }, "app_secret": { "env": "LINE_SECRET" } }
}"#;

#[test]
fn the_example_is_applied_once_and_then_the_same() {
    let usher = Usher::new();
    usher.run(&["workspace", "create", "shop"]);
    let examples = shown(&repository().join("examples/order-status"));
    let told = usher.run(&["apply", &examples]);
    for line in [
        "created  API shop",
        "created  channel chat",
        "created  workflow order-status (v1)",
        "created  workflow support (v1)",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert!(told.contains("created  route orders (http://localhost:8080/chat/orders"), "{told}");
    let again = usher.run(&["apply", &examples]);
    assert!(again.lines().all(|line| line.starts_with("same ")), "{again}");

    let told = usher.run(&["deploy"]);
    assert!(told.contains("deployment 1 in production: order-status v1, support v1"), "{told}");
    assert!(usher.run(&["deploy", "support=1", "--environment", "sandbox"]).contains("in sandbox: support v1"));
    assert!(usher.fails(&["deploy", "nothing"]).contains("no workflow `nothing`"));
}

#[test]
fn secrets_come_from_the_environment_and_never_from_the_file() {
    let bare = Usher::new();
    bare.run(&["workspace", "create", "shop"]);
    let file = bare.file("line.json", LINE);
    let told = bare.fails(&["apply", &file]);
    assert!(told.contains("LINE_TOKEN, LINE_SECRET"), "{told}");
    let literal = bare.file("literal.json", &LINE.replace(r#"{ "env": "LINE_TOKEN" }"#, r#""EAAG""#));
    assert!(bare.fails(&["apply", &literal]).contains("/secrets/access_token"));

    let usher = Usher::new().with("LINE_TOKEN", "EAAG-hush").with("LINE_SECRET", "also hush");
    usher.run(&["workspace", "create", "shop"]);
    let file = usher.file("line.json", LINE);
    assert!(usher.run(&["apply", &file]).contains("created  channel line"));
    assert!(usher.run(&["apply", &file]).contains("same     channel line"));
    let renewed = Usher {
        folder: usher.folder.clone(),
        is_kept: true,
        sent: Vec::new(),
        variables: vec![
            ("LINE_TOKEN".to_owned(), "a new one".to_owned()),
            ("LINE_SECRET".to_owned(), "also hush".to_owned()),
        ],
    };
    assert!(renewed.run(&["apply", &file]).contains("changed  channel line"));
    let exported = usher.run(&["export"]);
    assert!(
        !exported.contains("hush") && exported.contains("USHER_PRODUCTION_CHANNEL_LINE_ACCESS_TOKEN"),
        "{exported}"
    );
}

#[test]
fn the_examples_of_the_reference_can_be_applied() {
    let usher = Usher::new().with("ORDERS_TOKEN", "a").with("LINE_ACCESS_TOKEN", "b").with("LINE_APP_SECRET", "c");
    let usher = usher.with("DESK_API_TOKEN", "d");
    usher.run(&["workspace", "create", "shop"]);
    let examples =
        [shown(&repository().join("examples/order-status")), shown(&repository().join("docs/reference/examples"))];
    let told = usher.run(&["apply", &examples[0], &examples[1]]);
    for line in ["created  API orders", "created  connection desk", "created  channel line", "created  route line"] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn what_is_exported_can_be_applied_elsewhere() {
    let usher = Usher::new();
    usher.run(&["workspace", "create", "shop"]);
    usher.run(&["apply", &shown(&repository().join("examples/order-status"))]);
    let written = usher.run(&["export", "out"]);
    assert!(written.contains("order-status.workflow.json") && written.contains("shop.api.json"), "{written}");

    let elsewhere = Usher::new();
    elsewhere.run(&["workspace", "create", "shop"]);
    let folder = shown(&usher.folder.join("out"));
    let told = elsewhere.run(&["apply", &folder]);
    assert!(told.lines().all(|line| line.starts_with("created ")), "{told}");
    elsewhere.run(&["export", "again"]);
    for entry in std::fs::read_dir(usher.folder.join("out")).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |folder: &std::path::Path| std::fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(read(&usher.folder.join("out")), read(&elsewhere.folder.join("again")), "{name:?}");
    }
    let one: Json = serde_json::from_str(&usher.run(&["export", "--workflow", "support"])).unwrap();
    assert_eq!(one[0]["key"], "support");
}

#[test]
fn a_changed_workflow_becomes_the_next_version_and_numbers_never_go_back() {
    let usher = Usher::new();
    usher.run(&["workspace", "create", "shop"]);
    let file = |text: &str, next: u32| {
        format!(
            r#"{{"usher": "workflow/1", "key": "hello", "name": "Hello", "start": 1, "next_number": {next},
                "nodes": {{"1": {{"type": "text_display", "settings": {{"text": "{text}"}}, "exits": {{"next": "end"}}}}}}}}"#
        )
    };
    assert!(usher.run(&["apply", &usher.file("hello.json", &file("Hi", 5))]).contains("created  workflow hello (v1)"));
    assert!(
        usher.run(&["apply", &usher.file("hello.json", &file("Hello", 2))]).contains("changed  workflow hello (v2)")
    );
    let exported: Json = serde_json::from_str(&usher.run(&["export", "--workflow", "hello"])).unwrap();
    assert_eq!(exported[0]["next_number"], 5);
    assert!(usher.run(&["apply", &usher.file("hello.json", &file("Hello", 9))]).contains("same "));
    let exported: Json = serde_json::from_str(&usher.run(&["export", "--workflow", "hello"])).unwrap();
    assert_eq!(exported[0]["next_number"], 9);
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_file_and_place() {
    let usher = Usher::new();
    usher.run(&["workspace", "create", "shop"]);
    let file = usher.file("bad.json", r#"{"usher": "workflow/1", "key": "a", "name": "A", "next_number": 2, "nodes": {"1": {"type": "menu", "exits": {"next": "x"}}}}"#);
    let told = usher.fails(&["apply", &file]);
    assert!(told.contains("bad.json") && told.contains("/nodes/1/exits/next"), "{told}");
    assert!(usher.fails(&["apply", "nowhere.json"]).contains("nowhere.json"));
    let route =
        r#"{"usher": "route/1", "key": "a", "name": "A", "environment": "sandbox", "channel": "web", "workflow": "a"}"#;
    let told = usher.fails(&["apply", &usher.file("route.json", route)]);
    assert!(told.contains("route a") && told.contains("no channel `web`"), "{told}");
}
