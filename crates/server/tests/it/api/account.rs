use reqwest::Method;
use serde_json::json;
use usher_server::actions::people;

use crate::server::{ADMIN, PASSWORD, TestServer, shop};

#[tokio::test]
async fn the_first_administrator_comes_in_by_the_printed_link_once() {
    let server = TestServer::start().await;
    let mut anybody = server.anybody();
    assert_eq!(anybody.get("/api/v1/setup").await.expect(200), json!({ "needed": true }));

    let link = people::setup_link(&server.core).await.unwrap();
    let token = link.rsplit('=').next().unwrap();
    let with = |token: &str| json!({ "token": token, "name": "Ann", "email": ADMIN, "password": PASSWORD, "workspace": "My Shop" });
    anybody.post("/api/v1/setup", with("guessed")).await.problem(403, "wrong_link");
    let me = anybody.post("/api/v1/setup", with(token)).await.expect(200);
    assert_eq!(me["user"]["email"], ADMIN);
    assert_eq!(me["workspaces"][0]["key"], "my-shop");
    assert_eq!(me["workspaces"][0]["role"], "admin");
    assert_eq!(me["demo"], false);

    assert_eq!(anybody.get("/api/v1/setup").await.expect(200), json!({ "needed": false }));
    server.anybody().post("/api/v1/setup", with(token)).await.problem(403, "set_up_already");
    let again = anybody.get("/api/v1/me").await.expect(200);
    assert_eq!(again["user"]["name"], "Ann");
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_still_works() {
    let server = TestServer::start().await;
    let link = people::setup_link(&server.core).await.unwrap();
    let token = link.rsplit('=').next().unwrap();
    let with = |password: &str| json!({ "token": token, "name": "Ann", "email": ADMIN, "password": password, "workspace": "Shop" });
    let problem = server.anybody().post("/api/v1/setup", with("short")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/password");
    server.anybody().post("/api/v1/setup", with(PASSWORD)).await.expect(200);
}

#[tokio::test]
async fn logging_in_sets_a_cookie_and_logging_out_ends_it() {
    let server = TestServer::start().await;
    server.admin().await;
    let mut client = server.anybody();
    client.get("/api/v1/me").await.problem(401, "unauthorized");

    let answer = client.post("/api/v1/login", json!({ "email": "ANN@example.com", "password": PASSWORD })).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Secure"), "the public URL is http: {cookie}");
    answer.expect(200);
    client.get("/api/v1/me").await.expect(200);

    let kept = client.clone();
    client.post("/api/v1/logout", json!({})).await.expect(204);
    assert_eq!(client.cookie, None);
    kept.clone().get("/api/v1/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_host_and_https() {
    let server = TestServer::start_with(|configuration| {
        configuration.public_url = "https://chat.example.com".parse().unwrap();
    })
    .await;
    let link = people::setup_link(&server.core).await.unwrap();
    assert!(link.starts_with("https://chat.example.com/setup?token="), "{link}");
    let mut client = server.admin().await;
    assert!(client.cookie.as_deref().unwrap().starts_with("__Host-usher_session="));
    let answer = client.get("/api/v1/me").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    answer.expect(200);
}

#[tokio::test]
async fn a_wrong_password_is_told_like_an_unknown_user_and_guessing_is_slowed() {
    let server = TestServer::start().await;
    server.admin().await;
    let mut client = server.anybody();
    let wrong = client.post("/api/v1/login", json!({ "email": ADMIN, "password": "not this one" })).await;
    let unknown = client.post("/api/v1/login", json!({ "email": "eve@example.com", "password": "not this one" })).await;
    assert_eq!(wrong.problem(401, "wrong_credentials"), unknown.problem(401, "wrong_credentials"));

    let mut last = client.post("/api/v1/login", json!({ "email": ADMIN, "password": "guess" })).await;
    for _ in 0..5 {
        last = client.post("/api/v1/login", json!({ "email": ADMIN, "password": "guess" })).await;
    }
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    last.problem(429, "too_often");
    // Also the right password waits now.
    client.post("/api/v1/login", json!({ "email": ADMIN, "password": PASSWORD })).await.problem(429, "too_often");
}

#[tokio::test]
async fn a_change_by_cookie_needs_the_editors_header() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let body = json!({ "name": "Survey" }).to_string();
    let headers = [("Content-Type", "application/json")];
    let answer = admin.send_raw(Method::POST, &shop("/workflows"), Some(body), &headers).await;
    answer.problem(403, "csrf");
    admin.send_raw(Method::POST, "/api/v1/logout", None, &[]).await.problem(403, "csrf");
    admin.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_the_other_log_ins() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let mut elsewhere = server.anybody();
    elsewhere.post("/api/v1/login", json!({ "email": ADMIN, "password": PASSWORD })).await.expect(200);

    let body = json!({ "password": "another long one", "current_password": "wrong" });
    admin.patch("/api/v1/me", body).await.problem(422, "invalid");
    let body = json!({ "name": "Ann Other", "password": "another long one", "current_password": PASSWORD });
    assert_eq!(admin.patch("/api/v1/me", body).await.expect(200)["user"]["name"], "Ann Other");
    admin.get("/api/v1/me").await.expect(200);
    elsewhere.get("/api/v1/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_link_from_the_command_line_sets_a_new_password_once() {
    let server = TestServer::start().await;
    server.admin().await;
    let user = people::by_email(&server.core, ADMIN).await.unwrap();
    let link = people::reset_link(&server.core, &user).await.unwrap();
    let path = format!("/api/v1{}", link.strip_prefix(&server.base).unwrap());
    let mut client = server.anybody();
    assert_eq!(client.get(&path).await.expect(200), json!({ "email": ADMIN }));
    client.post(&path, json!({ "password": "a brand new one" })).await.expect(200);
    client.get("/api/v1/me").await.expect(200);
    server.anybody().post(&path, json!({ "password": "a brand new two" })).await.problem(404, "not_found");
    let body = json!({ "email": ADMIN, "password": "a brand new one" });
    server.anybody().post("/api/v1/login", body).await.expect(200);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    people::disable(&server.core, ADMIN, true).await.unwrap();
    admin.get("/api/v1/me").await.problem(401, "unauthorized");
    let body = json!({ "email": ADMIN, "password": PASSWORD });
    server.anybody().post("/api/v1/login", body).await.problem(401, "wrong_credentials");
}
