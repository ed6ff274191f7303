use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::server::{Client, TestServer, shop};

/// A menu (1) that leads to a text (2).
pub fn greeting(key: &str, name: &str) -> Json {
    json!({
        "usher": "workflow/1", "key": key, "name": name, "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 3,
        "nodes": {
            "1": {
                "type": "menu",
                "settings": { "body": "Hi", "options": [{ "name": "more", "label": "Tell me more" }] },
                "exits": { "more": 2, "no_match": "end" }
            },
            "2": { "type": "text_display", "settings": { "text": "That is all." }, "exits": { "next": "end" } }
        },
        "layout": { "1": [0, 0], "2": [340, 0] }
    })
}

/// Makes the workflow `survey` with two nodes, and returns the draft's tag.
pub async fn survey(admin: &mut Client) -> String {
    admin.post(&shop("/workflows"), json!({ "name": "Survey" })).await.expect(201);
    admin.post(&shop("/workflows/survey/numbers"), json!({ "count": 2 })).await.expect(200);
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    let kept = admin.put(&shop("/workflows/survey/draft"), greeting("survey", "Survey"), &etag).await;
    let etag = kept.etag();
    kept.expect(200);
    etag
}

#[tokio::test]
async fn a_new_workflow_is_empty_and_listed() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let made = admin.post(&shop("/workflows"), json!({ "name": "Order status", "folder": "Orders" })).await.expect(201);
    assert_eq!(made["key"], "order-status");
    assert_eq!(
        (&made["state"], &made["latest_version"], &made["live_version"]),
        (&json!("draft"), &Json::Null, &Json::Null)
    );
    assert_eq!(
        (&made["folder"], &made["archived"], &made["kind"]),
        (&json!("Orders"), &json!(false), &json!("standard"))
    );
    let list = admin.get(&shop("/workflows")).await.expect(200);
    assert_eq!(list, json!({ "items": [made], "next": null }));

    let draft = admin.get(&shop("/workflows/order-status/draft")).await;
    assert_eq!(draft.etag(), made["draft"]["etag"].as_str().unwrap());
    let draft = draft.expect(200);
    assert_eq!((&draft["start"], &draft["next_number"], &draft["nodes"]), (&Json::Null, &json!(1), &json!({})));

    let twin = admin.post(&shop("/workflows"), json!({ "name": "Order status" })).await.expect(201);
    assert_eq!(twin["key"], "order-status-2");
    let taken = json!({ "name": "Other", "key": "order-status" });
    admin.post(&shop("/workflows"), taken).await.problem(409, "taken");
    let problem =
        admin.post(&shop("/workflows"), json!({ "name": "Other", "key": "A b" })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/key");
}

#[tokio::test]
async fn a_workflow_is_renamed_moved_archived_and_deleted() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    let body = json!({ "name": "Questions", "description": "What people think.", "folder": "Old", "archived": true });
    let changed = admin.patch(&shop("/workflows/survey"), body).await.expect(200);
    assert_eq!(
        (&changed["key"], &changed["name"], &changed["archived"]),
        (&json!("survey"), &json!("Questions"), &json!(true))
    );
    let draft = admin.get(&shop("/workflows/survey/draft")).await.expect(200);
    assert_eq!((&draft["name"], &draft["description"]), (&json!("Questions"), &json!("What people think.")));
    let changed =
        admin.patch(&shop("/workflows/survey"), json!({ "folder": null, "archived": false })).await.expect(200);
    assert_eq!(
        (&changed["folder"], &changed["archived"], &changed["name"]),
        (&Json::Null, &json!(false), &json!("Questions"))
    );

    admin.delete(&shop("/workflows/survey")).await.expect(204);
    admin.get(&shop("/workflows/survey")).await.problem(404, "not_found");
    assert_eq!(admin.get(&shop("/workflows")).await.expect(200)["items"], json!([]));
    // The name is free again, and starts anew.
    let again = admin.post(&shop("/workflows"), json!({ "name": "Survey" })).await.expect(201);
    assert_eq!((&again["key"], &again["latest_version"]), (&json!("survey"), &Json::Null));
}

