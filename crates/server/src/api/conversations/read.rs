use super::view::ConversationDetail;
use crate::actions::Desk;
use crate::api::EnvironmentIdPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// The newest messages, and the newest turns, that are told of a conversation.
const NEWEST: u32 = 500;

/// Reads a conversation: its newest messages and steps, and its variables; what is sensitive is masked.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/conversations/{id}", tag = "Conversations",
    responses((status = OK, body = ConversationDetail))
)]
pub async fn read_conversation(
    desk: Desk,
    Path(path): Path<EnvironmentIdPath>,
) -> Result<Json<ConversationDetail>, Problem> {
    let conversations = desk.core.store.conversations();
    let found = conversations.get(&desk.workspace.id, path.environment, &path.id, NEWEST).await?;
    let found = found
        .ok_or_else(|| Problem::not_found(format!("there is no conversation {} in {}", path.id, path.environment)))?;
    Ok(Json(found.into()))
}
