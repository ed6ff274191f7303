use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use usher_engine::Environment;
use usher_engine::id::SessionId;
use usher_store::{Error, Store};

use super::view::{self, MessageItem};
use crate::actions::Desk;
use crate::api::EnvironmentIdPath;
use crate::api::extract::Path;
use crate::app::AppState;
use crate::live::{self, Told};
use crate::problem::Problem;

/// Rows read at a time.
const BATCH: u32 = 500;

/// Streams what is new in a conversation: `message`, `visit` and at last `ended`. What was there before is read with the
/// conversation itself.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/conversations/{id}/live",
    tag = "Conversations",
    responses((status = OK, description = "Server-sent events.", content_type = "text/event-stream", body = String))
)]
pub async fn watch_conversation(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentIdPath>,
) -> Result<Response, Problem> {
    let conversations = desk.core.store.conversations();
    let found = conversations.get(&desk.workspace.id, path.environment, &path.id, 1).await?;
    let found = found
        .ok_or_else(|| Problem::not_found(format!("there is no conversation {} in {}", path.id, path.environment)))?;
    let conversation = found.conversation;
    let source = Conversation {
        store: desk.core.store.clone(),
        workspace: desk.workspace.id.clone(),
        environment: path.environment,
        position: conversation.position,
        version: conversation.version,
        id: conversation.id,
    };
    Ok(live::follow(&app.room.live, conversation.key.id(), source))
}

/// A conversation that is watched, and what was told of it so far.
struct Conversation {
    store: Store,
    workspace: String,
    environment: Environment,
    id: SessionId,
    position: i64,
    version: i64,
}

#[async_trait]
impl live::Source for Conversation {
    async fn read(&mut self) -> Result<Told, Error> {
        let mut told = Told::default();
        for message in self.store.conversations().messages(&self.id, self.position, BATCH).await? {
            self.position = message.position;
            told.events.push(live::event("message", &MessageItem::from(message)));
        }
        for entry in self.store.conversations().journal(&self.id, self.version, BATCH).await? {
            self.version = entry.version;
            told.events.extend(view::visits(entry).map(|visit| live::event("visit", &visit)));
        }
        let conversations = self.store.conversations();
        let now = conversations.get(&self.workspace, self.environment, self.id.as_str(), 1).await?;
        if now.is_none_or(|now| now.conversation.ended_at.is_some()) {
            told.events.push(Event::default().event("ended").data("{}"));
            told.over = true;
        }
        Ok(told)
    }
}
