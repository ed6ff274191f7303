//! The web chat: a hosted page and a widget, a door for messages, and a stream of what is to be shown.
//!
//! A visitor is known by an id that the browser made and keeps. Messages carry ids made by the browser too, so that
//! one that is sent again is handled once; the stream is resumed by the position of the last message that was seen.

mod assets;
mod cors;
mod events;
mod visitors;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use usher_connect::channels::web_chat::Settings;
use usher_engine::id::EventId;
use usher_engine::message::Inbound;
use usher_engine::{Environment, Event, EventKind};
use usher_store::{AddressKey, InboundDetails, Profile};

use crate::api::extract::{Json, Query};
use crate::app::AppState;
use crate::bus::{Envelope, Origin, Refused, Told};
use crate::problem::Problem;
use crate::runner::Handle;
use crate::runner::configuration::ChatRoute;
use crate::spans::{self, Parent, What};

pub use visitors::Visitors;

/// The longest body of a message that is read.
const MOST_BYTES: usize = 512 * 1024;
/// The most characters of the ids that a browser makes.
const ID_CHARACTERS: usize = 64;

/// Returns the doors of the web chat.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/chat/{route}", get(page))
        .route("/chat/{route}/open", post(open).options(cors::preflight))
        .route("/chat/{route}/messages", post(send).options(cors::preflight))
        .route("/chat/{route}/events", get(events::stream))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .merge(assets::routes())
}

/// In which environment the chat is; production unless the address says otherwise.
#[derive(Debug, Deserialize)]
struct Where {
    #[serde(default)]
    environment: Option<Environment>,
}

/// A message of a visitor.
#[derive(Debug, Deserialize)]
struct Sent {
    visitor: String,
    /// Made by the browser, the same whenever it is sent again.
    id: String,
    text: Option<String>,
    tap: Option<Tap>,
}

#[derive(Debug, Deserialize)]
struct Tap {
    id: String,
    title: String,
}

/// A visitor who opens the chat.
#[derive(Debug, Deserialize)]
struct Opened {
    visitor: String,
    /// Made by the browser for this opening.
    #[serde(default)]
    id: String,
}

/// Where the conversation stands after a message.
#[derive(Debug, Serialize)]
struct Position {
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<i64>,
}

/// A chat that was asked for, and may be used from where it was asked.
struct Chat {
    at: ChatRoute,
    settings: Settings,
    /// The origin of the page in which the widget is, to be named in the answer.
    origin: Option<String>,
}

async fn page(
    State(state): State<AppState>,
    Path(route): Path<String>,
    Query(at): Query<Where>,
) -> Result<Response, Problem> {
    let chat = find(&state.room, &route, at.environment, &HeaderMap::new()).await?;
    Ok(assets::page(&chat.at.route.key, chat.at.environment.as_str(), &chat.settings.title))
}

async fn open(
    State(state): State<AppState>,
    Path(route): Path<String>,
    Query(at): Query<Where>,
    headers: HeaderMap,
    Json(opened): Json<Opened>,
) -> Result<Response, Problem> {
    let chat = find(&state.room, &route, at.environment, &headers).await?;
    let key = address(&chat, &opened.visitor)?;
    check_id("id", &opened.id, true)?;
    let opening = match opened.id {
        // Without an id, an opening is the same until something was said.
        id if id.is_empty() => format!("at-{}", position_of(&state.room, &key).await?),
        id => id,
    };
    let id = EventId::of_opening(&chat.at.setup.id, &opened.visitor, &opening);
    let answer = accept(&state.room, &chat, key, Event { id, kind: EventKind::ConversationOpened }, None).await;
    Ok(cors::named(chat.origin.as_deref(), answer))
}

