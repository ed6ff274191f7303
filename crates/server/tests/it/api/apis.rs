use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::workflows::{greeting, survey};
use crate::server::{TestServer, shop};

#[tokio::test]
async fn an_api_is_described_changed_and_deleted() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let body = json!({
        "name": "Orders", "base_url": { "sandbox": "https://test.example.com" },
        "authentication": { "kind": "bearer" }, "secrets": { "token": "hush" }
    });
    let made = admin.post(&shop("/apis"), body).await;
    assert!(!made.text.contains("hush"));
    let made = made.expect(201);
    assert_eq!(
        (&made["key"], &made["secrets"], &made["timeout_seconds"]),
        (&json!("orders"), &json!({ "token": true }), &json!(10))
    );
    assert_eq!(made["validation"], json!({ "element": "HTTP_RESPONSE_CODE", "values": ["2xx"] }));

    let changed = admin.patch(&shop("/apis/orders"), json!({ "timeout_seconds": 20 })).await.expect(200);
    assert_eq!(
        (&changed["timeout_seconds"], &changed["name"], &changed["secrets"]["token"]),
        (&json!(20), &json!("Orders"), &json!(true))
    );
    // What was read can be sent back as it is, but for what says only whether a secret is set.
    let mut whole = changed.clone();
    whole.as_object_mut().unwrap().remove("secrets");
    assert_eq!(admin.patch(&shop("/apis/orders"), whole).await.expect(200), changed);

    for (body, pointer) in [
        (json!({ "timeout_seconds": "long" }), "/timeout_seconds"),
        (json!({ "base_url": { "sandbox": "ftp://x" } }), "/base_url/sandbox"),
        (json!({ "colour": "red" }), "/colour"),
        (json!({ "key": "other" }), "/key"),
        (json!({ "secrets": { "pin": "1" } }), "/secrets/pin"),
    ] {
        let problem = admin.patch(&shop("/apis/orders"), body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    admin.delete(&shop("/apis/orders")).await.expect(204);
    assert_eq!(admin.get(&shop("/apis")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn an_api_is_tried_out() {
    let orders = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/orders/1"))
        .and(query_param("full", "yes"))
        .and(header("authorization", "Bearer hush"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "status": "shipped" })))
        .mount(&orders)
        .await;
    let server = TestServer::start_with(|configuration| {
        configuration.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut admin = server.admin().await;
    let body = json!({
        "name": "Orders", "base_url": { "sandbox": orders.uri() },
        "authentication": { "kind": "bearer" }, "secrets": { "token": "hush" }
    });
    admin.post(&shop("/apis"), body).await.expect(201);
    let wanted = json!({ "method": "GET", "path": "/orders/1", "query": { "full": "yes" } });
    let tried = admin.post(&shop("/apis/orders/try"), wanted).await.expect(200);
    assert_eq!((&tried["answered"], &tried["status"]), (&json!(true), &json!(200)));
    assert_eq!(tried["body"], r#"{"status":"shipped"}"#);
    let elsewhere = json!({ "path": "/orders/1", "environment": "production" });
    admin.post(&shop("/apis/orders/try"), elsewhere).await.problem(409, "not_set_up");
}

#[tokio::test]
async fn an_api_that_a_draft_calls_stays() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    let body = json!({ "name": "Orders", "base_url": { "sandbox": "https://test.example.com" } });
    admin.post(&shop("/apis"), body).await.expect(201);
    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"] = json!({ "type": "api_integration", "settings": { "api": "orders", "path": "/" } });
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);
    let problem = admin.delete(&shop("/apis/orders")).await.problem(409, "in_use");
    assert_eq!(problem["pointers"], json!([{ "kind": "workflow", "key": "survey", "node": 2 }]));
}
