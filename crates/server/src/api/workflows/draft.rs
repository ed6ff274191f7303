use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use usher_engine::workflow::{Document, Problem as WorkflowProblem};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::drafts;
use crate::api::extract::{IfMatch, Json, Path, Tagged};
use crate::api::{WorkflowPath, schema};
use crate::problem::Problem;

/// Reads the draft. The `ETag` goes into `If-Match` of the next change.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/draft", tag = "Workflows",
    responses((status = OK, body = schema::WorkflowDocument, headers(("ETag" = String))))
)]
pub async fn read_draft(desk: Desk, Path(path): Path<WorkflowPath>) -> Result<Tagged<Document>, Problem> {
    let draft = drafts::read(&desk, &path.workflow).await?;
    Ok(Tagged(draft.etag, draft.document))
}

/// What was kept, and what is still to be mended in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeptDraft {
    pub kept_at: Timestamp,
    #[schema(value_type = Vec<schema::WorkflowProblem>)]
    pub problems: Vec<WorkflowProblem>,
}

/// Keeps a new state of the draft, mistakes and all; only what is no workflow document is refused.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/draft", tag = "Workflows",
    request_body = schema::WorkflowDocument,
    responses(
        (status = OK, body = KeptDraft, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "Somebody else has changed the draft in the meantime."),
        (status = UNPROCESSABLE_ENTITY, description = "It is no workflow document; `errors` tells the place."),
        (status = PRECONDITION_REQUIRED, description = "`If-Match` is missing."),
    )
)]
pub async fn keep_draft(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    if_match: IfMatch,
    body: Bytes,
) -> Result<Tagged<KeptDraft>, Problem> {
    let kept = drafts::keep(&desk, &path.workflow, &if_match, &body).await?;
    Ok(Tagged(kept.etag, KeptDraft { kept_at: kept.at, problems: kept.problems }))
}

/// Lists what is to be mended in the draft.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/draft/problems", tag = "Workflows",
    responses((status = OK, body = Vec<schema::WorkflowProblem>))
)]
pub async fn list_draft_problems(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
) -> Result<Json<Vec<WorkflowProblem>>, Problem> {
    Ok(Json(drafts::problems(&desk, &path.workflow).await?))
}
