use crate::actions::Desk;
use crate::actions::connections::{self, ConnectionItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, Path};
use crate::problem::Problem;

/// Lists the connections of an environment.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections", tag = "Connections",
    responses((status = OK, body = Page<ConnectionItem>))
)]
pub async fn list_connections(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
) -> Result<Json<Page<ConnectionItem>>, Problem> {
    Ok(Json(Page::whole(connections::list(&desk, path.environment).await?)))
}
