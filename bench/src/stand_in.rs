//! The outside, on loopback: Meta's Graph API, which takes the sends, and the business's order API. It hands every
//! send to whoever plays the contact, with the moment at which it came.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::conversation::{Contact, TOKEN, number_of_id};
use crate::states::{Accepted, Teller};

/// A message that came for a contact.
#[derive(Debug)]
pub struct Sent {
    /// When its request had arrived.
    pub at: Instant,
    /// The business's number that sent it, by its index.
    pub number: u32,
    /// What the contact reads.
    pub text: String,
    /// The buttons under it, as id and title.
    pub buttons: Vec<(String, String)>,
    /// What the order API took for itself since the last message.
    pub outside: Duration,
}

/// What came to the stand-in.
#[derive(Debug, Default)]
pub struct Counts {
    pub sends: AtomicU64,
    pub calls: AtomicU64,
    /// Sends for nobody who waits: sent twice, or to the wrong person.
    pub unexpected: AtomicU64,
    /// Requests that the real API would have refused.
    pub refused: AtomicU64,
}

/// Where the sends of a contact go while somebody plays it.
#[derive(Debug)]
struct Place {
    waiting: UnboundedSender<Sent>,
    outside: Duration,
}

/// Places by contact, in parts that are locked apart.
#[derive(Debug)]
struct Places(Vec<Mutex<HashMap<Contact, Place>>>);

impl Places {
    fn new() -> Self {
        Self((0..64).map(|_| Mutex::default()).collect())
    }

    fn part(&self, contact: Contact) -> MutexGuard<'_, HashMap<Contact, Place>> {
        lock(&self.0[contact.0 as usize % self.0.len()])
    }

    /// Hands a send to whoever plays the contact; whether somebody does.
    fn deliver(&self, contact: Contact, sent: impl FnOnce(Duration) -> Sent) -> bool {
        let mut part = self.part(contact);
        let Some(place) = part.get_mut(&contact) else { return false };
        let outside = std::mem::take(&mut place.outside);
        place.waiting.send(sent(outside)).is_ok()
    }
}

/// A played contact: what is sent to it comes here, until it is dropped.
#[derive(Debug)]
pub struct Listener {
    contact: Contact,
    inner: Arc<Inner>,
    receiver: UnboundedReceiver<Sent>,
}

impl Listener {
    /// The next message; none when the stand-in is gone.
    pub async fn next(&mut self) -> Option<Sent> {
        self.receiver.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.inner.places.part(self.contact).remove(&self.contact);
    }
}

/// The stand-in, with a place for each contact that is played.
#[derive(Debug, Clone)]
pub struct StandIn {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    places: Places,
    counts: Counts,
    api_delay: Duration,
    /// Who tells the delivery states, if they are told.
    states: Mutex<Option<Teller>>,
}

impl StandIn {
    /// Starts it on a free loopback port.
    pub async fn start(api_delay: Duration) -> Result<Self> {
        let (places, counts, states) = (Places::new(), Counts::default(), Mutex::default());
        let inner = Arc::new(Inner { places, counts, api_delay, states });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/{version}/{number}/messages", post(take_message))
            .route("/orders/{order}", get(tell_order))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, inner })
    }

    pub fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// From now on the delivery states of every send are told.
    pub fn tell_states(&self, teller: Teller) {
        *lock(&self.inner.states) = Some(teller);
    }

    /// Whoever plays the contact gets what is sent to it; waits while somebody else plays it.
    pub async fn listen(&self, contact: Contact) -> Listener {
        loop {
            if let Entry::Vacant(free) = self.inner.places.part(contact).entry(contact) {
                let (waiting, receiver) = unbounded_channel();
                free.insert(Place { waiting, outside: Duration::ZERO });
                return Listener { contact, inner: self.inner.clone(), receiver };
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The part of a send that the contact sees.
#[derive(Debug, Deserialize)]
struct Send {
    messaging_product: String,
    to: String,
    biz_opaque_callback_data: Option<String>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content {
    Text { text: Body },
    Interactive { interactive: Interactive },
}

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(alias = "text")]
    body: String,
}

#[derive(Debug, Deserialize)]
struct Interactive {
    body: Body,
    action: Action,
}

#[derive(Debug, Deserialize)]
struct Action {
    buttons: Vec<Button>,
}

#[derive(Debug, Deserialize)]
struct Button {
    reply: Reply,
}

#[derive(Debug, Deserialize)]
struct Reply {
    id: String,
    title: String,
}

type Answer = (StatusCode, Json<Value>);

async fn take_message(
    State(inner): State<Arc<Inner>>,
    Path((_version, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let at = Instant::now();
    let count = inner.counts.sends.fetch_add(1, Ordering::Relaxed);
    let authorised = headers.get("authorization").is_some_and(|value| value == &format!("Bearer {TOKEN}"));
    let (Some(number), true) = (number_of_id(&number), authorised) else {
        return refuse(&inner, 190, "the number or the token is wrong");
    };
    let send = match serde_json::from_slice::<Send>(&body) {
        Ok(send) if send.messaging_product == "whatsapp" => send,
        Ok(_) => return refuse(&inner, 100, "messaging_product must be whatsapp"),
        Err(error) => return refuse(&inner, 100, &error.to_string()),
    };
    let Some(contact) = Contact::of_phone(&send.to) else {
        return refuse(&inner, 131_026, "the recipient is nobody");
    };

    let (text, buttons) = match send.content {
        Content::Text { text } => (text.body, Vec::new()),
        Content::Interactive { interactive } => {
            let buttons = interactive.action.buttons.into_iter().map(|button| (button.reply.id, button.reply.title));
            (interactive.body.body, buttons.collect())
        }
    };
    if !inner.places.deliver(contact, |outside| Sent { at, number, text, buttons, outside }) {
        inner.counts.unexpected.fetch_add(1, Ordering::Relaxed);
    }
    let id = format!("wamid.out.{count}");
    if let Some(teller) = lock(&inner.states).as_ref() {
        teller.tell(Accepted { contact, number, id: id.clone(), callback: send.biz_opaque_callback_data });
    }
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": send.to, "wa_id": contact.phone() }],
        "messages": [{ "id": id }],
    });
    (StatusCode::OK, Json(answer))
}

async fn tell_order(State(inner): State<Arc<Inner>>, Path(order): Path<String>) -> Answer {
    let began = Instant::now();
    inner.counts.calls.fetch_add(1, Ordering::Relaxed);
    let Some(contact) = Contact::of_phone(order.strip_suffix(".json").unwrap_or(&order)) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "no such customer" })));
    };
    if !inner.api_delay.is_zero() {
        tokio::time::sleep(inner.api_delay).await;
    }
    let items = json!([{ "title": "A lamp", "quantity": 1 }]);
    let answer = json!({ "order": { "number": contact.order(), "status": contact.status(), "items": items } });
    if let Some(place) = inner.places.part(contact).get_mut(&contact) {
        place.outside += began.elapsed();
    }
    (StatusCode::OK, Json(answer))
}

/// Refuses as Meta does.
fn refuse(inner: &Inner, code: u32, details: &str) -> Answer {
    inner.counts.refused.fetch_add(1, Ordering::Relaxed);
    let status = if code == 190 { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let error = json!({ "error": {
        "message": format!("(#{code}) {details}"), "type": "OAuthException", "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": details }, "fbtrace_id": "A0",
    } });
    (status, Json(error))
}
