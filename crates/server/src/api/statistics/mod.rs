//! What happened at the nodes of workflows: so far, and as it happens.

mod live;
mod read;

use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read::read_statistics)).routes(routes!(live::watch_statistics))
}

/// Which hours: all that are touched by the span, which is 31 days long at most.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    /// Where the span begins: 24 hours before its end unless given.
    pub from: Option<Timestamp>,
    /// Where it ends: now unless given.
    pub to: Option<Timestamp>,
}

/// From which hour on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SinceQuery {
    /// A time in that hour: 24 hours ago unless given, 31 days ago at most.
    pub from: Option<Timestamp>,
}
