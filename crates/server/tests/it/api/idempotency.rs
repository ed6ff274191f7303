use reqwest::Method;
use serde_json::json;

use crate::server::{TestServer, shop};

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_nothing_is_done_twice() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let path = shop("/api-keys");
    let body = json!({ "name": "nightly", "role": "viewer" });
    let key = [("Idempotency-Key", "7f9c")];
    let first = admin.send(Method::POST, &path, Some(body.clone()), &key).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = admin.send(Method::POST, &path, Some(body.clone()), &key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let first = first.expect(201);
    assert_eq!(again.expect(201), first);
    assert_eq!(admin.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let stored = std::fs::read(server.folder.join("usher.db-wal")).unwrap();
    let plain = first["key"].as_str().unwrap().as_bytes();
    assert!(!stored.windows(plain.len()).any(|bytes| bytes == plain), "a kept answer is sealed");

    let other = json!({ "name": "weekly", "role": "viewer" });
    admin.send(Method::POST, &path, Some(other), &key).await.problem(422, "idempotency_key_reused");
    admin.send(Method::POST, &path, Some(body), &[("Idempotency-Key", "another")]).await.expect(201);
    assert_eq!(admin.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_repeated_too_and_each_caller_has_keys_of_their_own() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let key = [("Idempotency-Key", "1")];
    let path = shop("/workflows");
    let wrong = json!({ "name": "" });
    admin.send(Method::POST, &path, Some(wrong.clone()), &key).await.problem(422, "invalid");
    let again = admin.send(Method::POST, &path, Some(wrong), &key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    again.problem(422, "invalid");
    let mut builder = server.key(&mut admin, "builder").await;
    builder.send(Method::POST, &path, Some(json!({ "name": "Survey" })), &key).await.expect(201);
}

#[tokio::test]
async fn a_client_that_hangs_up_finds_the_answer_when_it_asks_again() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let path = shop("/workflows");
    let key = [("Idempotency-Key", "once")];
    let body = json!({ "name": "Survey" });
    let mut hasty = admin.clone();
    // Hangs up while the server is at work, or before it has begun: either way the repeat makes one workflow.
    let given_up = hasty.send(Method::POST, &path, Some(body.clone()), &key);
    let _ = tokio::time::timeout(std::time::Duration::from_millis(2), given_up).await;
    let mut answer = admin.send(Method::POST, &path, Some(body.clone()), &key).await;
    while answer.status == 409 {
        answer.problem(409, "in_progress");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        answer = admin.send(Method::POST, &path, Some(body.clone()), &key).await;
    }
    assert_eq!(answer.expect(201)["key"], "survey");
    assert_eq!(admin.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 1);
}
