use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::channels;
use crate::actions::connections::Tested;
use crate::api::ChannelPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// A message to try the channel out with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestMessage {
    /// A phone number with its country code.
    pub to: String,
    pub text: String,
}

/// Sends a message outside of any conversation, to see whether the channel can send.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/channels/{channel}/test-message",
    tag = "Channels",
    request_body = TestMessage,
    responses((status = OK, body = Tested))
)]
pub async fn send_test_message(
    desk: Desk,
    Path(path): Path<ChannelPath>,
    Json(body): Json<TestMessage>,
) -> Result<Json<Tested>, Problem> {
    Ok(Json(channels::send_test(&desk, path.environment, &path.channel, &body.to, &body.text).await?))
}
