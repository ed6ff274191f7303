//! Problem documents (RFC 9457): how the API says that something did not work.

use std::ops::{Deref, DerefMut};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

/// What went wrong; small enough to be handed on at no cost. Its members are those of [`Content`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Content>);

/// What a problem says, for programs (`code`) and for people (`detail`).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Content {
    /// A URI that names the kind of problem: `urn:usher:problem:` and the code.
    pub r#type: String,
    /// The kind of problem in a few words, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, with the values, and what to do.
    pub detail: String,
    /// A stable word for programs.
    pub code: String,
    /// The places of a document or body that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Place>,
    /// What else the code brings along.
    #[serde(flatten)]
    #[schema(additional_properties, value_type = Object)]
    pub more: Map<String, Json>,
}

/// One place that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// A JSON Pointer (RFC 6901) into the body.
    pub pointer: String,
    pub detail: String,
}

impl Problem {
    /// Makes a problem of a status with a stable code; the title is the status's own.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Content {
            r#type: format!("urn:usher:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            more: Map::new(),
        }))
    }

    /// 400: the request cannot be read.
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: nobody is logged in, or the key is not known.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403: known, and not allowed.
    pub fn forbidden(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: there is no such thing, or none that the caller may see.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409: the state of things does not allow it.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: somebody else changed it in the meantime.
    pub fn changed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", detail)
    }

    /// 422: it can be read, and a value in it is not right.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// 422 for one place of the body.
    pub fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::invalid(detail.clone()).at(pointer, detail)
    }

    /// 429: too often; `seconds` is how long to wait.
    pub fn too_often(seconds: u64, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", detail).with("retry_after", seconds)
    }

    /// 500: our fault; `error` goes to the log and not to the caller.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong in Usher; its log says more")
    }

    /// 503: try again in a moment.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with("retry_after", 1)
    }

    /// Adds a place that is wrong.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(Place { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Adds a member of its own.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl Deref for Problem {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Content {
        &mut self.0
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)?;
        for place in self.errors.iter().filter(|place| !place.pointer.is_empty()) {
            if place.detail == self.detail {
                write!(f, " (at {})", place.pointer)?;
            } else {
                write!(f, "\n  {}: {}", place.pointer, place.detail)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.more.get("retry_after").and_then(Json::as_u64) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_written_as_the_standard_says() {
        let problem = Problem::invalid_at("/name", "a name is needed");
        insta::assert_json_snapshot!(problem, @r#"
        {
          "type": "urn:usher:problem:invalid",
          "title": "Unprocessable Entity",
          "status": 422,
          "detail": "a name is needed",
          "code": "invalid",
          "errors": [
            {
              "pointer": "/name",
              "detail": "a name is needed"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_problem_is_told_with_its_places() {
        assert_eq!(Problem::invalid_at("/name", "a name is needed").to_string(), "a name is needed (at /name)");
        let two = Problem::invalid("two are wrong").at("/a", "too long").at("/b", "too short");
        assert_eq!(two.to_string(), "two are wrong\n  /a: too long\n  /b: too short");
    }

    #[test]
    fn every_503_says_when_to_come_back() {
        let response = Problem::unavailable("the database does not answer").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let response = Problem::from(crate::bus::Refused::TooMany { seconds: 4 }).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()[header::RETRY_AFTER]), (503, &4.into()));
    }

    #[test]
    fn a_throttled_answer_says_when_to_come_back() {
        let response = Problem::too_often(7, "wait").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
