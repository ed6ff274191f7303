use crate::actions::Desk;
use crate::actions::audit::{self, AuditItem};
use crate::api::extract::{Json, Page, PageQuery, Query};
use crate::problem::Problem;

/// Lists who changed what, the newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/audit", tag = "People",
    params(PageQuery),
    responses((status = OK, body = Page<AuditItem>))
)]
pub async fn list_audit(desk: Desk, Query(page): Query<PageQuery>) -> Result<Json<Page<AuditItem>>, Problem> {
    Ok(Json(audit::list(&desk, &page).await?))
}
