use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::workflows::{self, WorkflowItem};
use crate::api::WorkflowPath;
use crate::api::extract::{Json, Path, some};
use crate::problem::Problem;

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWorkflow {
    pub name: Option<String>,
    pub description: Option<String>,
    /// The folder in which it is listed; null for none.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    pub folder: Option<Option<String>>,
    pub archived: Option<bool>,
}

/// Renames, describes, moves, archives or restores a workflow.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}", tag = "Workflows",
    request_body = ChangeWorkflow,
    responses((status = OK, body = WorkflowItem))
)]
pub async fn change_workflow(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    Json(body): Json<ChangeWorkflow>,
) -> Result<Json<WorkflowItem>, Problem> {
    let change = workflows::Change {
        name: body.name,
        description: body.description,
        folder: body.folder.map(Option::unwrap_or_default),
        archived: body.archived,
    };
    Ok(Json(workflows::change(&desk, &path.workflow, change).await?))
}
