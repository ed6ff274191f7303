use axum::http::StatusCode;

use crate::actions::Desk;
use crate::actions::workflows;
use crate::api::WorkflowPath;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Deletes a workflow, unless a route or another workflow points at it, or it is live.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}", tag = "Workflows",
    responses(
        (status = NO_CONTENT),
        (status = CONFLICT, description = "Something points at it (code `in_use`); `pointers` lists what."),
    )
)]
pub async fn delete_workflow(desk: Desk, Path(path): Path<WorkflowPath>) -> Result<StatusCode, Problem> {
    workflows::delete(&desk, &path.workflow).await?;
    Ok(StatusCode::NO_CONTENT)
}
