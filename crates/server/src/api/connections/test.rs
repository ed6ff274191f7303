use crate::actions::Desk;
use crate::actions::connections::{self, Tested};
use crate::api::ConnectionPath;
use crate::api::extract::{Json, Path};
use crate::problem::Problem;

/// Asks the system something harmless, and remembers whether it answered as it should.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/environments/{environment}/connections/{connection}/test",
    tag = "Connections",
    responses((status = OK, body = Tested))
)]
pub async fn test_connection(desk: Desk, Path(path): Path<ConnectionPath>) -> Result<Json<Tested>, Problem> {
    Ok(Json(connections::test(&desk, path.environment, &path.connection).await?))
}
