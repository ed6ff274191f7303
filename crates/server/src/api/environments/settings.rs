use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::environments::{self, EnvironmentItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads the settings of an environment.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}", tag = "Environments",
    responses((status = OK, body = EnvironmentItem))
)]
pub async fn read_environment(desk: Desk, Path(path): Path<EnvironmentPath>) -> Result<Json<EnvironmentItem>, Problem> {
    Ok(Json(environments::read(&desk, path.environment).await?))
}

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEnvironment {
    /// After how many seconds without a message from the customer a conversation ends: a minute to a week.
    pub session_seconds: Option<i64>,
}

/// Changes the settings of an environment. Running conversations follow at their next turn.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/environments/{environment}", tag = "Environments",
    request_body = ChangeEnvironment,
    responses((status = OK, body = EnvironmentItem))
)]
pub async fn change_environment(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Json(body): Json<ChangeEnvironment>,
) -> Result<Json<EnvironmentItem>, Problem> {
    let item = match body.session_seconds {
        Some(seconds) => environments::change(&desk, path.environment, seconds).await?,
        None => environments::read(&desk, path.environment).await?,
    };
    Ok(Json(item))
}
