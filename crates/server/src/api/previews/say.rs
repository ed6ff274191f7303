use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use usher_engine::id::EventId;
use usher_engine::message::{Inbound, MediaKind};
use usher_engine::{Event, EventKind};
use utoipa::ToSchema;

use super::find;
use crate::actions::Desk;
use crate::api::IdPath;
use crate::api::extract::{Json, Path};
use crate::app::AppState;
use crate::bus::{Envelope, Origin, Told};
use crate::problem::Problem;
use crate::spans::Parent;

/// What the builder says as the customer: one of the three.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    text: Option<String>,
    tap: Option<Tap>,
    file: Option<File>,
}

/// A tap on a button or a row.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tap {
    id: String,
    title: String,
}

/// A file, of which only the kind and the caption matter yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// `image`, `audio`, `video`, `document` or `sticker`.
    #[schema(value_type = String)]
    media: MediaKind,
    name: Option<String>,
    caption: Option<String>,
}

/// Says something in a preview, as the customer. Answered once the turn is stored; what it led to is in the preview.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/previews/{id}/messages", tag = "Previews",
    request_body = Said,
    responses((status = ACCEPTED))
)]
pub async fn say_in_preview(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<IdPath>,
    Json(said): Json<Said>,
) -> Result<StatusCode, Problem> {
    let preview = find(&desk, &app, &path.id).await?;
    let message = match said {
        Said { text: Some(text), tap: None, file: None } => Inbound::Text { text },
        Said { text: None, tap: Some(tap), file: None } => Inbound::Tap { id: tap.id, title: tap.title },
        Said { text: None, tap: None, file: Some(file) } => Inbound::Media {
            media: file.media,
            reference: format!("preview:{}", desk.core.ids.word()),
            mime_type: None,
            caption: file.caption,
            file_name: file.name,
        },
        _ => return Err(Problem::invalid_at("", "say one of `text`, `tap` and `file`")),
    };
    let now = desk.core.clock.now();
    let key = preview.key();
    let id = EventId::of_message(&key.channel, &desk.core.ids.id());
    let event = Event { id, kind: EventKind::MessageReceived { message } };
    let origin = Origin::Channel(Box::<Told>::default());
    app.room.accept(vec![Envelope { key, event, at: now, origin, led_by: Parent::default() }]).await?;
    let mut tx = desk.core.store.begin().await?;
    tx.previews().note_used(&preview.id, now).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}
