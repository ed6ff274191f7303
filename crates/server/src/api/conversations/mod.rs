//! Conversations, live and past: transcript, path and variables.

mod list;
mod live;
mod read;
pub mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_conversations))
        .routes(routes!(read::read_conversation))
        .routes(routes!(live::watch_conversation))
}
