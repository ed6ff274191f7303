use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::api_keys::{self, ApiKeyItem};
use crate::api::IdPath;
use crate::api::extract::{Json, Page, Path};
use crate::auth::role::Role;
use crate::problem::Problem;

/// Lists the API keys of the workspace; the keys themselves are not known to Usher.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/api-keys", tag = "People",
    responses((status = OK, body = Page<ApiKeyItem>))
)]
pub async fn list_api_keys(desk: Desk) -> Result<Json<Page<ApiKeyItem>>, Problem> {
    Ok(Json(Page::whole(api_keys::list(&desk).await?)))
}

/// A new key: what it is for, and what it may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    pub name: String,
    pub role: Role,
}

/// A new key, told once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NewApiKey {
    #[serde(flatten)]
    pub item: ApiKeyItem,
    /// Send it as `Authorization: Bearer …`.
    pub key: String,
}

/// Creates an API key.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/api-keys", tag = "People",
    request_body = CreateApiKey,
    responses((status = CREATED, body = NewApiKey))
)]
pub async fn create_api_key(
    desk: Desk,
    Json(body): Json<CreateApiKey>,
) -> Result<(StatusCode, Json<NewApiKey>), Problem> {
    let (item, key) = api_keys::create(&desk, &body.name, body.role).await?;
    Ok((StatusCode::CREATED, Json(NewApiKey { item, key })))
}

/// Revokes an API key, at once.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/api-keys/{id}", tag = "People",
    responses((status = NO_CONTENT))
)]
pub async fn revoke_api_key(desk: Desk, Path(path): Path<IdPath>) -> Result<StatusCode, Problem> {
    api_keys::revoke(&desk, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
