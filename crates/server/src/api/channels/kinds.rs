use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::api::extract::Json as JsonBody;

/// A kind of channel, and what has to be set for one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelKind {
    /// Its word, such as `whatsapp`.
    pub kind: String,
    pub title: String,
    /// JSON Schema of the settings; `x-widget` says which field the editor shows.
    pub settings: Map<String, Json>,
    /// JSON Schema of the secrets.
    pub secrets: Map<String, Json>,
    /// Whether a provider calls Usher, so that there is a callback URL to copy.
    pub webhook: bool,
}

/// Lists the kinds of channel with the schemas of their settings.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/channel-kinds", tag = "Channels",
    responses((status = OK, body = Vec<ChannelKind>))
)]
pub async fn list_channel_kinds() -> JsonBody<Vec<ChannelKind>> {
    let kinds = usher_connect::channels::kinds().into_iter().map(|kind| ChannelKind {
        kind: kind.key.to_owned(),
        title: kind.title.to_owned(),
        settings: kind.settings,
        secrets: kind.secrets,
        webhook: kind.webhook,
    });
    JsonBody(kinds.collect())
}
