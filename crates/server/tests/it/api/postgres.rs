//! The same API over PostgreSQL: what every repository does, once.

use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::workflows::{greeting, survey};
use crate::server::{TestServer, shop};

/// A PostgreSQL database of one test.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    pub async fn new(name: &str) -> Self {
        let server = std::env::var("USHER_TEST_POSTGRES").expect(
            "USHER_TEST_POSTGRES is not set: run the tests under `scripts/services run -- …`, which starts PostgreSQL for them",
        );
        let name = format!("usher_server_{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.unwrap();
        Self { server, name }
    }

    pub fn address(&self) -> String {
        let (base, _) = self.server.rsplit_once('/').expect("the address names a database");
        format!("{base}/{}", self.name)
    }

    pub async fn remove(self) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        connection.execute(AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name))).await.unwrap();
    }
}

#[tokio::test]
async fn a_workspace_is_set_up_built_and_deployed() {
    let database = Database::new("api").await;
    let address = database.address();
    let server = TestServer::start_with(|configuration| configuration.database = address).await;
    let mut admin = server.admin().await;
    let etag = survey(&mut admin).await;
    let stale = admin.put(&shop("/workflows/survey/draft"), greeting("survey", "Survey"), "\"0\"").await;
    stale.problem(412, "changed");
    let saved = [("If-Match", etag.as_str())];
    admin.send(Method::POST, &shop("/workflows/survey/versions"), Some(json!({})), &saved).await.expect(201);
    let body = json!({ "workflows": { "survey": 1 }, "note": "first" });
    admin.post(&shop("/environments/production/deployments"), body).await.expect(201);
    let live = admin.get(&shop("/environments/production/workflows")).await.expect(200);
    assert_eq!((&live["items"][0]["name"], &live["items"][0]["version"]), (&json!("Survey"), &json!(1)));

    for environment in ["sandbox", "production"] {
        let path = |what: &str| shop(&format!("/environments/{environment}/{what}"));
        admin.post(&path("channels"), json!({ "kind": "web_chat", "name": "Web" })).await.expect(201);
        let route = json!({ "key": "ask", "name": "Ask", "channel": "web", "workflow": "survey" });
        let route = admin.post(&path("routes"), route).await.expect(201);
        let route = path(&format!("routes/{}", route["id"].as_str().unwrap()));
        assert_eq!(admin.patch(&route, json!({ "node": 2 })).await.expect(200)["node"], 2);
        let connection = json!({
            "system": "zendesk_support", "name": "Desk", "settings": { "subdomain": "acme", "email": "a@example.com" },
            "secrets": { "api_token": "hush" }
        });
        admin.post(&path("connections"), connection).await.expect(201);
        admin.delete(&path("connections/desk")).await.expect(204);
        admin.get(&path("conversations")).await.expect(200);
    }
    let api = json!({ "name": "Orders", "base_url": { "sandbox": "https://test.example.com" } });
    let key = [("Idempotency-Key", "one")];
    for _ in 0..2 {
        admin.send(Method::POST, &shop("/apis"), Some(api.clone()), &key).await.expect(201);
    }
    assert_eq!(admin.get(&shop("/apis")).await.expect(200)["items"].as_array().unwrap().len(), 1);
    admin
        .post(&shop("/apis"), json!({ "key": "orders", "name": "O", "base_url": { "sandbox": "https://x.example" } }))
        .await
        .problem(409, "taken");

    let invited =
        admin.post(&shop("/users"), json!({ "email": "bob@example.com", "role": "builder" })).await.expect(201);
    let path = format!("/api/v1{}", invited["url"].as_str().unwrap().strip_prefix(&server.base).unwrap());
    let mut bob = server.anybody();
    bob.post(&path, json!({ "name": "Bob", "password": "a good long one" })).await.expect(200);
    bob.get(&shop("/workflows")).await.expect(200);
    let log = admin.get(&shop("/audit?limit=3")).await.expect(200);
    assert_eq!(log["items"][0]["action"], "user.joined");
    assert!(log["next"].is_string());
    admin.get("/api/v1/me").await.expect(200);
    server.stop().await;
    database.remove().await;
}
