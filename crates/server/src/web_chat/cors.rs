//! Which sites may speak to a chat from inside a visitor's browser.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use usher_connect::channels::web_chat::Settings;

use super::{Where, find};
use crate::api::extract::Query;
use crate::app::AppState;
use crate::problem::Problem;

/// How long a browser may remember that it may send.
const REMEMBERED: &str = "600";

/// Returns the origin of the page that asks, if it is one that may embed the chat.
///
/// # Errors
///
/// The site is not among those that may.
pub(super) fn origin_of(headers: &HeaderMap, settings: &Settings) -> Result<Option<String>, Problem> {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else { return Ok(None) };
    // The hosted page is always one of them: its origin is the address that was asked.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, authority)| authority == host));
    if own || settings.allows(origin) {
        return Ok(Some(origin.to_owned()));
    }
    let detail = format!("this chat may not be embedded at {origin}; add the site to the channel's allowed sites");
    Err(Problem::forbidden("site_not_allowed", detail))
}

/// Names the origin in an answer, so that the browser lets the page read it.
pub(super) fn named(origin: Option<&str>, answer: Result<impl IntoResponse, Problem>) -> Response {
    let mut response = answer.into_response();
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

/// Answers a browser that asks before it sends.
pub(super) async fn preflight(
    State(state): State<AppState>,
    Path(route): Path<String>,
    Query(at): Query<Where>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let chat = find(&state.room, &route, at.environment, &headers).await?;
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    Ok(named(chat.origin.as_deref(), Ok((StatusCode::NO_CONTENT, allowed))))
}
