use serde_json::{Value as Json, json};

use super::workflows::survey;
use crate::server::{TestServer, shop};

const ROUTES: &str = "/environments/sandbox/routes";

#[tokio::test]
async fn a_route_ties_a_channel_to_a_workflow() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.post(&shop("/environments/sandbox/channels"), json!({ "kind": "web_chat", "name": "Web" })).await.expect(201);
    let body = json!({ "key": "ask", "name": "Ask", "channel": "web", "workflow": "survey" });
    let made = admin.post(&shop(ROUTES), body.clone()).await.expect(201);
    assert_eq!(made["url"], format!("{}/chat/ask?environment=sandbox", server.base));
    assert_eq!((&made["node"], &made["entry"]), (&Json::Null, &json!("")));
    admin.post(&shop(ROUTES), body).await.problem(409, "taken");
    let list = admin.get(&shop(ROUTES)).await.expect(200);
    assert_eq!(list["items"], json!([made]));

    let path = shop(&format!("{ROUTES}/{}", made["id"].as_str().unwrap()));
    let changed = admin.patch(&path, json!({ "name": "Ask us", "node": 2 })).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["node"], &changed["workflow"]),
        (&json!("Ask us"), &json!(2), &json!("survey"))
    );
    let changed = admin.patch(&path, json!({ "node": null })).await.expect(200);
    assert_eq!(changed["node"], Json::Null);
    let changed = admin.patch(&path, json!({ "closed_answer": " We open soon. " })).await.expect(200);
    assert_eq!(changed["closed_answer"], "We open soon.");
    assert_eq!(admin.patch(&path, json!({ "node": 2 })).await.expect(200)["closed_answer"], "We open soon.");
    assert_eq!(admin.patch(&path, json!({ "closed_answer": null })).await.expect(200)["closed_answer"], Json::Null);
    let problem = admin.patch(&path, json!({ "workflow": "nowhere" })).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/workflow");
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_route_to_what_is_not_there_is_refused() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    let body = json!({ "name": "Ask", "channel": "pigeon", "workflow": "survey" });
    let problem = admin.post(&shop(ROUTES), body).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/channel");
    admin.post(&shop("/environments/sandbox/channels"), json!({ "kind": "web_chat", "name": "Web" })).await.expect(201);
    let body = json!({ "name": "Ask", "channel": "web", "workflow": "survey" });
    let one = admin.post(&shop(ROUTES), body).await.expect(201);
    assert!(one["key"].as_str().unwrap().starts_with("ask-"), "a made key has an end that is its own: {one}");
    admin.get(&shop("/environments/production/routes")).await.expect(200);
    // A channel's entry leads to one place; another entry of it may lead elsewhere.
    let again = json!({ "name": "Ask again", "channel": "web", "workflow": "survey" });
    admin.post(&shop(ROUTES), again).await.problem(409, "taken");
}
