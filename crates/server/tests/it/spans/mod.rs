//! What goes on is told to a collector, where one is configured.

mod collector;

use std::time::{Duration, Instant};

use serde_json::json;
use usher_server::roles::Roles;
use usher_server::spans::Otlp;
use usher_stand_ins::webhook::{Customer, SIGNATURE, sign};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::cli::Usher;
use crate::cluster::place::Place;
use crate::room::{APP_SECRET, NUMBER, SOON, Shop, TOKEN, hasty};
use crate::server::PASSWORD;
use collector::{Collector, KEY, at};

const WEBHOOK: &str = "POST /in/{kind}/{door}";
const PHONE: &str = "27825550199";
const NAME: &str = "Zebedee Quillfeather";
const ORDER: &str = "zanzibar-4711";
const STATUS: &str = "eaten by a crocodile";
const VISITOR: &str = "a-visitor-who-hides-0001";

fn zebedee() -> Customer {
    Customer::new(NUMBER, PHONE, NAME)
}

/// Returns the shop's API, which knows one order.
async fn orders() -> MockServer {
    let api = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "status": STATUS }));
    Mock::given(method("GET")).and(path(format!("/orders/{ORDER}"))).respond_with(order).mount(&api).await;
    api
}

/// Asks for an order, up to the question for its number.
async fn ask(shop: &Shop) {
    shop.webhook(zebedee().text("wamid.hidden-1", "hello from the jungle")).await.expect(200);
    let sent = shop.graph.wait_for(1, SOON).await;
    let (tap, title) = sent[0].choices()[0].clone();
    shop.webhook(zebedee().tap("wamid.hidden-2", &tap, &title)).await.expect(200);
    shop.graph.wait_for(2, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_one_trace_from_the_webhook_over_its_call_to_the_answer() {
    let (collector, api) = (Collector::start().await, orders().await);
    let shop = Shop::open_told(collector.otlp.clone(), hasty(), &api.uri()).await;
    ask(&shop).await;
    shop.webhook(zebedee().text("wamid.hidden-3", ORDER)).await.expect(200);
    let sent = shop.graph.wait_for(4, SOON).await;
    assert_eq!(sent[2].text(), format!("Order {ORDER} is {STATUS}."));

    let spans =
        collector.until("the answer", |spans| (spans.named("send").count() == 4).then(|| spans.0.clone())).await;
    let last = collector
        .until("the last webhook and what it led to", |spans| {
            let webhook = spans
                .named(WEBHOOK)
                .find(|webhook| spans.under(webhook, "turn").any(|turn| spans.under(turn, "call").next().is_some()))?;
            let turn = spans.under(webhook, "turn").next()?;
            let call = spans.under(turn, "call").next()?;
            let answer = spans.under(call, "turn").next()?;
            let sends: Vec<_> = spans.under(answer, "send").cloned().collect();
            let batch = spans.under(webhook, "process batch").next()?;
            let steps = ["load", "advance", "commit"].map(|name| spans.under(batch, name).count());
            let is_settled = spans.under(answer, "settle").next().is_some();
            (sends.len() == 2 && steps == [1, 1, 1] && is_settled)
                .then(|| [webhook, turn, call, answer, &sends[0], batch].map(Clone::clone))
        })
        .await;
    let [webhook, turn, call, answer, send, batch] = last;
    assert!(webhook.parent.is_empty(), "it begins the trace");
    assert_eq!([webhook.kind, turn.kind, call.kind, send.kind, batch.kind], [2, 1, 3, 3, 5]);
    assert_eq!(webhook.attribute("http.request.method"), "POST");
    assert_eq!(webhook.attribute("http.route"), "/in/{kind}/{door}");
    assert_eq!(webhook.attribute("http.response.status_code"), "200");
    assert_eq!(webhook.attribute("messaging.batch.message_count"), "1");
    assert_eq!(turn.attribute("usher.event"), "message_received");
    assert_eq!(turn.attribute("usher.outcome"), "committed");
    assert_eq!(turn.attribute("usher.channel"), "whatsapp");
    assert_eq!(turn.links, [batch.id.as_str()], "the batch may be in the trace of another message");
    assert_eq!(call.attribute("usher.system"), "api/shop");
    assert_eq!(call.attribute("http.response.status_code"), "200");
    assert_eq!(answer.attribute("usher.event"), "call_answered");
    assert_eq!(answer.attribute("usher.effect.id"), call.attribute("usher.effect.id"));
    assert_eq!(send.attribute("usher.outcome"), "sent");
    assert_eq!(send.attribute("http.response.status_code"), "200");
    assert!(spans.iter().all(|span| !span.has_failed));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_told_names_a_person_or_holds_a_secret() {
    let (collector, api) = (Collector::start().await, orders().await);
    let mut shop = Shop::open_told(collector.otlp.clone(), hasty(), &api.uri()).await;
    ask(&shop).await;
    shop.webhook(zebedee().text("wamid.hidden-3", ORDER)).await.expect(200);
    shop.graph.wait_for(4, SOON).await;
    let said = json!({ "visitor": VISITOR, "id": "said-hidden", "text": "psst, from the browser" });
    shop.browser().post("/chat/orders/messages", said).await.expect(202);
    let signature = sign("another secret", b"{}");
    shop.post_webhook(b"{}".to_vec(), &[(SIGNATURE, &signature)]).await.problem(401, "wrongly_signed");
    shop.graph.refuse(131_047);
    shop.webhook(zebedee().text("wamid.hidden-4", "nothing of this kind")).await.expect(200);
    let (failed, told) = collector
        .until("the send that failed, and the turn on that", |spans| {
            let failed = spans.named("send").find(|send| send.has_failed)?.clone();
            let told = spans.named("turn").find(|turn| turn.attribute("usher.event") == "send_failed")?.clone();
            Some((failed, told))
        })
        .await;
    assert_eq!(failed.attribute("usher.outcome"), "failed");
    assert_eq!(failed.attribute("error.type"), "failed");
    assert_eq!(told.attribute("usher.effect.id"), failed.attribute("usher.effect.id"), "one leads to the other");

    let refused = collector
        .until("the refused webhook, and the web chat", |spans| {
            spans.named("POST /chat/{route}/messages").next()?;
            spans.named(WEBHOOK).find(|webhook| webhook.attribute("http.response.status_code") == "401").cloned()
        })
        .await;
    assert!(!refused.has_failed, "whoever knocks with a wrong signature is no failure of Usher's");
    let door = shop.door.rsplit('/').next().unwrap().to_owned();
    let exported = shop.until("it is counted", async |shop| {
        Some(shop.measure(r#"usher_spans_total{outcome="exported"}"#).await).filter(|exported| *exported > 0.0)
    });
    exported.await;
    shop.close().await;

    let (bytes, spans) = (collector.bytes(), collector.spans());
    assert!(spans.len() > 20, "{spans:#?}");
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("message_received") && holds("whatsapp"), "what was sent can be searched");
    for hidden in [
        PHONE,
        NAME,
        "Zebedee",
        ORDER,
        STATUS,
        VISITOR,
        "crocodile",
        "jungle",
        "wamid",
        "hidden",
        "psst",
        "nothing of",
        "What can we do",
        "order number",
        TOKEN,
        APP_SECRET,
        "another secret",
        KEY,
        PASSWORD,
        &door,
        &api.uri(),
    ] {
        assert!(!holds(hidden), "`{hidden}` was told to the collector");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_that_are_not_kept_are_not_told() {
    let collector = Collector::start().await;
    let shop = Shop::open_told(Otlp { ratio: 0.0, ..collector.otlp.clone() }, hasty(), "http://127.0.0.1:9").await;
    ask(&shop).await;
    shop.close().await;
    assert_eq!(collector.spans().len(), 0, "what waits is told before the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_spans_are_told_before_the_server_is_gone() {
    let collector = Collector::start().await;
    let shop = Shop::open_told(collector.otlp.clone(), hasty(), "http://127.0.0.1:9").await;
    ask(&shop).await;
    shop.close().await;
    let sends = collector.spans().into_iter().filter(|span| span.name == "send").count();
    assert_eq!(sends, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_is_counted_and_holds_nothing_up() {
    let mut shop = Shop::open_told(at("http://127.0.0.1:9"), hasty(), "http://127.0.0.1:9").await;
    ask(&shop).await;
    let dropped = shop.until("the lost spans are counted", async |shop| {
        Some(shop.measure(r#"usher_spans_total{outcome="dropped"}"#).await).filter(|dropped| *dropped > 0.0)
    });
    dropped.await;
    assert_eq!(shop.measure(r#"usher_spans_total{outcome="exported"}"#).await, 0.0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_hangs_holds_up_neither_a_conversation_nor_the_end() {
    let collector = Collector::start_hanging().await;
    let shop = Shop::open_told(collector.otlp.clone(), hasty(), "http://127.0.0.1:9").await;
    ask(&shop).await;
    let began = Instant::now();
    shop.close().await;
    // An export may take ten seconds; the end waits for it two, and is itself a matter of moments.
    assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_on_in_the_process_that_takes_the_turn() {
    let (collector, place) = (Collector::start().await, Place::new("spans").await);
    let mut settings = hasty();
    settings.roles = Roles { runner: false, dispatcher: false, ..Roles::ALL };
    let shop = place.shop_told(settings, Some(collector.otlp.clone())).await;
    let other = place.join_with(&shop, hasty(), |setup| setup.otlp = Some(collector.otlp.clone())).await;
    shop.webhook(zebedee().text("wamid.1", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    let (webhook, turn) = collector
        .until("the webhook, its turn and its send", |spans| {
            let webhook = spans.named(WEBHOOK).next()?;
            let turn = spans.under(webhook, "turn").next()?;
            spans.under(turn, "send").next()?;
            Some((webhook.clone(), turn.clone()))
        })
        .await;
    assert_ne!(webhook.process, turn.process);
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_knocks_at_the_collector() {
    let collector = Collector::start().await;
    let endpoint = collector.otlp.endpoint.to_string();
    let headers = format!("x-collector-key={KEY}");
    let told = tokio::task::spawn_blocking(move || {
        let usher = Usher::new().with("USHER_OTLP_ENDPOINT", &endpoint).with("USHER_OTLP_HEADERS", &headers);
        let found = usher.run(&["doctor"]);
        let usher = usher.with("USHER_OTLP_ENDPOINT", "http://127.0.0.1:9");
        (found, usher.run(&["doctor"]))
    });
    let (found, away) = told.await.unwrap();
    assert!(found.contains("ok       collector: ") && found.contains("/v1/traces takes spans"), "{found}");
    assert!(away.contains("warning  collector: http://127.0.0.1:9/v1/traces takes no spans: "), "{away}");
    assert!(!away.contains(KEY) && !found.contains(KEY));
    assert_eq!(collector.spans().len(), 0);
}
