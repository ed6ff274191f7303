//! Zendesk Support against a strict stand-in.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use usher_connect::Secrets;
use usher_connect::call::{Caller, Target};
use usher_connect::integrations::{self, System};
use usher_engine::effect::{Call, CallTarget};
use usher_engine::id::EffectId;
use usher_engine::operation::{Operation, Problem};
use usher_engine::value::Value;
use usher_stand_ins::{Fault, Zendesk};

use crate::client;

const EMAIL: &str = "agent@example.com";

fn system() -> Arc<dyn System> {
    integrations::system("zendesk_support").expect("there is one")
}

fn settings(zendesk: &Zendesk) -> Json {
    json!({ "email": EMAIL, "base_url": zendesk.base() })
}

fn target(zendesk: &Zendesk, token: &str) -> Target {
    system().open(&settings(zendesk), &Secrets::new().with("api_token", token)).expect("the settings fit")
}

fn operation(name: &str) -> Arc<dyn Operation> {
    let mut operations = integrations::operations().into_iter();
    operations.find(|operation| operation.spec().r#type == name).expect("there is one")
}

async fn zendesk() -> Zendesk {
    Zendesk::start(EMAIL, "token").await.expect("a port is free")
}

async fn run(name: &str, inputs: Json, target: &Target, effect: &str) -> Result<Value, Problem> {
    run_within(name, inputs, target, effect, 5_000).await
}

async fn run_within(
    name: &str,
    inputs: Json,
    target: &Target,
    effect: &str,
    timeout_ms: u64,
) -> Result<Value, Problem> {
    let operation = operation(name);
    let Json::Object(inputs) = inputs else { panic!("inputs are an object") };
    let inputs: IndexMap<String, Value> =
        inputs.iter().map(|(name, value)| (name.clone(), Value::from_serde_json(value))).collect();
    let call = Call {
        target: CallTarget::Operation { operation: name.to_owned(), connection: "support".to_owned() },
        request: operation.request(&inputs).expect("the inputs are fine"),
        timeout_ms,
    };
    let answer = Caller::new(client()).execute(&call, target, &EffectId::from(effect)).await;
    operation.answer(&answer)
}

async fn create(target: &Target, comment: &str, effect: &str) -> Result<Value, Problem> {
    run("zendesk_support.create_ticket", json!({ "comment": comment, "subject": "Help" }), target, effect).await
}

fn text(value: &Value, name: &str) -> String {
    value.key(name).unwrap_or_default().render()
}

#[tokio::test]
async fn a_ticket_is_made_and_read_back() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    let inputs = json!({
        "subject": "Order 1234", "comment": "Where is it? 🎈", "requester_name": "Ann", "requester_email": "ann@example.com",
        "priority": "high", "type": "question", "tags": "chat, vip", "external_id": "wa:27825550101",
        "custom_fields": [{ "id": "360001", "value": "red" }],
    });
    let made = run("zendesk_support.create_ticket", inputs, &target, "e-0").await.expect("it is made");
    assert_eq!(text(&made, "status"), "new");
    assert_eq!(text(&made, "url"), format!("{}/agent/tickets/{}", zendesk.base(), text(&made, "id")));

    let read = run("zendesk_support.get_ticket", json!({ "ticket_id": text(&made, "id") }), &target, "e-1").await;
    assert_eq!(read.expect("it is there"), made);
    assert_eq!(text(&made.key("custom_fields").expect("there are some"), "360001"), "red");
}

#[tokio::test]
async fn the_same_effect_makes_one_ticket() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    let first = create(&target, "It burns", "e-0").await.expect("it is made");
    let again = create(&target, "It burns", "e-0").await.expect("it is the same");
    assert_eq!(first, again);
    create(&target, "It burns", "e-1").await.expect("another effect is another ticket");
    assert_eq!(zendesk.tickets().len(), 2);
    let problem = create(&target, "It smokes", "e-0").await.expect_err("the key was used for something else");
    assert_eq!((problem.kind.as_str(), problem.status), ("conflict", Some(400)));
}

