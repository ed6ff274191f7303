use serde_json::json;

use crate::server::{ADMIN, PASSWORD, TestServer, shop};

#[tokio::test]
async fn a_second_user_comes_in_by_invitation() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let link = admin.post(&shop("/users"), json!({ "email": "Bob@example.com", "role": "builder" })).await.expect(201);
    let url = link["url"].as_str().unwrap();
    let path = format!("/api/v1{}", url.strip_prefix(&server.base).unwrap());
    let list = admin.get(&shop("/users")).await.expect(200);
    let bob = list["items"].as_array().unwrap().iter().find(|item| item["email"] == "bob@example.com").unwrap();
    assert_eq!((&bob["state"], &bob["role"], &bob["name"]), (&json!("invited"), &json!("builder"), &json!(null)));

    let mut bob = server.anybody();
    let invitation = bob.get(&path).await.expect(200);
    assert_eq!(
        invitation,
        json!({ "email": "bob@example.com", "workspace": "Shop", "role": "builder", "has_account": false })
    );
    bob.post(&path, json!({ "name": "Bob", "password": "weak" })).await.problem(422, "invalid");
    let me = bob.post(&path, json!({ "name": "Bob", "password": "a good long one" })).await.expect(200);
    assert_eq!(me["workspaces"][0]["role"], "builder");
    bob.get(&shop("/workflows")).await.expect(200);
    bob.get(&shop("/users")).await.problem(403, "forbidden");
    server.anybody().get(&path).await.problem(404, "not_found");

    let list = admin.get(&shop("/users")).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let again = json!({ "email": "bob@example.com", "role": "viewer" });
    admin.post(&shop("/users"), again).await.problem(409, "member_already");
}

#[tokio::test]
async fn roles_change_and_people_leave_but_the_last_admin_stays() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let link = admin.post(&shop("/users"), json!({ "email": "bob@example.com", "role": "viewer" })).await.expect(201);
    let path = format!("/api/v1{}", link["url"].as_str().unwrap().strip_prefix(&server.base).unwrap());
    let mut bob = server.anybody();
    bob.post(&path, json!({ "name": "Bob", "password": "a good long one" })).await.expect(200);
    let list = admin.get(&shop("/users")).await.expect(200);
    let id = |email: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["email"] == email).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (ann, bobs) = (shop(&format!("/users/{}", id(ADMIN))), shop(&format!("/users/{}", id("bob@example.com"))));

    admin.patch(&ann, json!({ "role": "viewer" })).await.problem(409, "last_admin");
    admin.delete(&ann).await.problem(409, "last_admin");
    assert_eq!(admin.patch(&bobs, json!({ "role": "admin" })).await.expect(200)["role"], "admin");
    bob.get(&shop("/users")).await.expect(200);
    bob.patch(&ann, json!({ "role": "viewer" })).await.expect(200);
    admin.get(&shop("/users")).await.problem(403, "forbidden");
    bob.delete(&ann).await.expect(204);
    admin.get(&shop("/workflows")).await.problem(404, "not_found");
    bob.patch(&bobs, json!({ "role": "owner" })).await.problem(422, "invalid");
}

#[tokio::test]
async fn an_invitation_is_taken_back() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let link = admin.post(&shop("/users"), json!({ "email": "bob@example.com", "role": "viewer" })).await.expect(201);
    let path = format!("/api/v1{}", link["url"].as_str().unwrap().strip_prefix(&server.base).unwrap());
    let list = admin.get(&shop("/users")).await.expect(200);
    let invited = list["items"].as_array().unwrap().iter().find(|item| item["state"] == "invited").unwrap();
    admin.delete(&shop(&format!("/users/{}", invited["id"].as_str().unwrap()))).await.expect(204);
    server.anybody().get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn somebody_with_an_account_joins_by_its_password() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let core = &server.core;
    usher_server::actions::people::add(core, "bob@example.com", "Bob", Some("a good long one".into())).await.unwrap();
    let link = admin.post(&shop("/users"), json!({ "email": "bob@example.com", "role": "viewer" })).await.expect(201);
    let path = format!("/api/v1{}", link["url"].as_str().unwrap().strip_prefix(&server.base).unwrap());
    assert_eq!(server.anybody().get(&path).await.expect(200)["has_account"], true);
    let wrong = json!({ "name": "Eve", "password": "something else" });
    server.anybody().post(&path, wrong).await.problem(422, "invalid");
    let right = json!({ "name": "Ignored", "password": "a good long one" });
    assert_eq!(server.anybody().post(&path, right).await.expect(200)["user"]["name"], "Bob");
}

#[tokio::test]
async fn an_api_key_is_told_once_and_works_until_it_is_revoked() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let made = admin.post(&shop("/api-keys"), json!({ "name": "nightly", "role": "viewer" })).await.expect(201);
    let plain = made["key"].as_str().unwrap();
    assert!(plain.starts_with("ush_") && plain.starts_with(made["prefix"].as_str().unwrap()));
    let list = admin.get(&shop("/api-keys")).await;
    assert!(!list.text.contains(plain));
    assert_eq!(list.expect(200)["items"][0]["name"], "nightly");

    let mut key = server.anybody();
    key.key = Some(plain.to_owned());
    key.get(&shop("/workflows")).await.expect(200);
    key.post(&shop("/workflows"), json!({ "name": "X" })).await.problem(403, "forbidden");
    key.get("/api/v1/me").await.problem(403, "users_only");
    assert!(admin.get(&shop("/api-keys")).await.expect(200)["items"][0]["last_used_at"].is_string());
    admin.delete(&shop(&format!("/api-keys/{}", made["id"].as_str().unwrap()))).await.expect(204);
    key.get(&shop("/workflows")).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn every_change_is_in_the_log_with_who_made_it() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    admin.post(&shop("/workflows"), json!({ "name": "Survey" })).await.expect(201);
    admin.patch(&shop(""), json!({ "approval_required": true })).await.expect(200);
    let mut key = server.key(&mut admin, "admin").await;
    key.delete(&shop("/workflows/survey")).await.expect(204);

    let log = admin.get(&shop("/audit?limit=2")).await.expect(200);
    let told = |item: &serde_json::Value| {
        format!(
            "{} {} {}",
            item["actor"]["name"].as_str().unwrap(),
            item["action"].as_str().unwrap(),
            item["subject"].as_str().unwrap()
        )
    };
    assert_eq!(told(&log["items"][0]), "a admin workflow.deleted workflow survey");
    assert_eq!(log["items"][0]["actor"]["kind"], "api_key");
    assert_eq!(told(&log["items"][1]), "Ann api_key.created API key a admin");
    let next = admin.get(&shop(&format!("/audit?limit=2&cursor={}", log["next"].as_str().unwrap()))).await.expect(200);
    assert_eq!(told(&next["items"][0]), "Ann workspace.changed workspace shop");
    assert_eq!(next["items"][0]["details"]["approval_required"], true);
    assert_eq!(told(&next["items"][1]), "Ann workflow.created workflow survey");
    assert!(!admin.get(&shop("/audit")).await.text.contains(PASSWORD));
}
