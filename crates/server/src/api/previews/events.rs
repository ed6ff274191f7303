use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use usher_engine::id::SessionId;
use usher_store::{Error, Store};

use super::{NEWEST, find};
use crate::actions::Desk;
use crate::api::IdPath;
use crate::api::conversations::view::{self, MessageItem};
use crate::api::extract::Path;
use crate::app::AppState;
use crate::live::{self, Told};
use crate::preview::Preview;
use crate::problem::Problem;

/// Streams what happens in a preview, from its beginning: `message`, `visit`, `variables` after each turn, and `ended`.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/previews/{id}/events", tag = "Previews",
    responses((status = OK, description = "Server-sent events.", content_type = "text/event-stream", body = String))
)]
pub async fn watch_preview(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<IdPath>,
) -> Result<Response, Problem> {
    let preview = find(&desk, &app, &path.id).await?;
    let topic = preview.key().id();
    let store = desk.core.store.clone();
    Ok(live::follow(&app.room.live, topic, Watched { store, preview, session: None, position: 0, version: 0 }))
}

/// A preview that is watched, and what was told of it so far.
struct Watched {
    store: Store,
    preview: Arc<Preview>,
    session: Option<SessionId>,
    position: i64,
    version: i64,
}

#[async_trait]
impl live::Source for Watched {
    async fn read(&mut self) -> Result<Told, Error> {
        let mut told = Told::default();
        let Some(now) = self.store.conversations().present(&self.preview.key(), NEWEST).await? else { return Ok(told) };
        if self.session.as_ref() != Some(&now.conversation.id) {
            self.session = Some(now.conversation.id.clone());
            self.version = 0;
        }
        let seen = self.position;
        for message in now.messages.into_iter().filter(|message| message.position > seen) {
            self.position = message.position;
            told.events.push(live::event("message", &MessageItem::from(message)));
        }
        let before = self.version;
        for entry in now.journal.into_iter().filter(|entry| entry.version > before) {
            self.version = entry.version;
            told.events.extend(view::visits(entry).map(|visit| live::event("visit", &visit)));
        }
        if self.version > before {
            let variables = now.session.as_ref().map(view::variables).unwrap_or_default();
            told.events.push(live::event("variables", &variables));
            if now.conversation.ended_at.is_some() {
                told.events.push(live::event("ended", &serde_json::json!({ "reason": now.conversation.end_reason })));
            }
        }
        Ok(told)
    }
}
