use super::SpanQuery;
use crate::actions::Desk;
use crate::actions::statistics::{self, Span, Statistics};
use crate::api::EnvironmentWorkflowPath;
use crate::api::extract::{Json, Path, Query};
use crate::problem::Problem;

/// Reads how often conversations came to each node of a workflow, how they left it, and what went wrong there, by the hour.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/workflows/{workflow}/statistics",
    tag = "Statistics",
    params(SpanQuery),
    responses((status = OK, body = Statistics))
)]
pub async fn read_statistics(
    desk: Desk,
    Path(path): Path<EnvironmentWorkflowPath>,
    Query(asked): Query<SpanQuery>,
) -> Result<Json<Statistics>, Problem> {
    let span = Span::new(asked.from, asked.to, desk.core.clock.now())?;
    Ok(Json(statistics::read(&desk, path.environment, &path.workflow, span).await?))
}
