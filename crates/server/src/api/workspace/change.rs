use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::workspaces::{self, WorkspaceItem};
use crate::api::extract::{Json, some};
use crate::problem::Problem;

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWorkspace {
    pub name: Option<String>,
    /// Whether what goes live must be approved by somebody who did not make it.
    pub approval_required: Option<bool>,
    /// How many messages a second are taken in; 0 for as many as the installation takes.
    pub messages_per_second: Option<u32>,
    /// For how many days the log of changes is kept; null is for ever.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<u32>)]
    pub audit_days: Option<Option<u32>>,
}

/// Changes the workspace's settings.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}", tag = "Workspace",
    request_body = ChangeWorkspace,
    responses((status = OK, body = WorkspaceItem))
)]
pub async fn change_workspace(desk: Desk, Json(body): Json<ChangeWorkspace>) -> Result<Json<WorkspaceItem>, Problem> {
    let ChangeWorkspace { name, approval_required, messages_per_second, audit_days } = body;
    let change = workspaces::Change { name, approval_required, messages_per_second, audit_days };
    Ok(Json(WorkspaceItem::from(workspaces::change(&desk, change).await?)))
}
