use serde_json::{Value as Json, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{TestServer, shop};

const CHANNELS: &str = "/environments/production/channels";

fn whatsapp(api_base: &str) -> Json {
    json!({
        "kind": "whatsapp", "name": "Shop line",
        "settings": { "phone_number_id": "106540352242922", "api_base": api_base },
        "secrets": { "access_token": "EAAG-hush", "app_secret": "also hush" }
    })
}

#[tokio::test]
async fn a_whatsapp_channel_says_what_to_copy_and_never_tells_its_secrets() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let made = admin.post(&shop(CHANNELS), whatsapp("https://graph.example.com/v23.0")).await;
    assert!(!made.text.contains("hush"));
    let made = made.expect(201);
    assert_eq!(
        (&made["key"], &made["secrets"]),
        (&json!("shop-line"), &json!({ "access_token": true, "app_secret": true }))
    );
    let callback = made["callback_url"].as_str().unwrap();
    assert!(callback.starts_with(&format!("{}/in/whatsapp/", server.base)), "{callback}");
    assert!(callback.rsplit('/').next().unwrap().len() >= 40, "the address cannot be guessed: {callback}");
    assert!(made["verify_token"].as_str().unwrap().len() >= 20, "a verify token was made: {made}");
    assert_eq!(
        (&made["verified_at"], &made["last_webhook_at"], &made["last_error"]),
        (&Json::Null, &Json::Null, &Json::Null)
    );

    let stored = std::fs::read(server.folder.join("usher.db-wal")).unwrap();
    assert!(!stored.windows(9).any(|bytes| bytes == b"EAAG-hush"), "secrets are encrypted where they are stored");
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let made = admin.post(&shop(CHANNELS), whatsapp("https://graph.example.com/v23.0")).await.expect(201);
    let path = shop(&format!("{CHANNELS}/shop-line"));
    let body =
        json!({ "name": "Main line", "settings": { "phone_number_id": "999" }, "secrets": { "app_secret": null } });
    let changed = admin.patch(&path, body).await.expect(200);
    assert_eq!(changed["secrets"], json!({ "access_token": true, "app_secret": false }));
    assert_eq!((&changed["name"], &changed["settings"]["phone_number_id"]), (&json!("Main line"), &json!("999")));
    assert_eq!(changed["verify_token"], made["verify_token"]);
    assert_eq!(changed["callback_url"], made["callback_url"]);
}

#[tokio::test]
async fn what_does_not_fit_the_kind_is_refused_with_its_place() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    let kinds = admin.get(&shop("/channel-kinds")).await.expect(200);
    assert_eq!((&kinds[0]["kind"], &kinds[1]["kind"]), (&json!("whatsapp"), &json!("web_chat")));
    for (body, pointer) in [
        (json!({ "kind": "pigeon", "name": "P" }), "/kind"),
        (
            json!({ "kind": "whatsapp", "name": "W", "settings": { "phone_number_id": "a b" } }),
            "/settings/phone_number_id",
        ),
        (json!({ "kind": "web_chat", "name": "W", "secrets": { "token": "x" } }), "/secrets/token"),
        (json!({ "kind": "web_chat", "name": "" }), "/name"),
    ] {
        let problem = admin.post(&shop(CHANNELS), body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test]
async fn a_test_message_goes_to_the_provider() {
    let provider = MockServer::start().await;
    let sent = json!({ "messages": [{ "id": "wamid.1" }] });
    Mock::given(method("POST"))
        .and(path("/v23.0/106540352242922/messages"))
        .and(header("authorization", "Bearer EAAG-hush"))
        .respond_with(ResponseTemplate::new(200).set_body_json(sent))
        .expect(1)
        .mount(&provider)
        .await;
    let server = TestServer::start_with(|configuration| {
        configuration.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut admin = server.admin().await;
    admin.post(&shop(CHANNELS), whatsapp(&format!("{}/v23.0", provider.uri()))).await.expect(201);
    let path = shop(&format!("{CHANNELS}/shop-line/test-message"));
    let tested = admin.post(&path, json!({ "to": "+27 82 555 0101", "text": "Hello" })).await.expect(200);
    assert_eq!(tested["ok"], true, "{tested}");
    let received = provider.received_requests().await.unwrap();
    let body: Json = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!((&body["to"], &body["text"]["body"]), (&json!("27825550101"), &json!("Hello")));
    admin.post(&path, json!({ "to": "me", "text": "Hello" })).await.problem(422, "invalid");
}

#[tokio::test]
async fn a_channel_that_a_route_uses_stays() {
    let server = TestServer::start().await;
    let mut admin = server.admin().await;
    super::workflows::survey(&mut admin).await;
    admin.post(&shop(CHANNELS), json!({ "kind": "web_chat", "name": "Web" })).await.expect(201);
    let route = json!({ "key": "ask", "name": "Ask", "channel": "web", "workflow": "survey" });
    let route = admin.post(&shop("/environments/production/routes"), route).await.expect(201);
    admin.delete(&shop(&format!("{CHANNELS}/web"))).await.problem(409, "in_use");
    let id = route["id"].as_str().unwrap();
    admin.delete(&shop(&format!("/environments/production/routes/{id}"))).await.expect(204);
    admin.delete(&shop(&format!("{CHANNELS}/web"))).await.expect(204);
    assert_eq!(admin.get(&shop(CHANNELS)).await.expect(200)["items"], json!([]));
}
