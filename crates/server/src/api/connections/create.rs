use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::connections::{self, ConnectionItem};
use crate::actions::secret_fields::SecretChanges;
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// A new connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateConnection {
    /// Names it for ever; made of the name unless given.
    pub key: Option<String>,
    /// Such as `zendesk_support`; the catalogue lists the systems.
    pub system: String,
    pub name: String,
    /// By the system's schema.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// By the system's schema. They are stored encrypted and never told again.
    #[serde(default)]
    pub secrets: SecretChanges,
}

/// Creates a connection. Its system's nodes are then in the catalogue.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections", tag = "Connections",
    request_body = CreateConnection,
    responses((status = CREATED, body = ConnectionItem), (status = CONFLICT, description = "The key is taken."))
)]
pub async fn create_connection(
    desk: Desk,
    Path(path): Path<EnvironmentPath>,
    Json(body): Json<CreateConnection>,
) -> Result<(StatusCode, Json<ConnectionItem>), Problem> {
    let new = connections::New {
        key: body.key,
        system: body.system,
        name: body.name,
        settings: body.settings,
        secrets: body.secrets,
    };
    Ok((StatusCode::CREATED, Json(connections::create(&desk, path.environment, new).await?)))
}