#[tokio::test]
async fn refusals_say_what_zendesk_says() {
    let zendesk = zendesk().await;
    let problem = create(&target(&zendesk, "wrong"), "x", "e-0").await.expect_err("the token is wrong");
    assert_eq!((problem.kind.as_str(), problem.status), ("unauthorized", Some(401)));
    assert!(problem.message.ends_with("Couldn't authenticate you"), "{}", problem.message);

    let target = target(&zendesk, "token");
    let problem =
        run("zendesk_support.get_ticket", json!({ "ticket_id": "1" }), &target, "e-1").await.expect_err("none");
    assert_eq!((problem.kind.as_str(), problem.status), ("not_found", Some(404)));

    let body = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"requester":[{"description":"Requester: Email: is suspended.","error":"X"}]}}"#;
    let headers = vec![("content-type", "application/json".to_owned())];
    zendesk.fault(Fault::Instead { status: 422, headers, body: body.to_owned() });
    let problem = create(&target, "x", "e-2").await.expect_err("it is refused");
    assert_eq!((problem.kind.as_str(), problem.status), ("invalid", Some(422)));
    assert!(problem.message.ends_with("requester: Requester: Email: is suspended."), "{}", problem.message);
    assert!(zendesk.tickets().is_empty());
}

#[tokio::test]
async fn a_limit_is_waited_for_within_the_time() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    zendesk.throttle(Some(1));
    zendesk.throttle(None);
    create(&target, "x", "e-0").await.expect("the third try is taken");
    assert_eq!(zendesk.requests(), 3);

    zendesk.throttle(Some(60));
    let problem = create(&target, "y", "e-1").await.expect_err("there is no time to wait");
    assert_eq!((problem.kind.as_str(), problem.status, problem.retry_after), ("limited", Some(429), Some(60)));
    assert_eq!((zendesk.requests(), zendesk.tickets().len()), (4, 1));
}

#[tokio::test]
async fn a_fault_after_the_ticket_was_made_makes_no_second() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    for (index, fault) in [
        Fault::bad_gateway(),
        Fault::empty(503),
        Fault::Afterwards { status: 500, headers: vec![], body: "oops".to_owned() },
        Fault::Cut,
        Fault::CutAfterwards,
    ]
    .into_iter()
    .enumerate()
    {
        zendesk.fault(fault.clone());
        let made = create(&target, "x", &format!("e-{index}")).await;
        assert!(made.is_ok(), "{fault:?}: {made:?}");
        assert_eq!(zendesk.tickets().len(), index + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_in_time() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    for fault in [Fault::Slow(Duration::from_secs(3)), Fault::SlowBody(Duration::from_secs(3))] {
        zendesk.fault(fault);
        let inputs = json!({ "ticket_id": "1" });
        let problem =
            run_within("zendesk_support.get_ticket", inputs, &target, "e-0", 300).await.expect_err("too slow");
        assert_eq!(problem.kind, "timeout");
    }
}

#[tokio::test]
async fn odd_answers_are_problems_and_nothing_worse() {
    let zendesk = zendesk().await;
    let target = target(&zendesk, "token");
    for (status, body, kind) in [
        (200, "<html>Log in</html>", "unexpected"),
        (200, "", "unexpected"),
        (200, r#"{"ticket":null}"#, "unexpected"),
        (302, "", "unexpected"),
        (403, r#"{"error":{"title":"Forbidden","message":"No."}}"#, "forbidden"),
        (409, "", "conflict"),
        (200, "\u{0}", "not_text"),
    ] {
        zendesk.fault(Fault::Instead { status, headers: vec![], body: body.to_owned() });
        let problem = run("zendesk_support.get_ticket", json!({ "ticket_id": "1" }), &target, "e-0").await;
        assert_eq!(problem.expect_err(body).kind, kind, "{status} {body:?}");
    }
    let large = format!(r#"{{"ticket":{{"id":1,"subject":"{}"}}}}"#, "x".repeat(300 * 1024));
    zendesk.fault(Fault::Instead { status: 200, headers: vec![], body: large });
    let problem = run("zendesk_support.get_ticket", json!({ "ticket_id": "1" }), &target, "e-0").await;
    assert_eq!(problem.expect_err("too large").kind, "too_large");
}

#[tokio::test]
async fn a_connection_is_tested_in_plain_words() {
    let zendesk = zendesk().await;
    let caller = Caller::new(client());
    let test = async |token: &str| {
        let secrets = Secrets::new().with("api_token", token);
        integrations::test(&*system(), &settings(&zendesk), &secrets, &caller, &EffectId::from("test")).await
    };
    assert_eq!(test("token").await, Ok("Connected as Johnny Agent.".to_owned()));
    let error = test("wrong").await.expect_err("the token is wrong");
    assert_eq!(error, "Zendesk does not accept the connection's credentials (HTTP 401): Couldn't authenticate you");
    assert_eq!(test("").await, Err("the secret `api_token` is not set".to_owned()));
    zendesk.fault(Fault::Instead { status: 200, headers: vec![], body: "<html>".to_owned() });
    let error = test("token").await.expect_err("it is no Zendesk");
    assert!(error.ends_with("check the connection's address"), "{error}");
}
