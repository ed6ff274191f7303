use crate::actions::Desk;
use crate::actions::drafts::{self, Variable};
use crate::api::extract::{Json, Path, Query};
use crate::api::{NodeQuery, WorkflowPath};
use crate::problem::Problem;

/// Lists the variables that are set on some way to a node, and the built-in ones.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/draft/variables", tag = "Workflows",
    params(NodeQuery),
    responses((status = OK, body = Vec<Variable>))
)]
pub async fn list_variables(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    Query(before): Query<NodeQuery>,
) -> Result<Json<Vec<Variable>>, Problem> {
    Ok(Json(drafts::variables(&desk, &path.workflow, before.node).await?))
}
