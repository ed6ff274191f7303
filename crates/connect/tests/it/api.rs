//! APIs of the business's own: every way to prove who asks, against a small API that asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method as AxumMethod, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use usher_connect::Secrets;
use usher_connect::api::Definition;
use usher_connect::call::Caller;
use usher_connect::http::{Client, Rules};
use usher_engine::Environment;
use usher_engine::effect::{Body, Call, CallTarget, Method, Request};
use usher_engine::event::{Answer, CallFailure};
use usher_engine::id::EffectId;

use crate::client;
use crate::raw::{Behaviour, Raw};

/// What the API counts and gives out.
#[derive(Debug, Default)]
struct Shop {
    /// Tokens given out so far; the last one is taken.
    tokens: AtomicUsize,
    calls: AtomicUsize,
    /// Whether no token is ever taken.
    strict: bool,
}

async fn start(shop: Arc<Shop>) -> String {
    let router = Router::new()
        .route("/token", post(token))
        .route("/secured/{*path}", any(secured))
        .route("/{*path}", any(echo))
        .with_state(shop);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Gives out a token for the right credentials, after a moment in which others ask as well.
async fn token(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: String) -> Response {
    // `usher%26co:s%3Acret`, each part form-encoded, in Base64.
    let header = headers.get("authorization").is_some_and(|value| value == "Basic dXNoZXIlMjZjbzpzJTNBY3JldA==");
    let form = body.contains("client_id=usher%26co") && body.contains("client_secret=s%3Acret");
    if !body.contains("grant_type=client_credentials") || !(header ^ form) {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "invalid_client" }))).into_response();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let number = shop.tokens.fetch_add(1, Ordering::SeqCst) + 1;
    axum::Json(json!({ "access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": 3600 }))
        .into_response()
}

