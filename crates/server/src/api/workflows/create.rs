use axum::http::StatusCode;
use serde::Deserialize;
use usher_engine::workflow::Kind;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::workflows::{self, WorkflowItem, WorkflowKind};
use crate::api::extract::Json;
use crate::problem::Problem;

/// A new workflow: Start, and nothing after it yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWorkflow {
    pub name: String,
    /// Names it for ever; made of the name unless given.
    pub key: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    #[schema(value_type = Option<WorkflowKind>)]
    pub kind: Kind,
    pub folder: Option<String>,
}

/// Creates a workflow.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/workflows", tag = "Workflows",
    request_body = CreateWorkflow,
    responses((status = CREATED, body = WorkflowItem), (status = CONFLICT, description = "The key is taken."))
)]
pub async fn create_workflow(
    desk: Desk,
    Json(body): Json<CreateWorkflow>,
) -> Result<(StatusCode, Json<WorkflowItem>), Problem> {
    let new = workflows::New {
        key: body.key,
        name: body.name,
        description: body.description,
        kind: body.kind,
        folder: body.folder,
    };
    Ok((StatusCode::CREATED, Json(workflows::create(&desk, new).await?)))
}
