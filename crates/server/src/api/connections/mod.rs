//! Connections: stored access to other systems.

mod change;
mod create;
mod delete;
mod list;
mod read;
mod test;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_connections, create::create_connection))
        .routes(routes!(read::read_connection, change::change_connection, delete::delete_connection))
        .routes(routes!(test::test_connection))
}
