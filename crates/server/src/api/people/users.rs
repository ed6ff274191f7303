use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::actions::people::{self, MemberItem};
use crate::api::IdPath;
use crate::api::extract::{Json, Page, Path};
use crate::auth::role::Role;
use crate::problem::Problem;

/// Lists who belongs to the workspace, and who is invited.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users", tag = "People",
    responses((status = OK, body = Page<MemberItem>))
)]
pub async fn list_users(desk: Desk) -> Result<Json<Page<MemberItem>>, Problem> {
    Ok(Json(Page::whole(people::list(&desk).await?)))
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteUser {
    pub email: String,
    pub role: Role,
}

/// The link to hand to the invited person. It is told once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationLink {
    pub url: String,
}

/// Invites somebody; an earlier invitation of the same person ends.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/users", tag = "People",
    request_body = InviteUser,
    responses((status = CREATED, body = InvitationLink), (status = CONFLICT, description = "They belong already."))
)]
pub async fn invite_user(
    desk: Desk,
    Json(body): Json<InviteUser>,
) -> Result<(StatusCode, Json<InvitationLink>), Problem> {
    let url = people::invite(&desk, &body.email, body.role).await?;
    Ok((StatusCode::CREATED, Json(InvitationLink { url })))
}

/// What to change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    pub role: Role,
}

/// Gives a member another role. The last admin stays one.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}/users/{id}", tag = "People",
    request_body = ChangeUser,
    responses((status = OK, body = MemberItem))
)]
pub async fn change_user(
    desk: Desk,
    Path(path): Path<IdPath>,
    Json(body): Json<ChangeUser>,
) -> Result<Json<MemberItem>, Problem> {
    Ok(Json(people::change_role(&desk, &path.id, body.role).await?))
}

/// Takes somebody out of the workspace, or takes an invitation back. The last admin stays.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/users/{id}", tag = "People",
    responses((status = NO_CONTENT))
)]
pub async fn remove_user(desk: Desk, Path(path): Path<IdPath>) -> Result<StatusCode, Problem> {
    people::remove(&desk, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
