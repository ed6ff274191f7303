//! Routes: which workflow answers at which entry of a channel.

mod change;
mod create;
mod delete;
mod list;
mod read;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list_routes, create::create_route)).routes(routes!(
        read::read_route,
        change::change_route,
        delete::delete_route
    ))
}
