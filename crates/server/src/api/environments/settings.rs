use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::environments::{self, Change, EnvironmentItem, RetentionChange};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path, some};
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
    #[serde(default)]
    pub retention: ChangeRetention,
}

/// For how many days things are kept after their end; null is for ever, what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRetention {
    /// Conversations that ended: 30 unless it is set.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<u32>)]
    pub transcript_days: Option<Option<u32>>,
    /// The steps of conversations that ended, with what other systems answered: 7 unless it is set.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<u32>)]
    pub trace_days: Option<Option<u32>>,
    /// Dead letters, webhooks and events that could not be used, the channels' logs: 30 unless it is set.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<u32>)]
    pub problem_days: Option<Option<u32>>,
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
    let ChangeRetention { transcript_days, trace_days, problem_days } = body.retention;
    let retention = RetentionChange { transcript_days, trace_days, problem_days };
    let change = Change { session_seconds: body.session_seconds, retention };
    Ok(Json(environments::change(&desk, path.environment, change).await?))
}
