use serde_json::json;

use super::workflows::{greeting, survey};
use crate::server::{TestServer, shop};

const PRODUCTION: &str = "/environments/production/deployments";

#[tokio::test]
async fn deploying_puts_a_version_live_and_an_earlier_one_back() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.save("survey").await;
    let mut document = greeting("survey", "Survey");
    document["nodes"]["2"]["settings"]["text"] = json!("Changed.");
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);
    admin.save("survey").await;

    let body = json!({ "workflows": { "survey": 2 }, "note": "first time" });
    assert_eq!(admin.post(&shop(PRODUCTION), body).await.expect(201), json!({ "number": 1 }));
    let live = admin.get(&shop("/environments/production/workflows/survey")).await.expect(200);
    assert_eq!(
        (&live["version"], &live["document"]["nodes"]["2"]["settings"]["text"]),
        (&json!(2), &json!("Changed."))
    );
    let item = admin.get(&shop("/workflows/survey")).await.expect(200);
    assert_eq!((&item["state"], &item["live_version"]), (&json!("live"), &json!(2)));

    admin.post(&shop(PRODUCTION), json!({ "workflows": { "survey": 1 } })).await.expect(201);
    let live = admin.get(&shop("/environments/production/workflows")).await.expect(200);
    assert_eq!((&live["items"][0]["version"], &live["items"][0]["name"]), (&json!(1), &json!("Survey")));
    let list = admin.get(&shop(PRODUCTION)).await.expect(200);
    assert_eq!((&list["items"][0]["number"], &list["items"][0]["workflows"]), (&json!(2), &json!({ "survey": 1 })));
    assert_eq!((&list["items"][1]["note"], &list["items"][1]["created_by"]), (&json!("first time"), &json!("Ann")));

    admin.delete(&shop("/workflows/survey")).await.problem(409, "live");
}

#[tokio::test]
async fn the_sandbox_follows_the_saved_versions_and_production_does_not() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.save("survey").await;
    assert_eq!(admin.get(&shop("/environments/sandbox/deployments")).await.expect(200)["items"][0]["number"], 1);
    assert_eq!(admin.get(&shop(PRODUCTION)).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn while_approval_is_required_nothing_goes_live() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.save("survey").await;
    admin.patch(&shop(""), json!({ "approval_required": true })).await.expect(200);
    let body = json!({ "workflows": { "survey": 1 } });
    admin.post(&shop(PRODUCTION), body.clone()).await.problem(409, "approval_required");
    assert_eq!(admin.get(&shop("/environments/production/workflows")).await.expect(200)["items"], json!([]));
    admin.patch(&shop(""), json!({ "approval_required": false })).await.expect(200);
    admin.post(&shop(PRODUCTION), body).await.expect(201);
}

#[tokio::test]
async fn what_is_missing_is_listed_and_nothing_goes_live() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.post(&shop("/workflows/survey/numbers"), json!({ "count": 3 })).await.expect(200);
    let mut document = greeting("survey", "Survey");
    document["next_number"] = json!(6);
    document["nodes"]["2"]["exits"]["next"] = json!({ "workflow": "thanks", "node": 7 });
    document["nodes"]["3"] = json!({ "type": "api_integration", "settings": { "api": "orders", "path": "/" } });
    document["nodes"]["4"] =
        json!({ "type": "zendesk_support.get_ticket", "settings": { "connection": "desk", "ticket": "1" } });
    let etag = admin.get(&shop("/workflows/survey/draft")).await.etag();
    admin.put(&shop("/workflows/survey/draft"), document, &etag).await.expect(200);
    admin.save("survey").await;

    let problem = admin.post(&shop(PRODUCTION), json!({ "workflows": { "survey": 1 } })).await.problem(409, "missing");
    let told: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|place| place["detail"].as_str().unwrap()).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].contains("node 2") && told[0].contains("thanks"), "{told:#?}");
    assert!(told[1].contains("node 3") && told[1].contains("orders"), "{told:#?}");
    assert!(told[2].contains("node 4") && told[2].contains("desk"), "{told:#?}");
    assert_eq!(problem["errors"][0]["pointer"], "/workflows/survey");
    let problem = admin.post(&shop(PRODUCTION), json!({ "workflows": { "survey": 9 } })).await.problem(409, "missing");
    assert!(problem["detail"].as_str().unwrap().contains("no version 9"), "{problem}");
    admin.post(&shop(PRODUCTION), json!({ "workflows": {} })).await.problem(422, "invalid");
    assert_eq!(admin.get(&shop("/environments/production/workflows")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn what_a_route_leads_to_stays_online() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    survey(&mut admin).await;
    admin.save("survey").await;
    admin.post(&shop(PRODUCTION), json!({ "workflows": { "survey": 1 } })).await.expect(201);
    admin
        .post(&shop("/environments/production/channels"), json!({ "kind": "web_chat", "name": "Web" }))
        .await
        .expect(201);
    let route = json!({ "key": "ask", "name": "Ask", "channel": "web", "workflow": "survey", "node": 2 });
    let route = admin.post(&shop("/environments/production/routes"), route).await.expect(201);

    let offline = json!({ "workflows": { "survey": null } });
    let problem = admin.post(&shop(PRODUCTION), offline.clone()).await.problem(409, "missing");
    assert!(problem["detail"].as_str().unwrap().contains("the route ask"), "{problem}");
    let path = shop(&format!("/environments/production/routes/{}", route["id"].as_str().unwrap()));
    admin.delete(&path).await.expect(204);
    admin.post(&shop(PRODUCTION), offline.clone()).await.expect(201);
    assert_eq!(admin.get(&shop("/environments/production/workflows")).await.expect(200)["items"], json!([]));
    admin.post(&shop(PRODUCTION), offline).await.problem(409, "missing");
}
