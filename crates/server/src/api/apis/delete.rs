use axum::http::StatusCode;

use crate::actions::Desk;
use crate::actions::apis;
use crate::api::ApiPath;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Deletes an API, unless a draft or a live workflow calls it.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/apis/{api}", tag = "APIs",
    responses((status = NO_CONTENT), (status = CONFLICT, description = "Workflows call it (code `in_use`)."))
)]
pub async fn delete_api(desk: Desk, Path(path): Path<ApiPath>) -> Result<StatusCode, Problem> {
    apis::delete(&desk, &path.api).await?;
    Ok(StatusCode::NO_CONTENT)
}
