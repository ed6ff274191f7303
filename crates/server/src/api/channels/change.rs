use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::channels::{self, ChannelItem};
use crate::actions::secret_fields::SecretChanges;
use crate::api::ChannelPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeChannel {
    pub name: Option<String>,
    /// All the settings, in place of those before.
    pub settings: Option<Map<String, Value>>,
    /// Secrets by name: a text sets one, null takes it away, one that is left out stays.
    #[serde(default)]
    pub secrets: SecretChanges,
}

/// Changes a channel.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels/{channel}", tag = "Channels",
    request_body = ChangeChannel,
    responses((status = OK, body = ChannelItem))
)]
pub async fn change_channel(
    desk: Desk,
    Path(path): Path<ChannelPath>,
    Json(body): Json<ChangeChannel>,
) -> Result<Json<ChannelItem>, Problem> {
    let change = channels::Change { name: body.name, settings: body.settings, secrets: body.secrets };
    Ok(Json(channels::change(&desk, path.environment, &path.channel, change).await?))
}
