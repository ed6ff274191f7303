use crate::actions::Desk;
use crate::actions::apis::{self, ApiItem};
use crate::api::extract::{Json, Page};
use crate::problem::Problem;

/// Lists the APIs of the workspace.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/apis", tag = "APIs",
    responses((status = OK, body = Page<ApiItem>))
)]
pub async fn list_apis(desk: Desk) -> Result<Json<Page<ApiItem>>, Problem> {
    Ok(Json(Page::whole(apis::list(&desk).await?)))
}
