use axum::extract::State;
use axum::http::StatusCode;

use super::find;
use crate::actions::Desk;
use crate::api::IdPath;
use crate::api::extract::Path;
use crate::app::AppState;
use crate::problem::Problem;

/// Ends a preview; nothing can be said in it any more.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/previews/{id}", tag = "Previews",
    responses((status = NO_CONTENT))
)]
pub async fn end_preview(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<IdPath>,
) -> Result<StatusCode, Problem> {
    let preview = find(&desk, &app, &path.id).await?;
    let mut tx = desk.core.store.begin().await?;
    tx.previews().delete(&desk.workspace.id, &preview.id).await?;
    tx.commit().await?;
    app.room.previews.forget(&preview.id);
    Ok(StatusCode::NO_CONTENT)
}
