use crate::actions::Desk;
use crate::actions::catalogue::{self, WorkspaceCatalogue};
use crate::api::extract::Json;
use crate::problem::Problem;

/// Reads the node types that the workspace can use. Integrations are there once the sandbox has a connection to
/// their system, also one that fails.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/catalogue", tag = "Workspace",
    responses((status = OK, body = WorkspaceCatalogue))
)]
pub async fn read_catalogue(desk: Desk) -> Result<Json<WorkspaceCatalogue>, Problem> {
    Ok(Json(catalogue::of_workspace(&desk).await?))
}
