use crate::actions::Desk;
use crate::actions::routes::{self, RouteItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, Path};
use crate::problem::Problem;

/// Lists the routes of an environment.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/routes", tag = "Routes",
    responses((status = OK, body = Page<RouteItem>))
)]
pub async fn list_routes(desk: Desk, Path(path): Path<EnvironmentPath>) -> Result<Json<Page<RouteItem>>, Problem> {
    Ok(Json(Page::whole(routes::list(&desk, path.environment).await?)))
}
