use axum::extract::State;
use axum::http::StatusCode;

use super::KeptQuery;
use crate::actions::Desk;
use crate::actions::kept::{self, KeptDetail, KeptItem, RetriedEvent};
use crate::api::extract::{Json, Page, PageQuery, Path, Query};
use crate::api::{EnvironmentIdPath, EnvironmentPath};
use crate::app::AppState;
use crate::problem::Problem;

/// Lists what came in and could not be used, the newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/kept", tag = "Operations",
    params(KeptQuery),
    responses((status = OK, body = Page<KeptItem>))
)]
pub async fn list_kept(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Query(query): Query<KeptQuery>,
) -> Result<Json<Page<KeptItem>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    Ok(Json(kept::list(&desk, path.environment, query.channel.as_deref(), &page).await?))
}

/// Reads what came in and could not be used.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/kept/{id}", tag = "Operations",
    responses((status = OK, body = KeptDetail))
)]
pub async fn read_kept(desk: Desk, Path(path): Path<EnvironmentIdPath>) -> Result<Json<KeptDetail>, Problem> {
    Ok(Json(kept::read(&desk, path.environment, &path.id).await?))
}

/// Tries an event again, under its id: what was handled after all is not handled twice.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/kept/{id}/retry", tag = "Operations",
    responses(
        (status = OK, body = RetriedEvent),
        (status = CONFLICT, description = "It is a webhook that could not be read (`not_an_event`)."),
    )
)]
pub async fn retry_kept(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentIdPath>,
) -> Result<Json<RetriedEvent>, Problem> {
    Ok(Json(kept::retry(&desk, &app.room, path.environment, &path.id).await?))
}

/// Drops what came in and could not be used, for good.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/environments/{environment}/kept/{id}", tag = "Operations",
    responses((status = NO_CONTENT))
)]
pub async fn drop_kept(desk: Desk, Path(path): Path<EnvironmentIdPath>) -> Result<StatusCode, Problem> {
    kept::drop(&desk, path.environment, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
