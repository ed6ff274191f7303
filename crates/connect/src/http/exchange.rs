//! What goes out and what comes back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;
use usher_engine::effect::Method;
use usher_engine::event::CallFailure;
use usher_engine::limits;

/// A request, complete with its authentication.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    /// Header names with their values; a name that is there twice is sent twice.
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    /// For the whole exchange: name, connection, request, answer to its last byte.
    pub timeout: Duration,
    /// The most bytes of an answer's body; a longer one is [`FailureKind::TooLarge`].
    pub answer_limit: usize,
}

impl Request {
    /// Makes a request without headers and body, with the limits of a call.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_millis(limits::CALL_TIMEOUT_MS),
            answer_limit: limits::ANSWER_BYTES,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a body with its content type.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Sets how long the whole exchange may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Shows neither values of headers nor query nor body: they hold secrets and people's words.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method.as_str())
            .field("origin", &self.url.origin().ascii_serialization())
            .field("path", &self.url.path())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// An answer, with any status, read to its end.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    headers: HeaderMap,
    pub body: Bytes,
}

impl Response {
    /// Makes an answer from its parts; a header that cannot be one is left out.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((HeaderName::try_from(*name).ok()?, HeaderValue::try_from(*value).ok()?)));
        Self { status, headers: headers.collect(), body: body.into() }
    }

    pub(super) fn read(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body }
    }

    /// Returns the first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the `Content-Type`, if there is one.
    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }

    /// Returns how long the system asks to wait: a `Retry-After` in whole seconds. Its other form, a date, counts
    /// as not there, since a clock would be needed to read it.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header("retry-after")?.trim();
        // Some systems write a fraction.
        let whole = seconds.split('.').next()?;
        whole.parse().ok().map(Duration::from_secs)
    }

    /// Says whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Shows no body: it holds people's words.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Says why there is no answer, in words that a builder may read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub kind: FailureKind,
    /// Whether the request may have reached the system. If not, a repeat is harmless.
    pub sent: bool,
    /// Names the host, never the path, the query or a header.
    pub message: String,
}

/// The sorts of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No whole answer within the time set.
    Timeout,
    /// No connection, or it broke.
    Unreachable,
    /// The answer is longer than the limit.
    TooLarge,
    /// The rules forbid the address, or the request cannot be made as it is.
    Refused,
}

impl Failure {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Refused, sent: false, message: message.into() }
    }
}

impl From<FailureKind> for CallFailure {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Timeout => Self::Timeout,
            FailureKind::Unreachable => Self::Unreachable,
            FailureKind::TooLarge => Self::TooLarge,
            FailureKind::Refused => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_holds_no_secret() {
        let url = Url::parse("https://api.example.com/orders?token=hidden").expect("a URL");
        let request = Request::new(Method::Post, url)
            .header("authorization", "Bearer hidden")
            .body("application/json", r#"{"name":"hidden"}"#);
        let shown = format!("{request:?}");
        assert!(shown.contains("/orders") && shown.contains("authorization"));
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let after = |value| Response::new(429, &[("Retry-After", value)], "").retry_after();
        assert_eq!(after("93"), Some(Duration::from_secs(93)));
        assert_eq!(after(" 2.5 "), Some(Duration::from_secs(2)));
        assert_eq!(after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(after("-1"), None);
    }
}
