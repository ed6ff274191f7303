use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::connections::{self, ConnectionItem};
use crate::actions::secret_fields::SecretChanges;
use crate::api::ConnectionPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeConnection {
    pub name: Option<String>,
    /// All the settings, in place of those before.
    pub settings: Option<Map<String, Value>>,
    /// Secrets by name: a text sets one, null takes it away, one that is left out stays.
    #[serde(default)]
    pub secrets: SecretChanges,
}

/// Changes a connection; it counts as untested until it is tested again.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections/{connection}",
    tag = "Connections",
    request_body = ChangeConnection,
    responses((status = OK, body = ConnectionItem))
)]
pub async fn change_connection(
    desk: Desk,
    Path(path): Path<ConnectionPath>,
    Json(body): Json<ChangeConnection>,
) -> Result<Json<ConnectionItem>, Problem> {
    let change = connections::Change { name: body.name, settings: body.settings, secrets: body.secrets };
    Ok(Json(connections::change(&desk, path.environment, &path.connection, change).await?))
}
