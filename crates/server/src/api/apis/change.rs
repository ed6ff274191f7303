use serde_json::{Map, Value};

use crate::actions::Desk;
use crate::actions::apis::{self, ApiItem};
use crate::api::extract::{Json, Path};
use crate::api::{ApiPath, schema};
use crate::problem::Problem;

/// Changes the parts of an API that the body holds; of `secrets`, a text sets one, null takes it away, and one that is
/// left out stays. Conversations see it at their next call.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/apis/{api}", tag = "APIs",
    request_body = schema::ApiChange,
    responses((status = OK, body = ApiItem))
)]
pub async fn change_api(
    desk: Desk,
    Path(path): Path<ApiPath>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<ApiItem>, Problem> {
    Ok(Json(apis::change(&desk, &path.api, body).await?))
}
