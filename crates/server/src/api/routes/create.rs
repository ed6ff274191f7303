use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::routes::{self, RouteItem};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// A new route.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRoute {
    /// Part of the public address of a web chat; made of the name unless given.
    pub key: Option<String>,
    pub name: String,
    /// The key of the channel.
    pub channel: String,
    /// Which entry of the channel: the number of a WhatsApp channel, empty for the only one.
    #[serde(default)]
    pub entry: String,
    /// The key of the workflow that answers.
    pub workflow: String,
    /// The node at which it begins; its start unless given.
    pub node: Option<u32>,
    /// What a customer reads who writes while nothing is deployed for it; silence if there is none.
    pub closed_answer: Option<String>,
}

/// Creates a route.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/routes", tag = "Routes",
    request_body = CreateRoute,
    responses(
        (status = CREATED, body = RouteItem),
        (status = CONFLICT, description = "The key, or the channel's entry, is taken."),
    )
)]
pub async fn create_route(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Json(body): Json<CreateRoute>,
) -> Result<(StatusCode, Json<RouteItem>), Problem> {
    let new = routes::New {
        key: body.key,
        name: body.name,
        channel: body.channel,
        entry: body.entry,
        workflow: body.workflow,
        node: body.node,
        closed_answer: body.closed_answer,
    };
    Ok((StatusCode::CREATED, Json(routes::create(&desk, path.environment, new).await?)))
}
