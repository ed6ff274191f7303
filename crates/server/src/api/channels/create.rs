use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::channels::{self, ChannelItem};
use crate::actions::secret_fields::SecretChanges;
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// A new channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChannel {
    /// Names it for ever; made of the name unless given.
    pub key: Option<String>,
    /// `whatsapp` or `web_chat`.
    pub kind: String,
    pub name: String,
    /// By the kind's schema.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// By the kind's schema. They are stored encrypted and never told again.
    #[serde(default)]
    pub secrets: SecretChanges,
}

/// Creates a channel.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels", tag = "Channels",
    request_body = CreateChannel,
    responses((status = CREATED, body = ChannelItem), (status = CONFLICT, description = "The key is taken."))
)]
pub async fn create_channel(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Json(body): Json<CreateChannel>,
) -> Result<(StatusCode, Json<ChannelItem>), Problem> {
    let new = channels::New {
        key: body.key,
        kind: body.kind,
        name: body.name,
        settings: body.settings,
        secrets: body.secrets,
    };
    Ok((StatusCode::CREATED, Json(channels::create(&desk, path.environment, new).await?)))
}
