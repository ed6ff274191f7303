use crate::actions::Desk;
use crate::actions::routes::{self, RouteItem};
use crate::api::EnvironmentIdPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads a route.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/routes/{id}", tag = "Routes",
    responses((status = OK, body = RouteItem))
)]
pub async fn read_route(desk: Desk, Path(path): Path<EnvironmentIdPath>) -> Result<Json<RouteItem>, Problem> {
    Ok(Json(routes::read(&desk, path.environment, &path.id).await?))
}
