//! Previews: conversations of a builder with the drafts.

mod end;
mod events;
mod read;
mod say;
mod start;

use std::sync::Arc;

use serde::Serialize;
use std::collections::BTreeMap;
use usher_store::Transcript;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conversations::view::{self, MessageItem, VisitItem};
use crate::actions::Desk;
use crate::app::AppState;
use crate::preview::Preview;
use crate::problem::Problem;

/// The newest messages, and the newest turns, that are told of a preview.
const NEWEST: u32 = 500;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start::start_preview))
        .routes(routes!(read::read_preview, end::end_preview))
        .routes(routes!(say::say_in_preview))
        .routes(routes!(events::watch_preview))
}

/// A preview as it stands.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PreviewDetail {
    pub messages: Vec<MessageItem>,
    pub visits: Vec<VisitItem>,
    #[schema(value_type = BTreeMap<String, Object>)]
    pub variables: BTreeMap<String, serde_json::Value>,
    /// The number of the node that it waits at, and the workflow of that node.
    pub waiting_at: Option<u32>,
    pub workflow: Option<String>,
    /// `running` or `ended`.
    pub state: &'static str,
    /// Why it ended: `completed`, `dead_end`, …
    pub end_reason: Option<String>,
    /// The same in plain words, where there is more to say.
    pub detail: Option<String>,
}

impl From<Option<Transcript>> for PreviewDetail {
    fn from(transcript: Option<Transcript>) -> Self {
        let Some(transcript) = transcript else { return Self { state: "running", ..Self::default() } };
        let session = transcript.session.as_ref();
        let place = session.and_then(|session| session.place.as_ref());
        Self {
            variables: session.map(view::variables).unwrap_or_default(),
            waiting_at: session.and_then(view::waiting_at),
            workflow: place.map(|place| place.workflow.clone()),
            detail: session.and_then(view::ending).and_then(|ending| ending.detail.clone()),
            state: if transcript.conversation.ended_at.is_some() { "ended" } else { "running" },
            end_reason: transcript.conversation.end_reason,
            messages: transcript.messages.into_iter().map(Into::into).collect(),
            visits: transcript.journal.into_iter().flat_map(view::visits).collect(),
        }
    }
}

/// Finds a preview of the workspace.
async fn find(desk: &Desk, app: &AppState, id: &str) -> Result<Arc<Preview>, Problem> {
    let found = app.room.previews.get(id).await?.filter(|preview| preview.workspace == desk.workspace.id);
    found.ok_or_else(|| Problem::not_found(format!("there is no preview {id}; start one anew")))
}
