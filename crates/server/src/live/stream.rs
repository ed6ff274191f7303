//! Server-sent events of what happens at one address.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::{Live, Watcher};
use crate::problem::Problem;

/// How often a silent stream says that it is still there: proxies close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a watcher of an address is told.
#[async_trait]
pub trait Source: Send + 'static {
    /// Reads what is new since the last time.
    ///
    /// # Errors
    ///
    /// The store is away; the stream ends, and who watches comes back.
    async fn read(&mut self) -> Result<Told, usher_store::Error>;
}

/// What is new.
#[derive(Debug, Default)]
pub struct Told {
    pub events: Vec<Event>,
    /// Whether nothing will ever be new again, so that the stream ends.
    pub over: bool,
}

struct State<S> {
    source: S,
    watcher: Watcher,
    pending: VecDeque<Event>,
    began: bool,
    over: bool,
    /// Held as long as the stream is open.
    _place: OwnedSemaphorePermit,
}

/// Streams what a source tells: what is there first, then what is new at each nudge of the topic.
pub fn follow(live: &Live, topic: String, source: impl Source) -> Response {
    let Some(place) = live.place() else {
        return Problem::unavailable("too many streams are open; try again in a moment")
            .with("retry_after", 5)
            .into_response();
    };
    // Before the first reading, so that nothing falls between it and the first nudge.
    let watcher = live.watch(topic);
    let state = State { source, watcher, pending: VecDeque::new(), began: false, over: false, _place: place };
    let events = stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((Ok::<_, Infallible>(event), state))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Asks nginx not to hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

impl<S: Source> State<S> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.over || (self.began && !self.watcher.nudged().await) {
                return None;
            }
            self.began = true;
            match self.source.read().await {
                Ok(told) => {
                    self.over = told.over;
                    self.pending.extend(told.events);
                }
                Err(error) => {
                    tracing::warn!(%error, "a stream ends because the store does not answer");
                    return None;
                }
            }
        }
    }
}

/// Makes an event of a name with a JSON value.
pub fn event(name: &str, value: &impl serde::Serialize) -> Event {
    let data = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    Event::default().event(name).data(data)
}
