use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::DeadLetterQuery;
use crate::actions::Desk;
use crate::actions::dead_letters::{self, DeadLetterItem, RetriedLetters, Which};
use crate::api::extract::{Json, OptionalJson, Page, PageQuery, Path, Query};
use crate::api::{EnvironmentIdPath, EnvironmentPath};
use crate::app::AppState;
use crate::problem::Problem;

/// Which dead letters are tried again; without anything, all of the environment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryDeadLetters {
    /// The key of a channel.
    pub channel: Option<String>,
    /// A part of the error.
    pub error: Option<String>,
    /// Given up no later than this; now unless given.
    pub until: Option<Timestamp>,
}

/// Lists the sends and calls that were given up, the newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/dead-letters", tag = "Operations",
    params(DeadLetterQuery),
    responses((status = OK, body = Page<DeadLetterItem>))
)]
pub async fn list_dead_letters(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Query(query): Query<DeadLetterQuery>,
) -> Result<Json<Page<DeadLetterItem>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let which = Which { channel: query.channel, error: query.error, ..Which::default() };
    Ok(Json(dead_letters::list(&desk, path.environment, which, &page).await?))
}

/// Tries again what was given up, up to 500 at a time, as if it were new; to one customer in the order of before.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/dead-letters/retry", tag = "Operations",
    request_body = RetryDeadLetters,
    responses((status = OK, body = RetriedLetters))
)]
pub async fn retry_dead_letters(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentPath>,
    OptionalJson(body): OptionalJson<RetryDeadLetters>,
) -> Result<Json<RetriedLetters>, Problem> {
    let which = Which { id: None, channel: body.channel, error: body.error, until: body.until };
    Ok(Json(dead_letters::retry(&desk, &app.room, path.environment, which).await?))
}

/// Tries one send or call again, as if it were new.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/dead-letters/{id}/retry",
    tag = "Operations",
    responses((status = NO_CONTENT))
)]
pub async fn retry_dead_letter(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentIdPath>,
) -> Result<StatusCode, Problem> {
    dead_letters::retry_one(&desk, &app.room, path.environment, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drops a send or call that was given up, for good.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/environments/{environment}/dead-letters/{id}", tag = "Operations",
    responses((status = NO_CONTENT))
)]
pub async fn drop_dead_letter(desk: Desk, Path(path): Path<EnvironmentIdPath>) -> Result<StatusCode, Problem> {
    dead_letters::drop(&desk, path.environment, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
