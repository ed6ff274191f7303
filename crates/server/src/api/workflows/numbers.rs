use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::drafts;
use crate::api::WorkflowPath;
use crate::api::extract::{Json, OptionalJson, Path};
use crate::problem::Problem;

/// How many numbers are wanted.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeNumbers {
    /// 1 to 500; 1 unless given.
    pub count: Option<u32>,
}

/// Numbers that nobody else gets: `first` and those after it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Numbers {
    pub first: u32,
    pub count: u32,
}

/// Hands out the next node numbers of a workflow, once and never again.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/numbers", tag = "Workflows",
    request_body = TakeNumbers,
    responses((status = OK, body = Numbers))
)]
pub async fn take_numbers(
    desk: Desk,
    Path(path): Path<WorkflowPath>,
    OptionalJson(body): OptionalJson<TakeNumbers>,
) -> Result<Json<Numbers>, Problem> {
    let count = body.count.unwrap_or(1);
    let first = drafts::take_numbers(&desk, &path.workflow, count).await?;
    Ok(Json(Numbers { first, count }))
}
