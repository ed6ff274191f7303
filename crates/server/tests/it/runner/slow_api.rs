//! An API that does not answer keeps nobody waiting but those who asked for it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::room::{NUMBER, OTHER_NUMBER, SOON, Shop, hasty};
use crate::server::shop;

const CUSTOMERS: usize = 60;
const IN_HAND: usize = 160;
const OF_ONE: usize = 40;
const CALLS_AT_ONCE: usize = 8;

/// An API that answers nobody until it recovers; gone when it is dropped.
struct HangingApi {
    address: SocketAddr,
    calls: Arc<Calls>,
    serving: JoinHandle<()>,
}

/// The calls that came, those under way among them, and the most that ever were.
struct Calls {
    all: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    gate: Semaphore,
}

impl HangingApi {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let [all, under_way, most] = [(); 3].map(|()| AtomicUsize::new(0));
        let calls = Arc::new(Calls { all, under_way, most, gate: Semaphore::new(0) });
        let router = Router::new().route("/orders/{number}", get(hang)).with_state(Arc::clone(&calls));
        let serving = tokio::spawn(async move {
            // Serving ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Self { address, calls, serving }
    }

    fn under_way(&self) -> usize {
        self.calls.under_way.load(Ordering::SeqCst)
    }

    fn recover(&self) {
        self.calls.gate.close();
    }
}

impl Drop for HangingApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hang(State(calls): State<Arc<Calls>>) -> Json<Value> {
    calls.all.fetch_add(1, Ordering::SeqCst);
    let under_way = calls.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    calls.most.fetch_max(under_way, Ordering::SeqCst);
    // Nobody gets in before it is closed.
    let _ = calls.gate.acquire().await;
    calls.under_way.fetch_sub(1, Ordering::SeqCst);
    Json(json!({ "status": "shipped" }))
}

/// Asks for something, and tells what an API knows of it.
fn asks(workflow: &str, question: &str, api: &str) -> Value {
    json!({
        "usher": "workflow/1", "key": workflow, "name": workflow, "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 6,
        "nodes": {
            "1": { "type": "request_input", "settings": { "text": question, "variable": "said" },
                "exits": { "answered": 2, "cancelled": "end", "too_many_attempts": "end" } },
            "2": { "type": "api_integration", "settings":
                { "api": api, "method": "GET", "path": "/orders/{{ said }}", "variable": "found", "timeout_seconds": 60 },
                "exits": { "yes": 3, "no": 4 } },
            "3": { "type": "text_display", "settings": { "text": "{{ said }} is {{ found.status }}." }, "exits": { "next": "end" } },
            "4": { "type": "text_display", "settings": { "text": "That did not work." }, "exits": { "next": "end" } }
        }
    })
}

/// Opens a shop of which one number leads to one API, the other to another.
async fn open(hanging: &HangingApi, quick: &MockServer) -> Shop {
    let mut settings = hasty();
    settings.dispatcher.in_hand = IN_HAND;
    settings.dispatcher.in_hand_of_one = OF_ONE;
    settings.dispatcher.calls_at_once = CALLS_AT_ONCE;
    let mut running = Shop::open_with(settings, &format!("http://{}", hanging.address)).await;
    let api = json!({ "name": "Quick", "base_url": { "production": quick.uri() } });
    running.admin.post(&shop("/apis"), api).await.expect(201);
    running.put_live(asks("orders", "Your order number?", "shop")).await;
    running.put_live(asks("prices", "Which one?", "quick")).await;
    let routes = shop("/environments/production/routes");
    let all = running.admin.get(&routes).await.expect(200);
    let other = all["items"].as_array().into_iter().flatten().find(|route| route["key"] == "orders-other");
    let id = other.and_then(|route| route["id"].as_str()).expect("the other number has a route");
    running.admin.patch(&format!("{routes}/{id}"), json!({ "workflow": "prices" })).await.expect(200);
    running
}

async fn say(running: &Shop, customer: &Customer, text: &str) {
    running.webhook(customer.text(&format!("wamid.{}-{text}", customer.phone), text)).await.expect(200);
}

/// Returns what was sent to a number, first to last.
fn texts_to<'a>(sent: &'a [Sent], phone: &str) -> Vec<&'a str> {
    sent.iter().filter(|sent| sent.to() == phone).map(Sent::text).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_that_does_not_answer_fills_its_own_share_only() {
    let (hanging, quick) = (HangingApi::start().await, MockServer::start().await);
    let price = ResponseTemplate::new(200).set_body_json(json!({ "status": "cheap" }));
    Mock::given(method("GET")).respond_with(price).mount(&quick).await;
    let mut running = open(&hanging, &quick).await;
    let customers: Vec<_> = (0..CUSTOMERS).map(|n| Customer::new(NUMBER, &format!("2782{n:07}"), "Ann")).collect();
    for text in ["hello", "1001"] {
        for customer in &customers {
            say(&running, customer, text).await;
        }
        running.graph.wait_for(CUSTOMERS, SOON).await;
    }
    running.until("its share is full", async |shop| (shop.room.dispatcher.in_hand() == OF_ONE).then_some(())).await;
    running.until("it is called", async |_| (hanging.under_way() == CALLS_AT_ONCE).then_some(())).await;

    // Meanwhile everybody else is served as soon as they write: by another API, and by the same workflow up to its call.
    for n in 0..20 {
        let ben = Customer::new(OTHER_NUMBER, &format!("2783{n:07}"), "Ben");
        let cleo = Customer::new(NUMBER, &format!("2784{n:07}"), "Cleo");
        for (customer, text) in [(&ben, "hello"), (&cleo, "hello"), (&ben, "42")] {
            say(&running, customer, text).await;
        }
        let sent = running.graph.wait_for(CUSTOMERS + 3 * (n + 1), SOON).await;
        assert_eq!(texts_to(&sent, &ben.phone), ["Which one?", "42 is cheap."]);
        assert_eq!(texts_to(&sent, &cleo.phone), ["Your order number?"]);
        let in_hand = running.room.dispatcher.in_hand();
        assert!(in_hand <= OF_ONE + 3, "{in_hand} in hand");
        assert_eq!(hanging.under_way(), CALLS_AT_ONCE);
    }

    hanging.recover();
    let sent = running.graph.wait_for(2 * CUSTOMERS + 60, Duration::from_secs(30)).await;
    for customer in &customers {
        assert_eq!(texts_to(&sent, &customer.phone), ["Your order number?", "1001 is shipped."]);
    }
    let Calls { all, most, .. } = &*hanging.calls;
    assert_eq!((all.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (CUSTOMERS, CALLS_AT_ONCE));
    let ids: BTreeSet<_> =
        sent.iter().map(|sent| &sent.body["biz_opaque_callback_data"]).map(Value::to_string).collect();
    assert_eq!(ids.len(), sent.len(), "nothing was sent twice");
    running.until("nothing is left", async |shop| (shop.room.dispatcher.in_hand() == 0).then_some(())).await;
}
