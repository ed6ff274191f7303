//! The environments: their settings, and what is live in them, which is read only and changes by deploying alone.

mod deploy;
mod deployments;
mod live;
mod settings;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(settings::read_environment, settings::change_environment))
        .routes(routes!(live::list_live_workflows))
        .routes(routes!(live::read_live_workflow))
        .routes(routes!(deployments::list_deployments, deploy::deploy))
}
