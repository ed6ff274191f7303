//! What every endpoint does with requests that it cannot use.

use reqwest::Method;
use serde_json::json;

use crate::server::{TestServer, shop};

#[tokio::test]
async fn what_cannot_be_read_is_told_as_a_problem() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let path = shop("/workflows");
    let header = |kind| [("Content-Type", kind), ("X-Usher-Request", "1")];

    let answer = admin.send_raw(Method::POST, &path, Some("{".into()), &header("application/json")).await;
    answer.problem(400, "malformed");
    let answer =
        admin.send_raw(Method::POST, &path, Some("name=x".into()), &header("application/x-www-form-urlencoded")).await;
    answer.problem(415, "not_json");
    let problem = admin.post(&path, json!({ "name": 7 })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    let problem = admin.post(&path, json!({ "name": "A", "colour": "red" })).await.problem(422, "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("colour"), "{problem}");
    let large = format!("\"{}\"", "x".repeat(5 * 1024 * 1024));
    let answer = admin.send_raw(Method::POST, &path, Some(large), &header("application/json")).await;
    answer.problem(413, "too_large");
}

#[tokio::test]
async fn an_unknown_address_or_method_is_told_as_a_problem() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    admin.get("/api/v1/nothing").await.problem(404, "not_found");
    admin.get("/api/nothing").await.problem(404, "not_found");
    admin.delete("/api/v1/me").await.problem(405, "method_not_allowed");
    admin.get(&shop("/environments/moon/routes")).await.problem(404, "not_found");
    admin.get(&shop("/workflows/a/versions/x")).await.problem(404, "not_found");
}

#[tokio::test]
async fn answers_are_kept_out_of_caches() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let answer = admin.get("/api/v1/me").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_description_is_there_for_programs_and_for_people() {
    let server = TestServer::start().await;
    let mut anybody = server.anybody();
    let description = anybody.get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(description["openapi"], "3.1.0");
    let page = anybody.get("/api/docs").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(page.text.contains("/api/v1/workspaces/{workspace}/workflows"), "the page names the endpoints");
}

#[tokio::test]
async fn it_says_whether_it_lives_and_is_ready() {
    let server = TestServer::start().await;
    let mut anybody = server.anybody();
    assert_eq!(anybody.get("/healthz").await.text, "ok\n");
    assert_eq!(anybody.get("/readyz").await.text, "ready\n");
    assert!(anybody.get("/metrics").await.header("content-type").starts_with("text/plain"));
}