async fn secured(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Response {
    shop.calls.fetch_add(1, Ordering::SeqCst);
    let expected = format!("Bearer t{}", shop.tokens.load(Ordering::SeqCst));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if shop.strict || given != Some(expected.as_str()) {
        return (StatusCode::UNAUTHORIZED, "token expired").into_response();
    }
    axum::Json(json!({ "ok": true })).into_response()
}

/// Says what came.
async fn echo(method: AxumMethod, uri: Uri, RawQuery(query): RawQuery, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    axum::Json(json!({
        "method": method.as_str(), "path": uri.path(), "query": query, "body": body,
        "authorization": header("authorization"), "key": header("x-api-key"), "type": header("content-type"),
        "accept": header("accept"), "shop": header("x-shop"), "agent": header("user-agent"),
        "idempotency": header("idempotency-key"), "encoding": header("accept-encoding"),
    }))
    .into_response()
}

fn request(method: Method, path: &str) -> Request {
    let (query, headers) = (IndexMap::new(), IndexMap::new());
    Request { method, path: path.to_owned(), query, headers, body: None, idempotent: false }
}

fn call(request: Request) -> Call {
    Call { target: CallTarget::Api { api: "shop".to_owned() }, request, timeout_ms: 5_000 }
}

async fn execute(caller: &Caller, definition: Json, secrets: &Secrets, request: Request) -> Answer {
    let definition = Definition::read(&definition).expect("it fits");
    let target = definition.target(Environment::Sandbox, secrets).expect("it opens");
    caller.execute(&call(request), &target, &EffectId::from("0f-2")).await
}

fn read(answer: Answer) -> Json {
    let Answer::Responded { status: 200, body, .. } = answer else { panic!("{answer:?}") };
    serde_json::from_str(&body).expect("it is JSON")
}

#[tokio::test]
async fn a_request_arrives_as_it_is_described() {
    let base = start(Arc::default()).await;
    let definition = json!({
        "name": "Shop", "base_url": { "sandbox": format!("{base}/api/v2/") }, "headers": { "X-Shop": "main" },
    });
    let mut sent = request(Method::Post, "/orders/caf%C3%A9");
    sent.query.insert("expand".to_owned(), "a&b".to_owned());
    sent.body = Some(Body::Json { text: r#"{"total":12345678901234567890.12}"#.to_owned() });
    let echo = read(execute(&Caller::new(client()), definition, &Secrets::new(), sent).await);
    assert_eq!(echo["method"], "POST");
    assert_eq!(echo["path"], "/api/v2/orders/caf%C3%A9");
    assert_eq!(echo["query"], "expand=a%26b");
    assert_eq!(echo["body"], r#"{"total":12345678901234567890.12}"#, "to the digit");
    assert_eq!((&echo["type"], &echo["accept"]), (&json!("application/json"), &json!("application/json")));
    assert_eq!(
        (&echo["shop"], &echo["authorization"], &echo["idempotency"]),
        (&json!("main"), &Json::Null, &Json::Null)
    );
    assert_eq!(echo["encoding"], Json::Null, "nothing packed is asked for");
    assert!(echo["agent"].as_str().is_some_and(|agent| agent.starts_with("Usher/")));
}

#[tokio::test]
async fn every_scheme_proves_who_asks() {
    let base = start(Arc::default()).await;
    let caller = Caller::new(client());
    for (scheme, secret, field, value) in [
        (json!({ "kind": "basic", "user": "ann" }), "password", "authorization", "Basic YW5uOmhpZGRlbg=="),
        (json!({ "kind": "bearer" }), "token", "authorization", "Bearer hidden"),
        (json!({ "kind": "api_key", "header": "X-Api-Key" }), "api_key", "key", "hidden"),
    ] {
        let definition = json!({ "name": "Shop", "base_url": { "sandbox": base }, "authentication": scheme });
        let secrets = Secrets::new().with(secret, "hidden");
        let mut sent = request(Method::Get, "/x");
        sent.headers.insert("Authorization".to_owned(), "mine".to_owned());
        let echo = read(execute(&caller, definition, &secrets, sent).await);
        assert_eq!(echo[field], value);
    }
}

fn with_oauth(base: &str, credentials_in: &str) -> (Json, Secrets) {
    let definition = json!({
        "name": "Shop", "base_url": { "sandbox": format!("{base}/secured") },
        "authentication": {
            "kind": "oauth_client_credentials", "token_url": format!("{base}/token"), "client_id": "usher&co",
            "credentials_in": credentials_in, "scope": "read write",
        },
    });
    (definition, Secrets::new().with("client_secret", "s:cret"))
}

#[tokio::test]
async fn one_token_serves_all_who_call_at_once() {
    for credentials_in in ["header", "form"] {
        let shop = Arc::new(Shop::default());
        let (definition, secrets) = with_oauth(&start(shop.clone()).await, credentials_in);
        let caller = Caller::new(client());
        let calls = (0..20).map(|_| {
            let (caller, definition, secrets) = (caller.clone(), definition.clone(), secrets.clone());
            tokio::spawn(async move { execute(&caller, definition, &secrets, request(Method::Get, "/x")).await })
        });
        for called in calls.collect::<Vec<_>>() {
            assert_eq!(read(called.await.expect("no panic")), json!({ "ok": true }));
        }
        assert_eq!(
            (shop.tokens.load(Ordering::SeqCst), shop.calls.load(Ordering::SeqCst)),
            (1, 20),
            "{credentials_in}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_renewed_once() {
    let shop = Arc::new(Shop::default());
    let (definition, secrets) = with_oauth(&start(shop.clone()).await, "header");
    let caller = Caller::new(client());
    read(execute(&caller, definition.clone(), &secrets, request(Method::Post, "/x")).await);
    // The system forgets the token that it gave out.
    shop.tokens.fetch_add(1, Ordering::SeqCst);
    let again = read(execute(&caller, definition, &secrets, request(Method::Post, "/x")).await);
    assert_eq!(again, json!({ "ok": true }));
    assert_eq!((shop.tokens.load(Ordering::SeqCst), shop.calls.load(Ordering::SeqCst)), (3, 3));
}

#[tokio::test]
async fn a_system_that_takes_no_token_is_not_asked_for_ever() {
    let shop = Arc::new(Shop { strict: true, ..Shop::default() });
    let (definition, secrets) = with_oauth(&start(shop.clone()).await, "header");
    let answer = execute(&Caller::new(client()), definition, &secrets, request(Method::Get, "/x")).await;
    assert!(matches!(&answer, Answer::Responded { status: 401, body, .. } if body == "token expired"), "{answer:?}");
    assert_eq!((shop.tokens.load(Ordering::SeqCst), shop.calls.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn credentials_that_give_no_token_are_said() {
    let shop = Arc::new(Shop::default());
    let (definition, _) = with_oauth(&start(shop.clone()).await, "form");
    let secrets = Secrets::new().with("client_secret", "wrong");
    let answer = execute(&Caller::new(client()), definition, &secrets, request(Method::Get, "/x")).await;
    let Answer::Failed { kind: CallFailure::Refused, message } = answer else { panic!("{answer:?}") };
    assert_eq!(message, "127.0.0.1 gave no token: HTTP 401, invalid_client");
    assert_eq!(shop.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_api_that_misbehaves_gives_a_failure_in_the_time_and_size_set() {
    let packed = Behaviour::says("200 OK\r\ncontent-encoding: gzip", b"\x1f\x8b\x08");
    let pours = Behaviour::Pours { head: "HTTP/1.1 200 OK\r\n\r\n".to_owned(), bytes: 50 * 1024 * 1024 };
    for (behaviour, kind) in [
        (Behaviour::Hangs, CallFailure::Timeout),
        (Behaviour::Says(Vec::new()), CallFailure::Unreachable),
        (pours, CallFailure::TooLarge),
        (packed, CallFailure::NotText),
        (Behaviour::says("200 OK", b"\xff\xfe\xfd"), CallFailure::NotText),
    ] {
        let door = Raw::start(behaviour.clone()).await;
        let definition = json!({ "name": "Shop", "base_url": { "sandbox": door.url("/") } });
        let target = Definition::read(&definition).expect("it fits").target(Environment::Sandbox, &Secrets::new());
        let mut call = call(request(Method::Get, "/x"));
        call.timeout_ms = 400;
        let answer = Caller::new(client()).execute(&call, &target.expect("it opens"), &EffectId::from("0f-2")).await;
        assert!(matches!(&answer, Answer::Failed { kind: found, .. } if *found == kind), "{behaviour:?}: {answer:?}");
        if let Answer::Failed { kind: CallFailure::Timeout, message } = &answer {
            assert_eq!(message, "the API Shop did not answer within 0.4 s");
        }
        assert_eq!(door.connections(), 1, "{behaviour:?}: an API of the business's own is called once");
    }
}

#[tokio::test]
async fn an_api_inside_is_refused() {
    let door = Raw::start(Behaviour::says("200 OK", "inside")).await;
    let definition = json!({ "name": "Shop", "base_url": { "sandbox": door.url("/") } });
    let caller = Caller::new(Client::new(Rules::default()).expect("TLS can be set up"));
    let answer = execute(&caller, definition, &Secrets::new(), request(Method::Get, "/x")).await;
    let Answer::Failed { kind: CallFailure::Refused, message } = answer else { panic!("{answer:?}") };
    assert_eq!(message, "127.0.0.1 is at 127.0.0.1, which is not a public address");
    assert_eq!(door.connections(), 0);
}
