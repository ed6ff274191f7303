//! Extractors that answer with problem documents, and what lists and entity tags look like.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// A JSON body, read strictly: what is wrong is told with its place.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        is_json(request.headers())?;
        let body = body(request, state).await?;
        read_json(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A JSON body that may be missing, which is the default.
#[derive(Debug, Clone, Copy)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let checked = is_json(request.headers());
        let body = body(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        checked?;
        read_json(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let status = axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let given = if kind.is_empty() { "none" } else { kind };
    Err(Problem::new(
        status,
        "not_json",
        format!("the body must be JSON: send Content-Type: application/json, not {given}"),
    ))
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.status();
        let code = if status.as_u16() == 413 { "too_large" } else { "unreadable" };
        Problem::new(status, code, rejection.body_text().to_lowercase())
    })
}

/// Reads JSON text, and tells the place where it is not as expected.
///
/// # Errors
///
/// 400 where it is no JSON, 422 with the pointer where a value is not right.
pub fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer_of(error.path());
        let inner = error.into_inner();
        if inner.classify() == serde_json::error::Category::Data {
            Problem::invalid_at(pointer, inner.to_string())
        } else {
            Problem::bad_request("malformed", format!("the body is not JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|error| Problem::bad_request("malformed", format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// Writes the place that was reached as a JSON Pointer (RFC 6901).
pub fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .map(|word| format!("/{word}"))
        .collect()
}

/// The variable parts of a path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                Err(Problem::not_found(format!("there is nothing at {}: {}", parts.uri.path(), rejection.body_text())))
            }
        }
    }
}

/// The parameters after the question mark.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::bad_request("query", rejection.body_text().to_lowercase())),
        }
    }
}

/// Tells a member that is null from one that is left out: for `deserialize_with` beside `default`.
///
/// # Errors
///
/// The member has another type.
pub fn some<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(reader).map(Some)
}

/// A part of a list, and where the next part begins.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to read on; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a list that is whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// Changes every item.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where to read on: the `next` of the part before.
    pub cursor: Option<String>,
    /// How many items at most: 1 to 200, 50 unless given.
    pub limit: Option<u32>,
}

impl PageQuery {
    /// Returns how many items to read, in bounds.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

/// What the request says about the state that it builds on.
#[derive(Debug, Clone)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Says that a change builds on the state of an entity tag.
    pub fn of(etag: &str) -> Self {
        Self(Some(etag.to_owned()))
    }

    /// Refuses a request that does not build on `current`, the entity tag with its quotation marks.
    ///
    /// # Errors
    ///
    /// 428 where it says nothing, 412 where it builds on another state.
    pub fn require(&self, current: &str) -> Result<(), Problem> {
        let Some(given) = &self.0 else {
            let status = axum::http::StatusCode::PRECONDITION_REQUIRED;
            let detail = "send the ETag that you have read as If-Match, so that nobody's change is overwritten";
            return Err(Problem::new(status, "if_match_required", detail));
        };
        let fits = given.split(',').map(str::trim).any(|tag| tag == "*" || tag == current);
        if fits { Ok(()) } else { Err(changed(current)) }
    }

    /// Returns the tag that the request names, without looking at the present one.
    ///
    /// # Errors
    ///
    /// 428 where it says nothing.
    pub fn given(&self) -> Result<&str, Problem> {
        match &self.0 {
            Some(given) => Ok(given.trim()),
            None => self.require("").map(|()| "*"),
        }
    }
}

/// Says that something is in another state than the one on which a change builds; `current` is its entity tag.
pub fn changed(current: &str) -> Problem {
    Problem::changed("somebody else has changed it in the meantime; read it again and make your change on that")
        .with("etag", current)
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let given = parts.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(given.map(str::to_owned)))
    }
}

/// An answer with its entity tag (quotation marks included).
#[derive(Debug, Clone)]
pub struct Tagged<T>(pub String, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.1).into_response();
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read from JSON")]
    struct Order {
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read from JSON")]
    struct Line {
        count: u32,
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let problem = read_json::<Order>(br#"{"lines": [{"count": 1}, {"count": "two"}]}"#).unwrap_err();
        assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, "/lines/1/count"));
        let problem = read_json::<Order>(br#"{"lines": "#).unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (400, "malformed"));
        let problem = read_json::<Order>(br#"{"lines": []} extra"#).unwrap_err();
        assert_eq!(problem.code, "malformed");
    }

    #[test]
    fn a_request_must_build_on_the_present_state() {
        assert_eq!(IfMatch(None).require("\"3\"").unwrap_err().status, 428);
        assert_eq!(IfMatch(Some("\"2\"".into())).require("\"3\"").unwrap_err().status, 412);
        assert!(IfMatch(Some("\"2\", \"3\"".into())).require("\"3\"").is_ok());
        assert!(IfMatch(Some("*".into())).require("\"3\"").is_ok());
    }
}
