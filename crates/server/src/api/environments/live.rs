use serde::Serialize;
use usher_engine::workflow::Document;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::deployments::{self, LiveWorkflow};
use crate::api::extract::{Json, Page, Path};
use crate::api::{EnvironmentPath, EnvironmentWorkflowPath, schema};
use crate::problem::Problem;

/// Lists exactly the workflows that are live, each in its live version.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/workflows", tag = "Environments",
    responses((status = OK, body = Page<LiveWorkflow>))
)]
pub async fn list_live_workflows(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
) -> Result<Json<Page<LiveWorkflow>>, Problem> {
    Ok(Json(Page::whole(deployments::live(&desk, path.environment).await?)))
}

/// A workflow as it is live.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiveDocument {
    pub version: u32,
    #[schema(value_type = schema::WorkflowDocument)]
    pub document: Document,
}

/// Reads a live workflow.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/workflows/{workflow}", tag = "Environments",
    responses((status = OK, body = LiveDocument))
)]
pub async fn read_live_workflow(
    desk: Desk,
    Path(path): Path<EnvironmentWorkflowPath>,
) -> Result<Json<LiveDocument>, Problem> {
    let (version, document) = deployments::live_document(&desk, path.environment, &path.workflow).await?;
    Ok(Json(LiveDocument { version, document }))
}
