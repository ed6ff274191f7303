use axum::http::StatusCode;

use crate::actions::Desk;
use crate::actions::routes;
use crate::api::EnvironmentIdPath;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Deletes a route.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/environments/{environment}/routes/{id}", tag = "Routes",
    responses((status = NO_CONTENT))
)]
pub async fn delete_route(desk: Desk, Path(path): Path<EnvironmentIdPath>) -> Result<StatusCode, Problem> {
    routes::delete(&desk, path.environment, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
