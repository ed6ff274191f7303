use crate::actions::Desk;
use crate::actions::channels::{self, ChannelItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Page, Path};
use crate::problem::Problem;

/// Lists the channels of an environment.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels", tag = "Channels",
    responses((status = OK, body = Page<ChannelItem>))
)]
pub async fn list_channels(desk: Desk, Path(path): Path<EnvironmentPath>) -> Result<Json<Page<ChannelItem>>, Problem> {
    Ok(Json(Page::whole(channels::list(&desk, path.environment).await?)))
}
