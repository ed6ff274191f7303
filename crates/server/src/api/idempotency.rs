//! `Idempotency-Key`: a repeat of a request gets the first answer again, and nothing is done twice.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use sha2::{Digest, Sha256};

use super::BODY_BYTES;
use crate::app::AppState;
use crate::auth::{Actor, Member};
use crate::problem::Problem;

/// The header with the key that the client made up for the request.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that tells a repeated answer from a first one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The most characters of a key.
const LONGEST: usize = 200;
/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// After so long a request that is under way is taken for one whose process died.
const ABANDONED: SignedDuration = SignedDuration::from_mins(2);
/// The most bytes of an answer that is kept; the answers to changes are far smaller.
const ANSWER_BYTES: usize = 256 * 1024;

/// Answers a repeat of a `POST` that carries a key; lets everything else through.
pub async fn once(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let key = request.headers().get(&KEY).cloned();
    let member = request.extensions().get::<Member>().cloned();
    match (key, member) {
        (Some(key), Some(member)) if *request.method() == Method::POST => {
            handle(&app, &key, &member, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn handle(
    app: &AppState,
    key: &HeaderValue,
    member: &Member,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST {
        return Err(Problem::bad_request(
            "idempotency_key",
            format!("an Idempotency-Key has 1 to {LONGEST} characters"),
        ));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("at most {BODY_BYTES} bytes are read"))
    })?;
    let who = match &member.actor {
        Actor::User { id, .. } | Actor::ApiKey { id, .. } => id.as_str(),
        Actor::CommandLine | Actor::Usher => "",
    };
    let scope = hash(&[who.as_bytes(), parts.uri.path().as_bytes(), key.as_bytes()]);
    let if_match = parts.headers.get(header::IF_MATCH).map_or(&b""[..], HeaderValue::as_bytes);
    let content = hash(&[parts.uri.query().unwrap_or_default().as_bytes(), if_match, &body]);

    // A client that hangs up and asks again must find the answer: from here on the work goes on without it.
    let (app, request) = (app.clone(), Request::from_parts(parts, Body::from(body)));
    let work = tokio::spawn(async move { answer(&app, &scope, &content, request, next).await });
    work.await.map_err(|error| Problem::internal(&error))?
}

/// Answers a request, or gives the answer to the same one again.
async fn answer(app: &AppState, scope: &str, content: &str, request: Request, next: Next) -> Result<Response, Problem> {
    let now = app.clock.now();
    let forget = now.saturating_sub(KEPT).unwrap_or(now);
    let mut tx = app.store.begin().await?;
    let before = tx.answers().get(scope).await?;
    if before.is_some_and(|before| before.status.is_none() && now.duration_since(before.at) > ABANDONED) {
        tx.answers().forget(scope).await?;
    }
    let first = tx.answers().begin(scope, content, now, forget).await?;
    tx.commit().await?;
    if !first {
        return again(app, scope, content).await;
    }
    let response = next.run(request).await;
    keep(app, scope, response).await
}

/// Gives the first answer again.
async fn again(app: &AppState, scope: &str, content: &str) -> Result<Response, Problem> {
    let known = app.store.answers().get(scope).await?;
    let Some(known) = known else {
        return Err(Problem::conflict(
            "in_progress",
            "the first request under this key has just failed; send it again",
        ));
    };
    if known.content_hash != content {
        let detail = "this Idempotency-Key was used for another request; make a new one";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail));
    }
    let Some(status) = known.status.and_then(|status| StatusCode::from_u16(status).ok()) else {
        return Err(Problem::conflict("in_progress", "the first request under this key is still under way"));
    };
    let body = app.vault.open(&row(scope), &known.body).map_err(|error| Problem::internal(&error))?;
    let mut response = (status, body.expose_secret().to_owned()).into_response();
    let headers = response.headers_mut();
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(etag) = known.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Keeps an answer, unless it is a fault of ours: then the request may be made again.
async fn keep(app: &AppState, scope: &str, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES).await.unwrap_or_else(|_| Bytes::new());
    let mut tx = app.store.begin().await?;
    match std::str::from_utf8(&body) {
        Ok(text) if !parts.status.is_server_error() => {
            let etag = parts.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
            let sealed = app.vault.seal(&row(scope), text);
            tx.answers().finish(scope, parts.status.as_u16(), etag, &sealed).await?;
        }
        _ => tx.answers().forget(scope).await?,
    }
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Names the row of an answer; a created API key is told in one, so it is sealed.
fn row(scope: &str) -> String {
    format!("answer/{scope}")
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
