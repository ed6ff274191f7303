//! The stream of a visitor: how the chat looks and where the conversation stands, then every message after the last
//! one that was seen.

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use usher_engine::Environment;
use usher_store::{AddressKey, Error, Message};

use super::{Chat, address, cors, find};
use crate::api::extract::Query;
use crate::app::AppState;
use crate::live::{self, Told};
use crate::problem::Problem;
use crate::runner::Handle;

/// Messages read at a time.
const BATCH: u32 = 200;
/// The header with which a browser resumes a stream.
const LAST_EVENT_ID: &str = "last-event-id";

/// Whose messages, and after which.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    visitor: String,
    #[serde(default)]
    after: i64,
    #[serde(default)]
    environment: Option<Environment>,
}

/// What the stream tells first.
#[derive(Debug, Serialize)]
struct Opening<'a> {
    title: &'a str,
    subtitle: &'a str,
    color: &'a str,
    placeholder: &'a str,
    greeting: &'a str,
    /// `none` before the first conversation, `active`, `ended`, or `closed` where nothing would answer.
    state: &'static str,
}

/// A message, as the chat shows it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    direction: &'static str,
    /// The id that the browser gave to a message of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    at: jiff::Timestamp,
    message: &'a serde_json::Value,
}

pub(super) async fn stream(
    State(state): State<AppState>,
    Path(route): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let chat = find(&state.room, &route, asked.environment, &headers).await?;
    let key = address(&chat, &asked.visitor)?;
    let resumed = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let position = resumed.unwrap_or(asked.after);
    let topic = key.id();
    let origin = chat.origin.clone();
    let source = Visitor { room: state.room.clone(), chat, key, position, ended: None };
    let response = live::follow(&state.room.live, topic, source);
    Ok(cors::named(origin.as_deref(), Ok(response)))
}

/// A visitor's stream, and what it told so far.
struct Visitor {
    room: Handle,
    chat: Chat,
    key: AddressKey,
    position: i64,
    /// Whether the conversation was over when last told; none before anything was told.
    ended: Option<bool>,
}

#[async_trait]
impl live::Source for Visitor {
    async fn read(&mut self) -> Result<Told, Error> {
        let mut told = Told::default();
        let loaded = self.room.store.load(std::slice::from_ref(&self.key)).await?;
        let Some(now) = loaded.first() else { return Ok(told) };
        // A browser may remember more than Usher: conversations leave after their time.
        self.position = self.position.min(now.position);
        let running = now.running().is_some();
        let ended = now.known && !running;
        // Told first, and again when a new conversation begins after one that had ended.
        if self.ended.is_none_or(|before| before && !ended) {
            let answered = running || self.answers(now.deployment).await?;
            let state = match (running, ended, answered) {
                (true, ..) => "active",
                (_, _, false) => "closed",
                (_, true, _) => "ended",
                _ => "none",
            };
            told.events.push(live::event("state", &self.opening(state)));
            self.ended = Some(ended);
        }
        loop {
            let messages = self.room.records.conversations().messages_at(&self.key, self.position, BATCH).await?;
            let read = messages.len();
            for message in &messages {
                self.position = message.position;
                told.events.push(live::event("message", &shown(message)).id(message.position.to_string()));
            }
            if read < BATCH as usize {
                break;
            }
        }
        if self.ended.replace(ended) != Some(ended) && ended {
            told.events.push(live::event("ended", &serde_json::json!({})));
        }
        Ok(told)
    }
}

impl Visitor {
    fn opening(&self, state: &'static str) -> Opening<'_> {
        let settings = &self.chat.settings;
        Opening {
            title: &settings.title,
            subtitle: &settings.subtitle,
            color: &settings.color,
            placeholder: &settings.placeholder,
            greeting: &settings.greeting,
            state,
        }
    }

    /// Says whether somebody who writes now gets an answer.
    async fn answers(&self, deployment: u64) -> Result<bool, Error> {
        let at = &self.chat.at;
        if at.route.closed_answer.is_some() {
            return Ok(true);
        }
        self.room.library.is_deployed(&at.workspace, at.environment, deployment, &at.route.workflow).await
    }
}

fn shown(message: &Message) -> Shown<'_> {
    Shown {
        direction: if message.outbound { "out" } else { "in" },
        id: message.provider_id.as_deref().filter(|_| !message.outbound),
        at: message.at,
        message: &message.body,
    }
}