async fn send(
    State(state): State<AppState>,
    Path(route): Path<String>,
    Query(at): Query<Where>,
    headers: HeaderMap,
    Json(sent): Json<Sent>,
) -> Result<Response, Problem> {
    let chat = find(&state.room, &route, at.environment, &headers).await?;
    let key = address(&chat, &sent.visitor)?;
    check_id("id", &sent.id, false)?;
    let message = match (sent.text, sent.tap) {
        (Some(text), None) => Inbound::Text { text },
        (None, Some(tap)) => Inbound::Tap { id: tap.id, title: tap.title },
        _ => return Err(Problem::invalid_at("", "a message holds either `text` or `tap`")),
    };
    let id = EventId::of_message(&chat.at.setup.id, &format!("{}/{}", sent.visitor, sent.id));
    let event = Event { id, kind: EventKind::MessageReceived { message } };
    let answer = accept(&state.room, &chat, key, event, Some(sent.id)).await;
    Ok(cors::named(chat.origin.as_deref(), answer))
}

/// Gives an event to the bus, and answers with where the conversation stands then.
async fn accept(
    room: &Handle,
    chat: &Chat,
    key: AddressKey,
    event: Event,
    message: Option<String>,
) -> Result<Response, Problem> {
    let what = if message.is_some() { What::ChatMessage } else { What::ChatOpening };
    let mut span =
        room.spans.begin(what, Parent::default(), || what.of_request().into_iter().chain(spans::at(&key)).collect());
    let answer = give(room, chat, key, event, message, span.place()).await;
    span.answered(answer.as_ref().map_or_else(|problem| problem.status, |response| response.status().as_u16()));
    answer
}

async fn give(
    room: &Handle,
    chat: &Chat,
    key: AddressKey,
    event: Event,
    message: Option<String>,
    led_by: Parent,
) -> Result<Response, Problem> {
    if !room.is_accepting() {
        return Err(Refused::Stopping.into());
    }
    let now = room.clock.now();
    if let Err(seconds) = room.visitors.admit(&key.id(), now) {
        return Err(Problem::too_often(seconds, "too many messages in a short time; wait a moment"));
    }
    chat.at.setup.note_webhook(now);
    if matches!(event.kind, EventKind::MessageReceived { .. }) {
        chat.at.setup.measures.received.increment(1);
    }
    let origin = Origin::Channel(Box::new(Told {
        route: Some(chat.at.route.key.clone()),
        details: InboundDetails { provider_id: message, provider: None },
        profile: Profile::default(),
    }));
    room.accept(vec![Envelope { key: key.clone(), event, at: now, origin, led_by }]).await?;
    // On a stream the turn is yet to be taken, and the database need not be there.
    let position = match room.stream_takes_events() {
        Some(_) => None,
        None => Some(position_of(room, &key).await?),
    };
    Ok((StatusCode::ACCEPTED, axum::Json(Position { position })).into_response())
}

/// Returns the position of the last message at an address.
async fn position_of(room: &Handle, key: &AddressKey) -> Result<i64, Problem> {
    let loaded = room.store.load(std::slice::from_ref(key)).await?;
    Ok(loaded.first().map_or(0, |loaded| loaded.position))
}

/// Finds the chat of a route, for a page of the origin that the headers name.
async fn find(
    room: &Handle,
    route: &str,
    environment: Option<Environment>,
    headers: &HeaderMap,
) -> Result<Chat, Problem> {
    let environment = environment.unwrap_or(Environment::Production);
    let none = || Problem::not_found(format!("there is no web chat `{route}` in {environment}"));
    let at = room.configurations.chat_route(environment, route).await?.ok_or_else(none)?;
    let settings = Settings::read(&at.setup.settings).map_err(|error| {
        at.setup.note_error(room.clock.now(), &error.to_string());
        none()
    })?;
    let origin = cors::origin_of(headers, &settings)?;
    Ok(Chat { at, settings, origin })
}

fn address(chat: &Chat, visitor: &str) -> Result<AddressKey, Problem> {
    check_id("visitor", visitor, false)?;
    Ok(AddressKey {
        workspace: chat.at.workspace.clone(),
        environment: chat.at.environment,
        channel: chat.at.setup.key.clone(),
        address: visitor.to_owned(),
    })
}

fn check_id(name: &str, id: &str, may_be_empty: bool) -> Result<(), Problem> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.len() <= ID_CHARACTERS && id.bytes().all(fits) && (may_be_empty || !id.is_empty()) {
        return Ok(());
    }
    let detail = format!("`{name}` is made of 1 to {ID_CHARACTERS} letters, digits, dashes and underscores");
    Err(Problem::invalid_at(format!("/{name}"), detail))
}
