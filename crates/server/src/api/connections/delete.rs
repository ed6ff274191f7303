use axum::http::StatusCode;

use crate::actions::Desk;
use crate::actions::connections;
use crate::api::ConnectionPath;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Deletes a connection, unless a draft or a live workflow uses it.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections/{connection}",
    tag = "Connections",
    responses((status = NO_CONTENT), (status = CONFLICT, description = "Workflows use it (code `in_use`)."))
)]
pub async fn delete_connection(desk: Desk, Path(path): Path<ConnectionPath>) -> Result<StatusCode, Problem> {
    connections::delete(&desk, path.environment, &path.connection).await?;
    Ok(StatusCode::NO_CONTENT)
}
