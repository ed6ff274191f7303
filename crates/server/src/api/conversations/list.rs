use usher_store::Search;

use super::ListQuery;
use super::view::ConversationItem;
use crate::actions::Desk;
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, PageQuery, Path, Query};
use crate::preview;
use crate::problem::Problem;

/// Lists the conversations of an environment, newest first; previews are not among them.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/conversations", tag = "Conversations",
    params(ListQuery),
    responses((status = OK, body = Page<ConversationItem>))
)]
pub async fn list_conversations(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ConversationItem>>, Problem> {
    let search = Search {
        workspace: desk.workspace.id.clone(),
        environment: path.environment,
        text: query.search,
        without_kind: Some(preview::CHANNEL.to_owned()),
    };
    let limit = PageQuery { cursor: None, limit: query.limit }.limit();
    let page = desk.core.store.conversations().list(&search, query.cursor.as_deref(), limit).await?;
    let items = page.items.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next: page.next }))
}
