//! Who may call what: every route, every role.

use reqwest::Method;
use serde_json::json;
use usher_server::api::access::{self, Access};
use usher_server::auth::Role;

use crate::server::{Client, TestServer, shop};

/// Fills the variables of a path with something that is not there.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{workspace}" => "shop",
        "{environment}" => "sandbox",
        "{version}" => "1",
        part if part.starts_with('{') => "nothing-of-that-name",
        part => part,
    });
    format!("{}{}", access::BASE, parts.collect::<Vec<_>>().join("/"))
}

async fn call(client: &mut Client, method: &Method, path: &str) -> u16 {
    let body = (*method != Method::GET).then(|| json!({}));
    client.send(method.clone(), &filled(path), body, &[]).await.status
}

#[tokio::test]
async fn each_route_lets_in_exactly_the_roles_that_have_its_permission() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    for role in Role::ALL {
        let mut client = server.key(&mut admin, role.as_str()).await;
        for (method, path, asked) in access::ROUTES {
            let allowed = match asked {
                // A key has no account, and public routes are for everybody.
                Access::Public | Access::Account => continue,
                Access::Member => true,
                Access::May(permission) => role.may(*permission),
            };
            if path.ends_with("/live") || path.ends_with("/events") {
                // An open stream would not end; whom it refuses is seen in the same way.
                if allowed {
                    continue;
                }
            }
            let status = call(&mut client, method, path).await;
            assert_eq!(status == 403, !allowed, "{role} {method} {path}: {status}");
            assert_ne!(status, 401, "{role} {method} {path}");
            assert!(status < 500, "{role} {method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_name() {
    let server = TestServer::start().await;
    server.admin().await;
    for (method, path, asked) in access::ROUTES {
        if *asked == Access::Public {
            continue;
        }
        let status = call(&mut server.anybody(), method, path).await;
        assert_eq!(status, 401, "{method} {path}");
        let mut wrong = server.anybody();
        wrong.key = Some("ush_made_up".to_owned());
        assert_eq!(call(&mut wrong, method, path).await, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_stranger_does_not_learn_that_a_workspace_is_there() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let core = &server.core;
    usher_server::actions::workspaces::create(core, &usher_server::auth::Actor::CommandLine, "other", "Other")
        .await
        .unwrap();
    let other = admin.get("/api/v1/workspaces/other").await.problem(404, "not_found");
    let none = admin.get("/api/v1/workspaces/none").await.problem(404, "not_found");
    let without_key = |problem: &serde_json::Value| problem["detail"].as_str().unwrap().replace("other", "none");
    assert_eq!(without_key(&other), none["detail"]);

    let mut key = server.key(&mut admin, "admin").await;
    key.get("/api/v1/workspaces/other/workflows").await.problem(404, "not_found");
}

#[tokio::test]
async fn in_production_nothing_changes_a_workflow() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    admin.post(&shop("/workflows"), json!({ "name": "Survey" })).await.expect(201);
    for environment in ["production", "sandbox"] {
        for path in ["workflows", "workflows/survey", "workflows/survey/draft", "workflows/survey/versions"] {
            let path = shop(&format!("/environments/{environment}/{path}"));
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let answer = admin.send(method.clone(), &path, Some(json!({})), &[]).await;
                assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
            }
        }
    }
}
