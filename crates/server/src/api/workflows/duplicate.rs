use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::workflows::{self, WorkflowItem};
use crate::api::WorkflowPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// The copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateWorkflow {
    pub name: String,
    /// Names it for ever; made of the name unless given.
    pub key: Option<String>,
}

/// Copies a workflow's draft to a new workflow, in which its nodes keep their numbers.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/duplicate", tag = "Workflows",
    request_body = DuplicateWorkflow,
    responses((status = CREATED, body = WorkflowItem))
)]
pub async fn duplicate_workflow(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    Json(body): Json<DuplicateWorkflow>,
) -> Result<(StatusCode, Json<WorkflowItem>), Problem> {
    let copy = workflows::duplicate(&desk, &path.workflow, &body.name, body.key).await?;
    Ok((StatusCode::CREATED, Json(copy)))
}
