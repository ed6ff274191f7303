//! The outside, on loopback: Meta's Graph API, which takes the sends, and the business's order API. It hands every
//! send to whoever plays the contact, with the moment at which it came.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
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

use crate::conversation::{Contact, TOKEN, number_of_id, status};

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

#[derive(Debug, Default)]
struct Place {
    waiting: Mutex<Option<UnboundedSender<Sent>>>,
    outside_nanos: AtomicU64,
}

/// The stand-in, with a place for each contact.
#[derive(Debug, Clone)]
pub struct StandIn {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    places: Vec<Place>,
    counts: Counts,
    api_delay: Duration,
}

impl StandIn {
    /// Starts it on a free loopback port.
    pub async fn start(contacts: u32, api_delay: Duration) -> Result<Self> {
        let places = (0..contacts).map(|_| Place::default()).collect();
        let inner = Arc::new(Inner { places, counts: Counts::default(), api_delay });
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

    /// Whoever plays the contact gets what is sent to it, until the receiver is dropped.
    pub fn listen(&self, contact: Contact) -> UnboundedReceiver<Sent> {
        let (sender, receiver) = unbounded_channel();
        if let Some(place) = self.inner.places.get(contact.0 as usize) {
            *lock(&place.waiting) = Some(sender);
        }
        receiver
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The part of a send that the contact sees.
#[derive(Debug, Deserialize)]
struct Send {
    messaging_product: String,
    to: String,
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
    let delivered = inner.places.get(contact.0 as usize).is_some_and(|place| {
        let outside = Duration::from_nanos(place.outside_nanos.swap(0, Ordering::Relaxed));
        let sent = Sent { at, number, text, buttons, outside };
        lock(&place.waiting).as_ref().is_some_and(|waiting| waiting.send(sent).is_ok())
    });
    if !delivered {
        inner.counts.unexpected.fetch_add(1, Ordering::Relaxed);
    }
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": send.to, "wa_id": contact.phone() }],
        "messages": [{ "id": format!("wamid.out.{count}") }],
    });
    (StatusCode::OK, Json(answer))
}

async fn tell_order(State(inner): State<Arc<Inner>>, Path(order): Path<String>) -> Answer {
    let began = Instant::now();
    inner.counts.calls.fetch_add(1, Ordering::Relaxed);
    let number = order.strip_suffix(".json").unwrap_or(&order).parse::<u32>();
    let place = number.as_ref().ok().and_then(|order| inner.places.get(Contact::of_order(*order)?.0 as usize));
    let (Ok(number), Some(place)) = (number, place) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "no such order" })));
    };
    if !inner.api_delay.is_zero() {
        tokio::time::sleep(inner.api_delay).await;
    }
    let answer = json!({ "order": { "number": number, "status": status(number), "items": [{ "title": "A lamp", "quantity": 1 }] } });
    let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    place.outside_nanos.fetch_add(took, Ordering::Relaxed);
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
