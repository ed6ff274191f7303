use axum::extract::State;

use crate::actions::Desk;
use crate::actions::health::{self, Health};
use crate::api::EnvironmentPath;
use crate::api::extract::{Json, Path};
use crate::app::AppState;
use crate::problem::Problem;

/// Reads what waits and what went wrong last.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/health", tag = "Operations",
    responses((status = OK, body = Health))
)]
pub async fn read_health(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentPath>,
) -> Result<Json<Health>, Problem> {
    Ok(Json(health::read(&desk, &app.room, path.environment).await?))
}
