use crate::actions::Desk;
use crate::actions::deployments::{self, DeploymentItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, PageQuery, Path, Query};
use crate::problem::Problem;

/// Lists the deployments of an environment, the newest first, each with the versions that it made live.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/deployments", tag = "Environments",
    params(PageQuery),
    responses((status = OK, body = Page<DeploymentItem>))
)]
pub async fn list_deployments(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DeploymentItem>>, Problem> {
    Ok(Json(deployments::list(&desk, path.environment, &page).await?))
}
