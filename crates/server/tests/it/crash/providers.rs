//! The outside systems: Meta's stand-in, which also tells what became of messages, the shop's own API, and Zendesk's
//! stand-in, which takes idempotency keys.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;
use usher_stand_ins::{Fault, Graph, Zendesk};

use super::chance::Chance;
use super::front::Front;
use super::witness::{Arrival, Witness};
use crate::room::{NUMBER, TOKEN};

pub const AGENT: &str = "agent@example.com";
pub const API_TOKEN: &str = "desk-token";

/// Everything outside, serving until it is dropped.
#[derive(Debug)]
pub struct Providers {
    pub graph: Arc<Graph>,
    pub zendesk: Zendesk,
    pub orders: SocketAddr,
    calls: Arc<Calls>,
    post: Arc<Post>,
    tasks: Vec<JoinHandle<()>>,
}

/// How often each order was asked for.
#[derive(Debug, Default)]
struct Calls(Mutex<BTreeMap<String, u32>>);

/// Who waits for messages, by phone number.
#[derive(Debug, Default)]
struct Post(Mutex<HashMap<String, mpsc::UnboundedSender<Sent>>>);

impl Drop for Providers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Providers {
    pub async fn start() -> Self {
        let graph = Graph::start(TOKEN, &[NUMBER]).await.expect("a loopback port is free");
        let zendesk = Zendesk::start(AGENT, API_TOKEN).await.expect("a loopback port is free");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let orders = listener.local_addr().expect("the listener has an address");
        let calls = Arc::<Calls>::default();
        let router = Router::new().route("/orders/{number}", get(tell_order)).with_state(Arc::clone(&calls));
        let serving = tokio::spawn(async move {
            // Serving ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Self { graph: Arc::new(graph), zendesk, orders, calls, post: Arc::default(), tasks: vec![serving] }
    }

    /// Begins to hand messages on to whom they are for, to tell Usher what became of them, and to go wrong now and then.
    pub fn carry(&mut self, witness: &Arc<Witness>, front: &Front, chance: &mut Chance) {
        let carrier = Carrier {
            graph: Arc::clone(&self.graph),
            witness: Arc::clone(witness),
            front: front.clone(),
            post: Arc::clone(&self.post),
            chance: chance.split(),
            known: HashSet::new(),
        };
        self.tasks.push(tokio::spawn(carrier.run(self.graph.listen())));
    }

    /// Returns what arrives for a phone number, each once.
    pub fn mailbox(&self, phone: &str) -> mpsc::UnboundedReceiver<Sent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.post.0).insert(phone.to_owned(), sender);
        receiver
    }

    /// Returns how often each order was asked for.
    pub fn calls(&self) -> BTreeMap<String, u32> {
        lock(&self.calls.0).clone()
    }
}

/// Answers what every call of the same order answers.
async fn tell_order(State(calls): State<Arc<Calls>>, Path(number): Path<String>) -> Json<Value> {
    *lock(&calls.0).entry(number).or_default() += 1;
    // Long enough that some calls are under way when a server dies.
    tokio::time::sleep(Duration::from_millis(15)).await;
    Json(json!({ "status": "shipped" }))
}

/// Carries messages to customers, and news of them to Usher.
struct Carrier {
    graph: Arc<Graph>,
    witness: Arc<Witness>,
    front: Front,
    post: Arc<Post>,
    chance: Chance,
    known: HashSet<String>,
}

impl Carrier {
    async fn run(mut self, mut taken: mpsc::UnboundedReceiver<Sent>) {
        while let Some(sent) = taken.recv().await {
            self.maybe_break();
            let effect = sent.body["biz_opaque_callback_data"].as_str().unwrap_or_default().to_owned();
            let arrival = Arrival {
                at: self.witness.now(),
                phone: sent.to().to_owned(),
                effect: effect.clone(),
                text: sent.text().to_owned(),
            };
            self.witness.seen().arrivals.push(arrival);
            self.tell_states(&sent, effect.clone());
            if self.known.insert(effect)
                && let Some(mailbox) = lock(&self.post.0).get(sent.to())
            {
                // Who waited may have given up; then the run has failed already.
                let _ = mailbox.send(sent);
            }
        }
    }

    /// Lets one of the next sends be slow, be refused for a moment, or be taken without an answer.
    fn maybe_break(&mut self) {
        match self.chance.below(60) {
            0..20 => {
                let slow = Fault::Slow(self.chance.millis(5..=150));
                self.graph.fault(slow);
            }
            20 => self.graph.fault(Fault::CutAfterwards),
            21 => self.graph.refuse(131_016),
            _ => {}
        }
    }

    /// Tells the states of a message: mostly at once, sometimes late, sometimes never.
    fn tell_states(&mut self, sent: &Sent, effect: String) {
        let first = match self.chance.below(100) {
            0..2 => return,
            2..8 => self.chance.millis(3_000..=9_000),
            _ => self.chance.millis(5..=120),
        };
        let mut chance = self.chance.split();
        let (witness, front) = (Arc::clone(&self.witness), self.front.clone());
        let customer = Customer::new(NUMBER, sent.to(), "");
        let id = sent.id.clone();
        tokio::spawn(async move {
            tokio::time::sleep(first).await;
            front.deliver(&customer.status(&id, "sent", Some(&effect)), &mut chance).await;
            let now = witness.now();
            witness.seen().told.entry(effect.clone()).or_insert(now);
            tokio::time::sleep(chance.millis(20..=500)).await;
            front.deliver(&customer.status(&id, "delivered", Some(&effect)), &mut chance).await;
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
