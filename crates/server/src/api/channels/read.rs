use crate::actions::Desk;
use crate::actions::channels::{self, ChannelItem};
use crate::api::ChannelPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Reads a channel: its settings, what to copy to the provider, and how it fares.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels/{channel}", tag = "Channels",
    responses((status = OK, body = ChannelItem))
)]
pub async fn read_channel(desk: Desk, Path(path): Path<ChannelPath>) -> Result<Json<ChannelItem>, Problem> {
    Ok(Json(channels::read(&desk, path.environment, &path.channel).await?))
}
