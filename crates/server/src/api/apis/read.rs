use crate::actions::Desk;
use crate::actions::apis::{self, ApiItem};
use crate::api::ApiPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads an API; its secrets are told by name alone.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/apis/{api}", tag = "APIs",
    responses((status = OK, body = ApiItem))
)]
pub async fn read_api(desk: Desk, Path(path): Path<ApiPath>) -> Result<Json<ApiItem>, Problem> {
    Ok(Json(apis::read(&desk, &path.api).await?))
}
