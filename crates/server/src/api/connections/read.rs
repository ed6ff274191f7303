use crate::actions::Desk;
use crate::actions::connections::{self, ConnectionItem};
use crate::api::ConnectionPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads a connection; its secrets are told by name alone.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections/{connection}",
    tag = "Connections",
    responses((status = OK, body = ConnectionItem))
)]
pub async fn read_connection(desk: Desk, Path(path): Path<ConnectionPath>) -> Result<Json<ConnectionItem>, Problem> {
    Ok(Json(connections::read(&desk, path.environment, &path.connection).await?))
}
