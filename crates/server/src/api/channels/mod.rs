//! Channels: the ends at which customers reach the business.

mod change;
mod create;
mod delete;
mod kinds;
mod list;
mod read;
mod test_message;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(kinds::list_channel_kinds))
        .routes(routes!(list::list_channels, create::create_channel))
        .routes(routes!(read::read_channel, change::change_channel, delete::delete_channel))
        .routes(routes!(test_message::send_test_message))
}