#[tokio::test]
async fn a_workflow_that_something_points_at_stays() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.post(&shop("/workflows"), json!({ "name": "Thanks" })).await.expect(201);
    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"]["exits"]["next"] = json!({ "workflow": "thanks" });
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);

    let problem = admin.delete(&shop("/workflows/thanks")).await.problem(409, "in_use");
    assert_eq!(problem["pointers"], json!([{ "kind": "workflow", "key": "survey", "node": 2 }]));

    let channel = json!({ "kind": "web_chat", "name": "Web" });
    admin.post(&shop("/environments/sandbox/channels"), channel).await.expect(201);
    let route = json!({ "key": "ask", "name": "Ask", "channel": "web", "workflow": "survey" });
    admin.post(&shop("/environments/sandbox/routes"), route).await.expect(201);
    let problem = admin.delete(&shop("/workflows/survey")).await.problem(409, "in_use");
    assert_eq!(problem["pointers"], json!([{ "kind": "route", "key": "ask", "environment": "sandbox" }]));
}

#[tokio::test]
async fn a_copy_keeps_its_numbers_and_points_at_itself() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"]["exits"]["next"] = json!({ "workflow": "survey", "node": 1 });
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);

    let copy = admin.post(&shop("/workflows/survey/duplicate"), json!({ "name": "Second survey" })).await.expect(201);
    assert_eq!(copy["key"], "second-survey");
    let draft = admin.get(&shop("/workflows/second-survey/draft")).await.expect(200);
    assert_eq!(draft["nodes"]["2"]["exits"]["next"], json!({ "workflow": "second-survey", "node": 1 }));
    assert_eq!(
        (&draft["key"], &draft["name"], &draft["next_number"]),
        (&json!("second-survey"), &json!("Second survey"), &json!(3))
    );
}

#[tokio::test]
async fn two_builders_never_overwrite_each_other() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let etag = survey(&mut admin).await;
    let mut mine = greeting("survey", "Survey");
    mine["nodes"]["1"]["title"] = json!("Welcome");
    let kept = admin.put(&shop("/workflows/survey/draft"), mine, &etag).await;
    let newer = kept.etag();
    assert_ne!(newer, etag);
    let kept = kept.expect(200);
    assert!(kept["kept_at"].is_string() && kept["problems"] == json!([]), "{kept}");

    let theirs = greeting("survey", "Survey");
    let problem = admin.put(&shop("/workflows/survey/draft"), theirs.clone(), &etag).await.problem(412, "changed");
    assert_eq!(problem["etag"], newer);
    let answer = admin.send(Method::PUT, &shop("/workflows/survey/draft"), Some(theirs), &[]).await;
    answer.problem(428, "if_match_required");
    let draft = admin.get(&shop("/workflows/survey/draft")).await.expect(200);
    assert_eq!(draft["nodes"]["1"]["title"], "Welcome");
}

#[tokio::test]
async fn a_draft_with_mistakes_is_kept_and_they_are_told() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let etag = survey(&mut admin).await;
    let mut document = greeting("survey", "Survey");
    document["nodes"]["1"]["exits"]["more"] = json!(9);
    document["nodes"]["2"]["exits"] = json!({});
    document["nodes"]["2"]["settings"] = json!({ "txt": "That is all." });
    let kept = admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);
    let problems = kept["problems"].as_array().unwrap();
    let about =
        |node: u32, exit: &str| problems.iter().any(|problem| problem["node"] == node && problem["exit"] == exit);
    assert!(about(1, "more") && about(2, "next"), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem["node"] == 2 && problem["exit"].is_null()), "{problems:#?}");
    assert_eq!(admin.get(&shop("/workflows/survey/draft/problems")).await.expect(200), kept["problems"]);
}

#[tokio::test]
async fn what_is_no_workflow_is_refused_with_place_and_reason() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let etag = survey(&mut admin).await;
    let path = shop("/workflows/survey/draft");
    let with = |pointer: &str, value: Json| {
        let mut document = greeting("survey", "Survey");
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[last] = value;
        document
    };
    for (document, pointer) in [
        (with("/nodes/1/exits/more", json!("somewhere")), "/nodes/1/exits/more"),
        (with("/nodes/1/type", json!(7)), "/nodes/1/type"),
        (with("/layout/1", json!([0])), "/layout/1"),
        (with("/usher", json!("workflow/9")), "/usher"),
        (with("/key", json!("other")), "/key"),
        (with("/removed", json!({ "2": { "type": "menu" } })), "/removed/2"),
    ] {
        let answer = admin.put(&path, document, &etag).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(!problem["errors"][0]["detail"].as_str().unwrap().is_empty());
    }
    let headers = [("Content-Type", "application/json"), ("X-Usher-Request", "1"), ("If-Match", etag.as_str())];
    admin.send_raw(Method::PUT, &path, Some("{".into()), &headers).await.problem(400, "malformed");
    assert_eq!(admin.get(&path).await.etag(), etag);
}

