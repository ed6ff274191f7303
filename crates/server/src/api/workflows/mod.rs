//! Workflows: their drafts and versions. They are made and changed here alone.

mod change;
mod create;
mod delete;
mod draft;
mod duplicate;
mod list;
mod numbers;
mod read;
mod variables;
mod versions;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_workflows, create::create_workflow))
        .routes(routes!(read::read_workflow, change::change_workflow, delete::delete_workflow))
        .routes(routes!(duplicate::duplicate_workflow))
        .routes(routes!(draft::read_draft, draft::keep_draft))
        .routes(routes!(draft::list_draft_problems))
        .routes(routes!(variables::list_variables))
        .routes(routes!(numbers::take_numbers))
        .routes(routes!(versions::list_versions, versions::save_version))
        .routes(routes!(versions::read_version))
}
