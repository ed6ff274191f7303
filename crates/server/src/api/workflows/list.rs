use crate::actions::Desk;
use crate::actions::workflows::{self, WorkflowItem};
use crate::api::extract::{Json, Page};
use crate::problem::Problem;

/// Lists the workflows of the workspace, archived ones included.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows", tag = "Workflows",
    responses((status = OK, body = Page<WorkflowItem>))
)]
pub async fn list_workflows(desk: Desk) -> Result<Json<Page<WorkflowItem>>, Problem> {
    Ok(Json(Page::whole(workflows::list(&desk).await?)))
}
