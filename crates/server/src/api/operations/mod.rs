//! For those who look after a running Usher: what could not be handled or sent, and what waits.

mod dead_letters;
mod health;
mod kept;

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::read_health))
        .routes(routes!(kept::list_kept))
        .routes(routes!(kept::read_kept, kept::drop_kept))
        .routes(routes!(kept::retry_kept))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::retry_dead_letters))
        .routes(routes!(dead_letters::drop_dead_letter))
        .routes(routes!(dead_letters::retry_dead_letter))
}

/// Which of what is kept to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeptQuery {
    /// The key of a channel.
    pub channel: Option<String>,
    /// Where to read on: the `next` of the part before.
    pub cursor: Option<String>,
    /// How many items at most: 1 to 200, 50 unless given.
    pub limit: Option<u32>,
}

/// Which dead letters to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeadLetterQuery {
    /// The key of a channel.
    pub channel: Option<String>,
    /// A part of the error.
    pub error: Option<String>,
    /// Where to read on: the `next` of the part before.
    pub cursor: Option<String>,
    /// How many items at most: 1 to 200, 50 unless given.
    pub limit: Option<u32>,
}
