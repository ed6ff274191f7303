use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_engine::workflow::Document;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::versions::{self, VersionItem};
use crate::api::extract::{IfMatch, Json, OptionalJson, Page, Path};
use crate::api::{WorkflowPath, schema};
use crate::problem::Problem;

/// Lists the versions of a workflow, the newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/versions", tag = "Workflows",
    responses((status = OK, body = Page<VersionItem>))
)]
pub async fn list_versions(desk: Desk, Path(path): Path<WorkflowPath>) -> Result<Json<Page<VersionItem>>, Problem> {
    Ok(Json(Page::whole(versions::list(&desk, &path.workflow).await?)))
}

/// What to remember of a version.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveVersion {
    pub note: Option<String>,
}

/// A version that was saved.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct SavedVersion {
    pub version: u32,
}

/// Saves the draft, in the state that `If-Match` names, as the next version. The sandbox runs it from now on.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/versions", tag = "Workflows",
    request_body = SaveVersion,
    responses(
        (status = CREATED, body = SavedVersion),
        (status = PRECONDITION_FAILED, description = "Somebody else has changed the draft in the meantime."),
    )
)]
pub async fn save_version(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    if_match: IfMatch,
    OptionalJson(body): OptionalJson<SaveVersion>,
) -> Result<(StatusCode, Json<SavedVersion>), Problem> {
    let version = versions::save(&desk, &path.workflow, &if_match, body.note).await?;
    Ok((StatusCode::CREATED, Json(SavedVersion { version })))
}

/// Names a version.
#[derive(Debug, Deserialize)]
pub struct VersionPath {
    workflow: String,
    version: u32,
}

/// Reads a version's document.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/versions/{version}", tag = "Workflows",
    responses((status = OK, body = schema::WorkflowDocument))
)]
pub async fn read_version(desk: Desk, Path(path): Path<VersionPath>) -> Result<Json<Document>, Problem> {
    Ok(Json(versions::read(&desk, &path.workflow, path.version).await?))
}
