//! The Graph API, as far as WhatsApp's Cloud API sends messages by it.

mod check;
mod error;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value as Json, json};
use tokio::sync::{Notify, mpsc, watch};

use crate::fault::{Fault, Faults};
use crate::running::Running;
use error::Error;

/// A message that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The id that it got.
    pub id: String,
    pub phone_number_id: String,
    /// The body of the request.
    pub body: Json,
}

impl Sent {
    /// Returns whom it goes to: `to`, or `recipient` for a user id.
    pub fn to(&self) -> &str {
        self.body["to"].as_str().or_else(|| self.body["recipient"].as_str()).unwrap_or_default()
    }

    /// Returns what the customer reads first: the text, or the body of an interactive message.
    pub fn text(&self) -> &str {
        let text = self.body["text"]["body"].as_str();
        text.or_else(|| self.body["interactive"]["body"]["text"].as_str()).unwrap_or_default()
    }

    /// Returns the ids and titles of the buttons or rows.
    pub fn choices(&self) -> Vec<(String, String)> {
        let action = &self.body["interactive"]["action"];
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
        let buttons = list(&action["buttons"]).into_iter().map(|mut button| button["reply"].take());
        let rows = list(&action["sections"]).into_iter().flat_map(|section| list(&section["rows"]));
        buttons.chain(rows).map(|choice| (text(&choice["id"]), text(&choice["title"]))).collect()
    }
}

/// The stand-in, serving until it is dropped.
#[derive(Debug)]
pub struct Graph {
    running: Running,
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    token: Mutex<String>,
    numbers: BTreeSet<String>,
    sent: Mutex<Vec<Sent>>,
    refused: Mutex<Vec<Json>>,
    arrived: Notify,
    listener: Mutex<Option<mpsc::UnboundedSender<Sent>>>,
    faults: Faults,
    /// The numbers whose requests are neither handled nor answered.
    hanging: watch::Sender<BTreeSet<String>>,
}

impl Graph {
    /// Starts the stand-in with a token that it takes and the ids of its phone numbers.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start(token: &str, numbers: &[&str]) -> std::io::Result<Self> {
        let inside = Arc::new(Inside {
            token: Mutex::new(token.to_owned()),
            numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
            sent: Mutex::default(),
            refused: Mutex::default(),
            arrived: Notify::new(),
            listener: Mutex::default(),
            faults: Faults::default(),
            hanging: watch::Sender::default(),
        });
        let router = Router::new().route("/{version}/{number}/messages", post(messages)).with_state(inside.clone());
        Ok(Self { running: Running::start(router).await?, inside })
    }

    /// Returns the API's base address with its version.
    pub fn base(&self) -> String {
        format!("{}/v23.0", self.running.origin())
    }

    /// Lets one of the next requests go wrong: each fault takes one request, in order.
    pub fn fault(&self, fault: Fault) {
        self.inside.faults.add(fault);
    }

    /// Handles and answers no request for a number until it recovers.
    pub fn hang(&self, number: &str) {
        self.inside.hanging.send_modify(|hanging| {
            hanging.insert(number.to_owned());
        });
    }

    /// Handles requests for a number again, also those that still wait.
    pub fn recover(&self, number: &str) {
        self.inside.hanging.send_modify(|hanging| {
            hanging.remove(number);
        });
    }

    /// Lets one of the next requests be refused with an error code of Meta's.
    pub fn refuse(&self, code: i64) {
        let error = Error::of(code, "The stand-in was told to refuse.");
        self.fault(Fault::Instead {
            status: error.status().as_u16(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: error.body().to_string(),
        });
    }

    /// Takes another token from now on.
    pub fn change_token(&self, token: &str) {
        token.clone_into(&mut self.inside.token.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the messages taken so far, in the order in which they came.
    pub fn sent(&self) -> Vec<Sent> {
        self.inside.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the error bodies given so far for requests that a strict API refuses.
    pub fn refused(&self) -> Vec<Json> {
        self.inside.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives every message from now on when it is taken; to one listener, the last who asked.
    pub fn listen(&self) -> mpsc::UnboundedReceiver<Sent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.inside.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Waits until this many messages were taken; returns those there are when the time is over.
    pub async fn wait_for(&self, count: usize, most: Duration) -> Vec<Sent> {
        let enough = async {
            loop {
                let arrived = self.inside.arrived.notified();
                if self.inside.sent.lock().unwrap_or_else(PoisonError::into_inner).len() >= count {
                    return;
                }
                arrived.await;
            }
        };
        let _ = tokio::time::timeout(most, enough).await;
        self.sent()
    }
}

async fn messages(
    State(inside): State<Arc<Inside>>,
    Path((_, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut hanging = inside.hanging.subscribe();
    // The sender lives as long as what it is in.
    let _ = hanging.wait_for(|hanging| !hanging.contains(&number)).await;
    let fault = inside.faults.next();
    let answer = match &fault {
        Some(fault) if !fault.handles() => StatusCode::OK.into_response(),
        _ => match inside.take(&number, &headers, &body) {
            Ok(accepted) => axum::Json(accepted).into_response(),
            Err(error) => {
                inside.refused.lock().unwrap_or_else(PoisonError::into_inner).push(error.body());
                (error.status(), axum::Json(error.body())).into_response()
            }
        },
    };
    match fault {
        Some(fault) => fault.spoil(answer).await,
        None => answer,
    }
}

impl Inside {
    fn take(&self, number: &str, headers: &HeaderMap, body: &[u8]) -> Result<Json, Error> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = format!("Bearer {}", self.token.lock().unwrap_or_else(PoisonError::into_inner));
        if header("authorization") != token {
            return Err(Error::of(190, "Error validating access token: the session is invalid."));
        }
        if !self.numbers.contains(number) {
            let details = format!("Unsupported post request. Object with ID '{number}' does not exist.");
            return Err(Error { subcode: Some(33), ..Error::of(100, details) });
        }
        if !header("content-type").starts_with("application/json") {
            return Err(Error::of(100, "The parameter messaging_product is required."));
        }
        let body: Json =
            serde_json::from_slice(body).map_err(|error| Error::of(100, format!("Invalid JSON: {error}")))?;
        check::message(&body)?;
        let contact = match (body["to"].as_str(), body["recipient"].as_str()) {
            (Some(to), _) => {
                let digits: String = to.chars().filter(char::is_ascii_digit).collect();
                json!({ "input": to, "wa_id": digits })
            }
            (None, recipient) => json!({ "input": recipient, "user_id": recipient }),
        };
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let id = format!("wamid.stand-in-{}", sent.len() + 1);
        let taken = Sent { id: id.clone(), phone_number_id: number.to_owned(), body };
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            // Who listened may have gone.
            let _ = listener.send(taken.clone());
        }
        sent.push(taken);
        drop(sent);
        self.arrived.notify_waiters();
        Ok(json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [{ "id": id }] }))
    }
}
