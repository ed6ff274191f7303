use serde::Deserialize;
use utoipa::IntoParams;

use crate::actions::Desk;
use crate::actions::drafts::{self, Variable};
use crate::api::WorkflowPath;
use crate::api::extract::{Json, Path, Query};
use crate::problem::Problem;

/// Before which node.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// The number of a node; without it, every variable of the workflow is listed.
    pub node: Option<u32>,
}

/// Lists the variables that are set on some way to a node, and the built-in ones.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/draft/variables", tag = "Workflows",
    params(Before),
    responses((status = OK, body = Vec<Variable>))
)]
pub async fn list_variables(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    Query(before): Query<Before>,
) -> Result<Json<Vec<Variable>>, Problem> {
    Ok(Json(drafts::variables(&desk, &path.workflow, before.node).await?))
}
