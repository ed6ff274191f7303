//! The doors of channels: webhooks of providers, at `/in/{kind}/{door}`.
//!
//! A door serves one callback address; several numbers of an account may share it, and each message goes to the
//! channel of its own number. Nothing is answered 200 before it is stored.

mod inbox;
pub mod statuses;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use usher_connect::channels::{Channel, Refusal};

use crate::app::AppState;
use crate::bus::Refused;
use crate::problem::Problem;
use crate::runner::configuration::{Door, Speaks};
use crate::runner::{Handle, Room};
use crate::spans::{Parent, Span, What};

/// The longest body of a webhook that is read: 3 MB, as Meta says that its own are at most.
const MOST_BYTES: usize = 3 * 1024 * 1024;
/// How long a body may take to arrive: as long as it does it holds a part of the room for all of them.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// Returns the doors.
pub fn routes() -> Router<AppState> {
    Router::new().route("/in/{kind}/{door}", get(verify).post(receive))
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let problem = Self::unavailable(refused.to_string());
        match refused {
            Refused::TooMany { seconds } => problem.with("retry_after", seconds),
            Refused::Full | Refused::Stopping | Refused::NotStored => problem,
        }
    }
}

/// Answers a provider that checks the address.
async fn verify(
    State(state): State<AppState>,
    Path((kind, door)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let room = &state.room;
    let door = find(room, &kind, &door).await?;
    let channel = channel_of(&door)?;
    match channel.verify(&query) {
        Ok(challenge) => {
            door.setup.note_verified(room.clock.now());
            Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response())
        }
        Err(refusal) => {
            if refusal == Refusal::WrongToken {
                let problem = "the provider checked the callback address with another verify token than this channel's";
                door.setup.note_error(room.clock.now(), problem);
            }
            Err(Problem::forbidden("not_verified", refusal.to_string()))
        }
    }
}

/// Takes a webhook.
async fn receive(
    State(state): State<AppState>,
    Path((kind, door)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let mut span = state.room.spans.begin(What::Webhook, Parent::default(), || What::Webhook.of_request());
    let taken = take(&state.room, (&kind, &door), &headers, body, &mut span).await;
    span.answered(taken.as_ref().map_or_else(|problem| problem.status, StatusCode::as_u16));
    taken
}

async fn take(
    room: &Handle,
    (kind, door): (&str, &str),
    headers: &HeaderMap,
    body: Body,
    span: &mut Span,
) -> Result<StatusCode, Problem> {
    if !room.is_accepting() {
        return Err(Refused::Stopping.into());
    }
    let door = find(room, kind, door).await?;
    span.set_with("usher.workspace", || door.workspace.clone());
    span.set("usher.environment", door.setup.environment.as_str());
    let told = told_length(headers);
    let kib = u32::try_from(told.unwrap_or(MOST_BYTES).min(MOST_BYTES) / 1024 + 1).unwrap_or(u32::MAX);
    let Ok(_place) = room.intake.try_acquire_many(kib) else {
        room.metrics.bus_refused.increment(1);
        return Err(Refused::Full.into());
    };
    let body = read(room, told, body).await?;
    let channel = channel_of(&door)?;
    authenticate(room, &door, channel, headers, &body)?;
    inbox::take(room, &door, channel.parse(&body), span).await?;
    room.metrics.webhooks.accepted.increment(1);
    Ok(StatusCode::OK)
}

async fn find(room: &Handle, kind: &str, door: &str) -> Result<Door, Problem> {
    let found = room.configurations.door(door).await?;
    found.filter(|found| found.setup.kind == kind).ok_or_else(|| {
        Problem::not_found("there is no channel at this address; copy the callback URL from the channel's page")
    })
}

fn channel_of(door: &Door) -> Result<&dyn Channel, Problem> {
    match &door.setup.speaks {
        Speaks::To(channel) => Ok(&**channel),
        Speaks::Here => Err(Problem::not_found("this channel takes no webhooks")),
        Speaks::Nothing(problem) => {
            let detail = format!("the channel is not set up, so nothing can be checked or taken: {problem}");
            Err(Problem::forbidden("channel_not_set_up", detail))
        }
    }
}

fn told_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the body to its end, or to the bound.
async fn read(room: &Room, told: Option<usize>, body: Body) -> Result<Bytes, Problem> {
    let oversized = || {
        room.metrics.webhooks.oversized.increment(1);
        let detail = format!("a webhook has at most {MOST_BYTES} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    };
    if told.is_some_and(|told| told > MOST_BYTES) {
        return Err(oversized());
    }
    let Ok(read) = tokio::time::timeout(ARRIVES_WITHIN, to_bytes(body, MOST_BYTES)).await else {
        let detail = format!("the body did not arrive within {} s", ARRIVES_WITHIN.as_secs());
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail));
    };
    read.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(|source| source.to_string().contains("length limit")) {
            oversized()
        } else {
            Problem::bad_request("broken_off", "the body broke off before its end")
        }
    })
}

/// Makes sure that the webhook is the provider's own; nothing of it is kept otherwise.
fn authenticate(
    room: &Room,
    door: &Door,
    channel: &dyn Channel,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Err(refusal) = channel.authenticate(&header, body) else { return Ok(()) };
    let (counter, code) = match refusal {
        Refusal::Unsigned => (&room.metrics.webhooks.unsigned, "unsigned"),
        _ => (&room.metrics.webhooks.wrongly_signed, "wrongly_signed"),
    };
    counter.increment(1);
    let problem = match refusal {
        Refusal::Unsigned => "a webhook without a signature was refused",
        _ => "a webhook was refused because its signature is wrong; check the app secret",
    };
    door.setup.note_error(room.clock.now(), problem);
    Err(Problem::new(StatusCode::UNAUTHORIZED, code, refusal.to_string()))
}
