use axum::extract::State;

use super::{NEWEST, PreviewDetail, find};
use crate::actions::Desk;
use crate::api::IdPath;
use crate::api::extract::{Json, Path};
use crate::app::AppState;
use crate::problem::Problem;

/// Reads a preview: what was said, the steps taken, the variables, and where it waits.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/previews/{id}", tag = "Previews",
    responses((status = OK, body = PreviewDetail))
)]
pub async fn read_preview(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<IdPath>,
) -> Result<Json<PreviewDetail>, Problem> {
    let preview = find(&desk, &app, &path.id).await?;
    Ok(Json(desk.core.store.conversations().present(&preview.key(), NEWEST).await?.into()))
}
