//! What is live: read only, and changed by deploying alone.

mod deploy;
mod deployments;
mod live;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(live::list_live_workflows))
        .routes(routes!(live::read_live_workflow))
        .routes(routes!(deployments::list_deployments, deploy::deploy))
}
