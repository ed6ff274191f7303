use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::deployments;
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// What goes live.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// Versions by the workflows' keys. Workflows that are not named stay as they are; null takes one offline.
    #[schema(value_type = BTreeMap<String, Option<u32>>)]
    pub workflows: BTreeMap<String, Option<u32>>,
    pub note: Option<String>,
}

/// The number of a deployment.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Deployed {
    pub number: u64,
}

/// Puts versions live, all at once. Running conversations finish on what they began with.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/deployments", tag = "Environments",
    request_body = Deploy,
    responses(
        (status = CREATED, body = Deployed),
        (status = CONFLICT, description = "Approval is required (`approval_required`), or something that the \
            workflows need is missing in the environment (`missing`; `errors` lists it)."),
    )
)]
pub async fn deploy(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Json(body): Json<Deploy>,
) -> Result<(StatusCode, Json<Deployed>), Problem> {
    let number = deployments::deploy(&desk, path.environment, &body.workflows, body.note).await?;
    Ok((StatusCode::CREATED, Json(Deployed { number })))
}
