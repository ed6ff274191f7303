use axum::http::StatusCode;

use crate::actions::Desk;
use crate::actions::channels;
use crate::api::ChannelPath;
use crate::api::extract::Path;
use crate::problem::Problem;

/// Deletes a channel, unless routes still use it.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels/{channel}", tag = "Channels",
    responses((status = NO_CONTENT), (status = CONFLICT, description = "Routes use it (code `in_use`)."))
)]
pub async fn delete_channel(desk: Desk, Path(path): Path<ChannelPath>) -> Result<StatusCode, Problem> {
    channels::delete(&desk, path.environment, &path.channel).await?;
    Ok(StatusCode::NO_CONTENT)
}
