use crate::actions::Desk;
use crate::actions::apis::{self, Tried, Try};
use crate::api::ApiPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Makes one call to the API, to see what it answers and what workflows would make of it.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/apis/{api}/try", tag = "APIs",
    request_body = Try,
    responses((status = OK, body = Tried))
)]
pub async fn try_api(desk: Desk, Path(path): Path<ApiPath>, Json(body): Json<Try>) -> Result<Json<Tried>, Problem> {
    Ok(Json(apis::try_out(&desk, &path.api, body).await?))
}
