use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::actions::Desk;
use crate::actions::apis::{self, ApiItem};
use crate::api::extract::Json;
use crate::api::schema;
use crate::problem::Problem;

/// Describes an API that workflows may call. Beside its definition the body may hold `key` (made of the name
/// unless given) and `secrets`, which are stored encrypted and never told again.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/apis", tag = "APIs",
    request_body = schema::ApiInput,
    responses((status = CREATED, body = ApiItem), (status = CONFLICT, description = "The key is taken."))
)]
pub async fn create_api(
    desk: Desk,
    Json(body): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<ApiItem>), Problem> {
    Ok((StatusCode::CREATED, Json(apis::create(&desk, body).await?)))
}
