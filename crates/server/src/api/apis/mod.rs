//! APIs of the business's own, which workflows call.

mod change;
mod create;
mod delete;
mod list;
mod read;
mod try_out;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_apis, create::create_api))
        .routes(routes!(read::read_api, change::change_api, delete::delete_api))
        .routes(routes!(try_out::try_api))
}
