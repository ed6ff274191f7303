//! Conversations, live and past: transcript, path and variables.

mod list;
mod live;
mod read;
pub mod view;

use serde::Deserialize;
use utoipa::IntoParams;
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

/// Which conversations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// A part of the contact's name, phone number or address.
    #[serde(default)]
    pub search: String,
    /// Where to read on: the `next` of the part before.
    pub cursor: Option<String>,
    /// How many items at most: 1 to 200, 50 unless given.
    pub limit: Option<u32>,
}
