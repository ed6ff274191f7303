//! WhatsApp against a strict stand-in of the Graph API.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use usher_connect::channels::{self, Channel, Scope, SendOutcome};
use usher_connect::{Secrets, http};
use usher_engine::event::SendFailureReason;
use usher_engine::id::EffectId;
use usher_engine::message::{Button, Inbound, Outbound, Row, Section};
use usher_stand_ins::webhook::{Customer, sign};
use usher_stand_ins::{Fault, Graph};

use crate::client;

const NUMBER: &str = "106540352242922";
const TOKEN: &str = "EAAG-stand-in";

fn channel(graph: &Graph, token: &str) -> Arc<dyn Channel> {
    let settings = json!({ "phone_number_id": NUMBER, "api_base": graph.base(), "verify_token": "apples" });
    let secrets = Secrets::new().with("access_token", token).with("app_secret", "shh");
    channels::open("whatsapp", &settings, &secrets).expect("the settings fit")
}

async fn graph() -> Graph {
    Graph::start(TOKEN, &[NUMBER]).await.expect("a port is free")
}

async fn send(channel: &dyn Channel, message: &Outbound) -> SendOutcome {
    send_to(channel, message, "16505551234", Duration::from_secs(5)).await
}

async fn send_to(channel: &dyn Channel, message: &Outbound, address: &str, timeout: Duration) -> SendOutcome {
    let request = channel.request(message, address, &EffectId::from("0f-2")).expect("it can be sent");
    let result: Result<http::Response, http::Failure> = client().send(request.timeout(timeout)).await;
    channel.outcome(&result, 0)
}

fn every_kind() -> Vec<Outbound> {
    let button = |index: usize| Button { id: format!("{index}").repeat(256), title: format!("{index}").repeat(20) };
    let row = |index: usize| Row {
        id: format!("{index}").repeat(200),
        title: format!("{index} 🎈 مرحبا"),
        description: index.is_multiple_of(2).then(|| "d".repeat(72)),
    };
    let section = |title: Option<&str>, rows: Vec<Row>| Section { title: title.map(str::to_owned), rows };
    vec![
        Outbound::text("é".repeat(4096)),
        Outbound::Text { text: "See https://example.com".to_owned(), preview_url: true },
        Outbound::Buttons {
            header: Some("h".repeat(60)),
            text: "b".repeat(1024),
            footer: Some("f".repeat(60)),
            buttons: (1..4).map(button).collect(),
        },
        Outbound::Buttons { header: None, text: "?".to_owned(), footer: None, buttons: vec![button(1)] },
        Outbound::List {
            header: Some("h".repeat(60)),
            text: "b".repeat(1024),
            footer: Some("f".repeat(60)),
            button: "c".repeat(20),
            sections: vec![
                section(Some(&"s".repeat(24)), (0..5).map(row).collect()),
                section(None, (5..10).map(row).collect()),
            ],
        },
        Outbound::List {
            header: None,
            text: "?".to_owned(),
            footer: None,
            button: "Choose".to_owned(),
            sections: vec![section(None, vec![row(1)]), section(Some("Empty"), vec![])],
        },
    ]
}

#[tokio::test]
async fn every_kind_of_message_is_taken_to_the_limit() {
    let graph = graph().await;
    let channel = channel(&graph, TOKEN);
    let messages = every_kind();
    for (index, message) in messages.iter().enumerate() {
        let expected = SendOutcome::Accepted { provider_id: format!("wamid.stand-in-{}", index + 1) };
        assert_eq!(send(&*channel, message).await, expected, "{:?}", graph.refused());
    }
    let sent = graph.sent();
    assert_eq!(sent.len(), messages.len());
    for (sent, message) in sent.iter().zip(&messages) {
        assert_eq!((sent.phone_number_id.as_str(), sent.to(), sent.text()), (NUMBER, "16505551234", message.body()));
        assert_eq!(sent.body["biz_opaque_callback_data"], "0f-2");
        let shown: Vec<_> =
            message.choices().into_iter().map(|(id, title)| (id.to_owned(), title.to_owned())).collect();
        assert_eq!(sent.choices(), shown);
    }
}

