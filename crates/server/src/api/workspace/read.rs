use crate::actions::Desk;
use crate::actions::workspaces::WorkspaceItem;
use crate::api::extract::Json;
use crate::problem::Problem;

/// Reads the workspace's settings.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}", tag = "Workspace",
    responses((status = OK, body = WorkspaceItem))
)]
pub async fn read_workspace(desk: Desk) -> Result<Json<WorkspaceItem>, Problem> {
    Ok(Json(WorkspaceItem::from(desk.workspace)))
}
