//! Zendesk Support, as far as tickets are made and read.

mod ticket;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::fault::{Fault, Faults};
use crate::running::Running;

/// The stand-in, serving until it is dropped.
#[derive(Debug)]
pub struct Zendesk {
    running: Running,
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    email: String,
    api_token: Mutex<String>,
    tickets: Mutex<BTreeMap<i64, Json>>,
    /// By idempotency key: the body that came with it, and the ticket that it made.
    keys: Mutex<BTreeMap<String, (Vec<u8>, i64)>>,
    requests: Mutex<usize>,
    faults: Faults,
}

/// An error: status and body.
type Refusal = (StatusCode, Json);

impl Zendesk {
    /// Starts the stand-in with an agent and the API token that it takes.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start(email: &str, api_token: &str) -> std::io::Result<Self> {
        let inside = Arc::new(Inside {
            email: email.to_owned(),
            api_token: Mutex::new(api_token.to_owned()),
            tickets: Mutex::default(),
            keys: Mutex::default(),
            requests: Mutex::default(),
            faults: Faults::default(),
        });
        let router = Router::new()
            .route("/api/v2/tickets", post(create))
            .route("/api/v2/tickets/{id}", get(show))
            .route("/api/v2/users/me", get(me))
            .fallback(|| async { not_found().into_answer() })
            .with_state(inside.clone());
        Ok(Self { running: Running::start(router).await?, inside })
    }

    /// Returns the base address.
    pub fn base(&self) -> String {
        self.running.origin()
    }

    /// Lets one of the next requests go wrong: each fault takes one request, in order.
    pub fn fault(&self, fault: Fault) {
        self.inside.faults.add(fault);
    }

    /// Lets one of the next requests be refused for their number, with the seconds to wait if any are said.
    pub fn throttle(&self, retry_after: Option<u64>) {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        let body = json!({
            "description": "Number of allowed API requests per minute exceeded", "error": "APIRateLimitExceeded",
        });
        self.fault(Fault::Instead { status: 429, headers, body: body.to_string() });
    }

    /// Takes another API token from now on.
    pub fn change_token(&self, api_token: &str) {
        api_token.clone_into(&mut self.inside.api_token.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the tickets made so far, in their order.
    pub fn tickets(&self) -> Vec<Json> {
        self.inside.tickets.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Returns how many requests came, those that went wrong included.
    pub fn requests(&self) -> usize {
        *self.inside.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait IntoAnswer {
    fn into_answer(self) -> Response;
}

impl IntoAnswer for Refusal {
    fn into_answer(self) -> Response {
        (self.0, axum::Json(self.1)).into_response()
    }
}

fn not_found() -> Refusal {
    (StatusCode::NOT_FOUND, json!({ "error": "RecordNotFound", "description": "Not found" }))
}

impl Inside {
    /// Answers a request, unless it is to go wrong.
    async fn answer(&self, handle: impl FnOnce() -> Result<Response, Refusal>) -> Response {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let fault = self.faults.next();
        let answer = match &fault {
            Some(fault) if !fault.handles() => StatusCode::OK.into_response(),
            _ => handle().unwrap_or_else(IntoAnswer::into_answer),
        };
        match fault {
            Some(fault) => fault.spoil(answer).await,
            None => answer,
        }
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = self.api_token.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = format!("Basic {}", STANDARD.encode(format!("{}/token:{token}", self.email)));
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given == Some(expected.as_str()) {
            return Ok(());
        }
        Err((StatusCode::UNAUTHORIZED, json!({ "error": "Couldn't authenticate you" })))
    }

    fn create(&self, headers: &HeaderMap, body: &[u8], origin: &str) -> Result<Response, Refusal> {
        self.authenticate(headers)?;
        let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 255) {
            return Err(idempotency("The idempotency key must have 1 to 255 characters"));
        }
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((earlier, id)) = key.as_ref().and_then(|key| keys.get(key)) {
            if earlier != body {
                return Err(idempotency("Request parameters don't match the given idempotency key"));
            }
            return Ok(created(tickets.get(id).unwrap_or(&Json::Null), Some("hit")));
        }
        let json = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body_json: Json = if json.starts_with("application/json") {
            serde_json::from_slice(body).unwrap_or_default()
        } else {
            Json::Null
        };
        let id = 35_436 + i64::try_from(tickets.len()).unwrap_or(i64::MAX / 2);
        let ticket = ticket::made(&body_json, id, origin)?;
        if let Some(key) = &key {
            keys.insert(key.clone(), (body.to_vec(), id));
        }
        let answer = created(&ticket, key.is_some().then_some("miss"));
        tickets.insert(id, ticket);
        Ok(answer)
    }

    fn show(&self, headers: &HeaderMap, id: &str) -> Result<Response, Refusal> {
        self.authenticate(headers)?;
        let id = id.strip_suffix(".json").unwrap_or(id);
        let Ok(id) = id.parse::<i64>() else {
            let error = json!({ "error": { "title": "Invalid attribute", "message": "You passed an invalid value for the id attribute." } });
            return Err((StatusCode::BAD_REQUEST, error));
        };
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = tickets.get(&id).ok_or_else(not_found)?;
        Ok(axum::Json(json!({ "ticket": ticket })).into_response())
    }

    fn me(&self, headers: &HeaderMap) -> Result<Response, Refusal> {
        if !headers.contains_key("authorization") {
            let nobody = json!({ "user": { "id": null, "name": "Anonymous user", "role": "end-user", "email": "invalid@example.com" } });
            return Ok(axum::Json(nobody).into_response());
        }
        self.authenticate(headers)?;
        let agent = json!({ "user": { "id": 1_001, "name": "Johnny Agent", "role": "agent", "email": self.email } });
        Ok(axum::Json(agent).into_response())
    }
}

fn idempotency(description: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, json!({ "error": "IdempotentRequestError", "description": description }))
}

fn created(ticket: &Json, lookup: Option<&str>) -> Response {
    let mut response =
        (StatusCode::CREATED, axum::Json(json!({ "ticket": ticket, "audit": { "id": 1, "events": [] } })))
            .into_response();
    let mut header = |name: &'static str, value: Option<&str>| {
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            response.headers_mut().insert(name, value);
        }
    };
    header("location", ticket["url"].as_str());
    header("x-idempotency-lookup", lookup);
    response
}

async fn create(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: Bytes) -> Response {
    let host = headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    let origin = format!("http://{host}");
    inside.answer(|| inside.create(&headers, &body, &origin)).await
}

async fn show(State(inside): State<Arc<Inside>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    inside.answer(|| inside.show(&headers, &id)).await
}

async fn me(State(inside): State<Arc<Inside>>, headers: HeaderMap) -> Response {
    inside.answer(|| inside.me(&headers)).await
}
