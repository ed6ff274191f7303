//! The workspace itself: its settings, and what can be used in it.

mod catalogue;
mod change;
mod read;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(read::read_workspace, change::change_workspace))
        .routes(routes!(catalogue::read_catalogue))
}
