use serde_json::json;

use crate::server::{TestServer, shop};

#[tokio::test]
async fn settings_are_read_and_changed() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let before = admin.get(&shop("")).await.expect(200);
    assert_eq!(
        before,
        json!({ "key": "shop", "name": "Shop", "approval_required": false, "messages_per_second": null, "audit_days": null })
    );
    let body = json!({ "name": "The Shop", "approval_required": true, "audit_days": 365 });
    let after = admin.patch(&shop(""), body).await.expect(200);
    assert_eq!(
        after,
        json!({ "key": "shop", "name": "The Shop", "approval_required": true, "messages_per_second": null, "audit_days": 365 })
    );
    admin.patch(&shop(""), json!({ "name": "Shop" })).await.expect(200);
    assert_eq!(admin.get(&shop("")).await.expect(200)["audit_days"], 365, "what is left out stays");
    let after = admin.patch(&shop(""), json!({ "audit_days": null })).await.expect(200);
    assert!(after["audit_days"].is_null());
    let problem = admin.patch(&shop(""), json!({ "audit_days": 0 })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/audit_days");
    let body = json!({ "name": "The Shop", "messages_per_second": 50 });
    let after = admin.patch(&shop(""), body).await.expect(200);
    assert_eq!((&after["name"], &after["messages_per_second"]), (&json!("The Shop"), &json!(50)));
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
    let kept = json!({ "transcript_days": 30, "trace_days": 7, "problem_days": 30 });
    let usual = json!({ "session_seconds": 600, "retention": kept });
    assert_eq!(admin.get(&sandbox).await.expect(200), usual);
    let changed = admin.patch(&sandbox, json!({ "session_seconds": 120 })).await.expect(200);
    assert_eq!(changed, json!({ "session_seconds": 120, "retention": kept }));
    assert_eq!(admin.get(&production).await.expect(200), usual);
    let problem = admin.patch(&sandbox, json!({ "session_seconds": 5 })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/session_seconds");
}

#[tokio::test]
async fn each_environment_keeps_things_for_its_own_days() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let production = shop("/environments/production");
    let body = json!({ "retention": { "transcript_days": 90, "problem_days": null } });
    let changed = admin.patch(&production, body).await.expect(200);
    let expected = json!({ "transcript_days": 90, "trace_days": 7, "problem_days": null });
    assert_eq!((&changed["retention"], &changed["session_seconds"]), (&expected, &json!(600)));
    let changed = admin.patch(&production, json!({ "retention": { "trace_days": 3 } })).await.expect(200);
    assert_eq!(changed["retention"], json!({ "transcript_days": 90, "trace_days": 3, "problem_days": null }));
    for days in [0, 5000] {
        let body = json!({ "retention": { "trace_days": days } });
        let problem = admin.patch(&production, body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/retention/trace_days");
    }
    let log = admin.get(&shop("/audit")).await.expect(200);
    let entry = &log["items"][0];
    assert_eq!((&entry["action"], &entry["details"]), (&json!("environment.changed"), &json!({ "trace_days": 3 })));
    assert_eq!(admin.get(&shop("/environments/sandbox")).await.expect(200)["retention"]["trace_days"], 7);
}