#[tokio::test]
async fn a_customer_without_a_phone_number_is_written_to_by_the_user_id() {
    let graph = graph().await;
    let channel = channel(&graph, TOKEN);
    let outcome = send_to(&*channel, &Outbound::text("hi"), "US.13491208655302741918", Duration::from_secs(5)).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(graph.sent()[0].body["recipient"], "US.13491208655302741918");
}

#[tokio::test]
async fn a_wrong_token_or_number_blocks_the_channel() {
    let graph = graph().await;
    let outcome = send(&*channel(&graph, "expired"), &Outbound::text("hi")).await;
    let SendOutcome::Blocked { problem, failure } = outcome else { panic!("{outcome:?}") };
    assert_eq!((problem.account.as_deref(), problem.code.as_deref()), (Some(NUMBER), Some("190")));
    assert_eq!(failure.reason, SendFailureReason::ChannelUnavailable);
    assert!(problem.message.starts_with("the access token is not valid"), "{}", problem.message);

    let other = Graph::start(TOKEN, &["999"]).await.expect("a port is free");
    let outcome = send(&*channel(&other, TOKEN), &Outbound::text("hi")).await;
    assert!(matches!(outcome, SendOutcome::Blocked { .. }), "{outcome:?}");

    graph.change_token("new");
    let outcome = send(&*channel(&graph, "new"), &Outbound::text("hi")).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "a new token mends it: {outcome:?}");
}

#[tokio::test]
async fn what_goes_wrong_is_told_apart() {
    let graph = graph().await;
    let channel = channel(&graph, TOKEN);
    let hi = Outbound::text("hi");

    graph.refuse(131056);
    let outcome = send(&*channel, &hi).await;
    assert!(matches!(outcome, SendOutcome::Retry { scope: Scope::Pair, .. }), "{outcome:?}");
    graph.refuse(130429);
    let outcome = send(&*channel, &hi).await;
    assert!(matches!(outcome, SendOutcome::Retry { scope: Scope::Number, .. }), "{outcome:?}");
    graph.refuse(131047);
    let outcome = send(&*channel, &hi).await;
    assert!(
        matches!(&outcome, SendOutcome::Failed { failure } if failure.reason == SendFailureReason::WindowClosed),
        "{outcome:?}"
    );
    assert!(graph.sent().is_empty(), "nothing was taken so far");

    for (fault, taken) in [
        (Fault::bad_gateway(), 0),
        (Fault::empty(200), 0),
        (Fault::Cut, 0),
        (Fault::CutAfterwards, 1),
        (Fault::Slow(Duration::from_secs(2)), 2),
        (Fault::SlowBody(Duration::from_secs(2)), 3),
        (Fault::Afterwards { status: 500, headers: vec![], body: "oops".to_owned() }, 4),
    ] {
        graph.fault(fault.clone());
        let outcome = send_to(&*channel, &hi, "16505551234", Duration::from_millis(400)).await;
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(graph.sent().len(), taken, "{fault:?}");
    }
}

#[tokio::test]
async fn a_signed_webhook_is_read_and_another_is_not() {
    let graph = graph().await;
    let channel = channel(&graph, TOKEN);
    let ann = Customer::new(NUMBER, "27825550101", "Ann");
    let body = ann.tap("wamid.1", "s1.1.order", "Where is my order?");
    let signature = sign("shh", &body);
    let headers = |signature: String| move |name: &str| (name == "x-hub-signature-256").then(|| signature.clone());
    channel.authenticate(&headers(signature.clone()), &body).expect("it is signed");
    assert!(channel.authenticate(&headers(sign("other", &body)), &body).is_err());
    assert!(channel.authenticate(&|_: &str| None, &body).is_err());

    let inbox = channel.parse(&body);
    let [received] = inbox.messages.as_slice() else { panic!("one message: {inbox:?}") };
    assert_eq!((received.account.as_str(), received.address.as_str()), (NUMBER, "27825550101"));
    let tap = Inbound::Tap { id: "s1.1.order".to_owned(), title: "Where is my order?".to_owned() };
    assert_eq!(received.message, tap);

    let status = channel.parse(&ann.failed("wamid.s", 131026, Some("0f-2"))).statuses.remove(0);
    assert_eq!(status.effect, Some(EffectId::from("0f-2")));
    assert_eq!(status.failure.expect("it failed").reason, SendFailureReason::Undeliverable);
}
