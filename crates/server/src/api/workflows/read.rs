use crate::actions::Desk;
use crate::actions::workflows::{self, WorkflowItem};
use crate::api::WorkflowPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads what is known of a workflow, its documents aside.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}", tag = "Workflows",
    responses((status = OK, body = WorkflowItem))
)]
pub async fn read_workflow(desk: Desk, Path(path): Path<WorkflowPath>) -> Result<Json<WorkflowItem>, Problem> {
    Ok(Json(workflows::read(&desk, &path.workflow).await?))
}
