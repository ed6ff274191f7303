use serde_json::{Value as Json, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::workflows::{greeting, survey};
use crate::server::{TestServer, shop};

const CONNECTIONS: &str = "/environments/sandbox/connections";

fn desk(base_url: &str) -> Json {
    json!({
        "system": "zendesk_support", "name": "Desk",
        "settings": { "email": "agent@example.com", "base_url": base_url },
        "secrets": { "api_token": "hush" }
    })
}

#[tokio::test]
async fn a_connection_is_tested_and_remembers_what_came_of_it() {
    let zendesk = MockServer::start().await;
    let me = json!({ "user": { "id": 1, "name": "Agent", "email": "agent@example.com", "role": "agent" } });
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(me)).mount(&zendesk).await;
    let server = TestServer::start_with(|configuration| {
        configuration.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut admin = server.admin().await;
    let made = admin.post(&shop(CONNECTIONS), desk(&zendesk.uri())).await;
    assert!(!made.text.contains("hush"));
    let made = made.expect(201);
    assert_eq!((&made["state"], &made["secrets"]), (&json!("untested"), &json!({ "api_token": true })));

    let test = shop(&format!("{CONNECTIONS}/desk/test"));
    let tested = admin.post(&test, json!({})).await.expect(200);
    assert_eq!(tested["ok"], true, "{tested}");
    let read = admin.get(&shop(&format!("{CONNECTIONS}/desk"))).await.expect(200);
    assert_eq!(read["state"], "working");
    assert!(read["tested_at"].is_string());

    zendesk.reset().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({ "error": "Couldn't authenticate you" })))
        .mount(&zendesk)
        .await;
    assert_eq!(admin.post(&test, json!({})).await.expect(200)["ok"], false);
    let read = admin.get(&shop(&format!("{CONNECTIONS}/desk"))).await.expect(200);
    assert_eq!((&read["state"], read["message"].is_string()), (&json!("failing"), true));
    // What fails stays in the catalogue, with its state.
    let catalogue = admin.get(&shop("/catalogue")).await.expect(200);
    assert_eq!(catalogue["connections"][0]["state"], "failing");
    assert!(catalogue["types"].as_array().unwrap().iter().any(|kind| kind["system"] == "zendesk_support"));

    let changed = admin
        .patch(&shop(&format!("{CONNECTIONS}/desk")), json!({ "secrets": { "api_token": "new" } }))
        .await
        .expect(200);
    assert_eq!(changed["state"], "untested");
}

#[tokio::test]
async fn private_addresses_are_not_called_unless_they_are_allowed() {
    let zendesk = MockServer::start().await;
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    admin.post(&shop(CONNECTIONS), desk(&zendesk.uri())).await.expect(201);
    let tested = admin.post(&shop(&format!("{CONNECTIONS}/desk/test")), json!({})).await.expect(200);
    assert_eq!(tested["ok"], false);
    assert!(zendesk.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_connection_that_a_draft_uses_stays() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.post(&shop(CONNECTIONS), desk("https://acme.example.com")).await.expect(201);
    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"] = json!({ "type": "zendesk_support.get_ticket", "settings": { "connection": "desk" } });
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);
    let problem = admin.delete(&shop(&format!("{CONNECTIONS}/desk"))).await.problem(409, "in_use");
    assert_eq!(problem["pointers"], json!([{ "kind": "workflow", "key": "survey", "node": 2 }]));
}

#[tokio::test]
async fn what_does_not_fit_the_system_is_refused_with_its_place() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let unknown = json!({ "system": "salesfarce", "name": "S" });
    let problem = admin.post(&shop(CONNECTIONS), unknown).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/system");
    let mut body = desk("ftp://acme.example.com");
    let problem = admin.post(&shop(CONNECTIONS), body.clone()).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/settings/base_url");
    body["secrets"] = json!({ "password": "x" });
    body["settings"]["base_url"] = json!("https://acme.example.com");
    let problem = admin.post(&shop(CONNECTIONS), body).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/secrets/password");
}
