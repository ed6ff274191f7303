//! What may go wrong on the way to a system and in it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// One thing that goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The request is not handled; this answer is given.
    Instead { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The request is handled; this answer is given all the same.
    Afterwards { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The request is not handled, and the answer breaks off.
    Cut,
    /// The request is handled, and the answer breaks off.
    CutAfterwards,
    /// The request is handled, and answered after a while.
    Slow(Duration),
    /// The request is handled; the head of the answer comes at once, the body after a while.
    SlowBody(Duration),
}

impl Fault {
    /// Makes an answer of a gateway that has no system behind it.
    pub fn bad_gateway() -> Self {
        Self::Instead {
            status: 502,
            headers: vec![("content-type", "text/html".to_owned())],
            body: "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned(),
        }
    }

    /// Makes an answer without a body.
    pub fn empty(status: u16) -> Self {
        Self::Instead { status, headers: Vec::new(), body: String::new() }
    }

    /// Says whether the request is handled all the same.
    pub(crate) fn handles(&self) -> bool {
        !matches!(self, Self::Instead { .. } | Self::Cut)
    }

    /// Turns the right answer into what comes.
    pub(crate) async fn spoil(self, answer: Response) -> Response {
        match self {
            Self::Instead { status, headers, body } | Self::Afterwards { status, headers, body } => {
                let headers: HeaderMap = headers
                    .into_iter()
                    .filter_map(|(name, value)| {
                        Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
                    })
                    .collect();
                (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), headers, body)
                    .into_response()
            }
            Self::Cut | Self::CutAfterwards => {
                let pieces = [Ok(Bytes::from_static(b"{\"mess")), Err(std::io::Error::other("cut"))];
                Body::from_stream(futures_util::stream::iter(pieces)).into_response()
            }
            Self::Slow(wait) => {
                tokio::time::sleep(wait).await;
                answer
            }
            Self::SlowBody(wait) => {
                let (head, body) = answer.into_parts();
                let body = futures_util::stream::once(async move {
                    tokio::time::sleep(wait).await;
                    axum::body::to_bytes(body, usize::MAX).await
                });
                let mut slow = Body::from_stream(body).into_response();
                *slow.status_mut() = head.status;
                slow
            }
        }
    }
}

/// The faults to come, one a request.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    pub fn next(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
