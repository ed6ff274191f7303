use serde::Deserialize;
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::routes::{self, RouteItem};
use crate::api::EnvironmentIdPath;
use crate::api::extract::{Json, Path, some};
use crate::problem::Problem;

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoute {
    pub name: Option<String>,
    pub channel: Option<String>,
    pub entry: Option<String>,
    pub workflow: Option<String>,
    /// The node at which the workflow begins; null for its start.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<u32>)]
    pub node: Option<Option<u32>>,
    /// What a customer reads who writes while nothing is deployed for it; silence if there is none. Null takes it away.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    pub closed_answer: Option<Option<String>>,
}

/// Changes a route. New conversations follow it at once; running ones finish where they are.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/environments/{environment}/routes/{id}", tag = "Routes",
    request_body = ChangeRoute,
    responses((status = OK, body = RouteItem))
)]
pub async fn change_route(
    desk: Desk,
    Path(path): Path<EnvironmentIdPath>,
    Json(body): Json<ChangeRoute>,
) -> Result<Json<RouteItem>, Problem> {
    let change = routes::Change {
        name: body.name,
        channel: body.channel,
        entry: body.entry,
        workflow: body.workflow,
        node: body.node,
        closed_answer: body.closed_answer,
    };
    Ok(Json(routes::change(&desk, path.environment, &path.id, change).await?))
}
