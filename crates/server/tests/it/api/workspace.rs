use serde_json::json;

use crate::server::{TestServer, shop};

#[tokio::test]
async fn settings_are_read_and_changed() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let before = admin.get(&shop("")).await.expect(200);
    let told = json!({ "key": "shop", "name": "Shop", "approval_required": false, "messages_per_second": null });
    assert_eq!(before, told);
    let body = json!({ "name": "The Shop", "approval_required": true, "messages_per_second": 50 });
    let after = admin.patch(&shop(""), body).await.expect(200);
    let told = json!({ "key": "shop", "name": "The Shop", "approval_required": true, "messages_per_second": 50 });
    assert_eq!(after, told);
    let after = admin.patch(&shop(""), json!({ "messages_per_second": 0 })).await.expect(200);
    assert_eq!((&after["name"], &after["messages_per_second"]), (&json!("The Shop"), &json!(null)));
    let problem = admin.patch(&shop(""), json!({ "name": " " })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
}

#[tokio::test]
async fn integrations_are_in_the_catalogue_once_their_system_is_connected() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let has = |catalogue: &serde_json::Value, name: &str| {
        catalogue["types"].as_array().unwrap().iter().any(|kind| kind["type"] == name)
    };
    let before = admin.get(&shop("/catalogue")).await.expect(200);
    assert!(has(&before, "menu") && !has(&before, "zendesk_support.create_ticket"));
    assert_eq!(before["systems"][0]["system"], "zendesk_support");

    let body = json!({
        "system": "zendesk_support", "name": "Desk",
        "settings": { "subdomain": "acme", "email": "agent@example.com" },
        "secrets": { "api_token": "hush" }
    });
    admin.post(&shop("/environments/sandbox/connections"), body).await.expect(201);
    let after = admin.get(&shop("/catalogue")).await.expect(200);
    assert!(has(&after, "zendesk_support.create_ticket"));
    assert_eq!(after["connections"][0]["key"], "desk");
    assert_eq!(after["connections"][0]["state"], "untested");
    assert!(!after.to_string().contains("hush"));
}

#[tokio::test]
async fn each_environment_has_a_session_length_of_its_own() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let (sandbox, production) = (shop("/environments/sandbox"), shop("/environments/production"));
    assert_eq!(admin.get(&sandbox).await.expect(200), json!({ "session_seconds": 600 }));
    let changed = admin.patch(&sandbox, json!({ "session_seconds": 120 })).await.expect(200);
    assert_eq!(changed, json!({ "session_seconds": 120 }));
    assert_eq!(admin.get(&production).await.expect(200), json!({ "session_seconds": 600 }));
    let problem = admin.patch(&sandbox, json!({ "session_seconds": 5 })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/session_seconds");
}
