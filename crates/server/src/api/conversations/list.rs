use serde::Deserialize;
use usher_store::Search;
use utoipa::IntoParams;

use super::view::ConversationItem;
use crate::actions::Desk;
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, PageQuery, Path, Query};
use crate::preview;
use crate::problem::Problem;

/// Which conversations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// A part of the contact's name, phone number or address.
    #[serde(default)]
    search: String,
    /// Where to read on: the `next` of the part before.
    cursor: Option<String>,
    /// How many items at most: 1 to 200, 50 unless given.
    limit: Option<u32>,
}

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