#[tokio::test]
async fn numbers_are_handed_out_once_and_never_again() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    let path = shop("/workflows/survey/numbers");
    let mut other = admin.clone();
    let (one, two) = tokio::join!(admin.post(&path, json!({ "count": 3 })), other.post(&path, json!({})));
    let (one, two) = (one.expect(200), two.expect(200));
    let (mine, theirs) = (one["first"].as_u64().unwrap(), two["first"].as_u64().unwrap());
    assert!((mine, theirs) == (3, 6) || (mine, theirs) == (4, 3), "{one} {two}");
    admin.post(&path, json!({ "count": 0 })).await.problem(422, "invalid");
    admin.post(&path, json!({ "count": 501 })).await.problem(422, "invalid");

    // An older state of the draft does not lower the next number, and a number that nobody was given is refused.
    let (etag, mut document) = (admin.get(&shop("/workflows/survey/draft")).await.etag(), greeting("survey", "Survey"));
    let kept = admin.put(&shop("/workflows/survey/draft"), document.clone(), &etag).await;
    let etag = kept.etag();
    kept.expect(200);
    assert_eq!(admin.get(&shop("/workflows/survey/draft")).await.expect(200)["next_number"], 7);
    document["next_number"] = json!(10);
    document["nodes"]["9"] = json!({ "type": "text_display", "settings": { "text": "?" } });
    let problem = admin.put(&shop("/workflows/survey/draft"), document, &etag).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/nodes/9");
}

#[tokio::test]
async fn versions_are_saved_from_the_draft_and_stay_as_they_are() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let etag = survey(&mut admin).await;
    let path = shop("/workflows/survey/versions");
    admin.post(&path, json!({ "note": "first" })).await.problem(428, "if_match_required");
    let stale = [("If-Match", "\"0\"")];
    admin.send(Method::POST, &path, Some(json!({})), &stale).await.problem(412, "changed");
    let current = [("If-Match", etag.as_str())];
    let saved = admin.send(Method::POST, &path, Some(json!({ "note": "first" })), &current).await.expect(201);
    assert_eq!(saved, json!({ "version": 1 }));

    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"]["settings"]["text"] = json!("Changed.");
    let kept = admin.put(&shop("/workflows/survey/draft"), document, &etag).await;
    kept.expect(200);
    assert_eq!(admin.save("survey").await, 2);
    let old = admin.get(&shop("/workflows/survey/versions/1")).await.expect(200);
    assert_eq!(old["nodes"]["2"]["settings"]["text"], "That is all.");
    let list = admin.get(&path).await.expect(200);
    let told: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| (item["version"].clone(), item["note"].clone())).collect();
    assert_eq!(told, [(json!(2), Json::Null), (json!(1), json!("first"))]);
    assert_eq!(list["items"][0]["created_by"], "Ann");
    admin.get(&shop("/workflows/survey/versions/3")).await.problem(404, "not_found");
    let item = admin.get(&shop("/workflows/survey")).await.expect(200);
    assert_eq!((&item["state"], &item["latest_version"]), (&json!("saved"), &json!(2)));

    // The sandbox runs what was saved last.
    let live = admin.get(&shop("/environments/sandbox/workflows")).await.expect(200);
    assert_eq!((&live["items"][0]["key"], &live["items"][0]["version"]), (&json!("survey"), &json!(2)));
    assert_eq!(admin.get(&shop("/environments/production/workflows")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn variables_are_those_that_can_be_set_before_a_node() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.post(&shop("/workflows/survey/numbers"), json!({})).await.expect(200);
    let mut document = greeting("survey", "Survey");
    document["next_number"] = json!(4);
    document["nodes"]["3"] = json!({
        "type": "request_input", "settings": { "text": "Your name?", "variable": "name" }, "exits": { "answered": 2 }
    });
    document["nodes"]["1"]["exits"]["more"] = json!(3);
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);

    let path = shop("/workflows/survey/draft/variables");
    let names = |list: &Json| -> Vec<String> {
        let set = list.as_array().unwrap().iter().filter(|item| !item["set_by"].is_null());
        set.map(|item| format!("{} by {}", item["name"].as_str().unwrap(), item["set_by"])).collect()
    };
    let before = admin.get(&format!("{path}?node=2")).await.expect(200);
    assert_eq!(names(&before), ["name by 3"]);
    assert!(before.as_array().unwrap().iter().any(|item| item["name"] == "contact"));
    assert!(names(&admin.get(&format!("{path}?node=1")).await.expect(200)).is_empty());
    admin.get(&format!("{path}?node=99")).await.problem(404, "not_found");
}
