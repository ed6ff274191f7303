//! Who belongs to a workspace.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usher_store::{Tx, User};
use utoipa::ToSchema;

use super::links::membership;
use super::role;
use crate::actions::Desk;
use crate::auth::Role;
use crate::problem::Problem;

/// Somebody who belongs to the workspace, or is invited.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberItem {
    /// The user's id; of an invited person, the invitation's.
    pub id: String,
    /// Null until an invitation is accepted.
    pub name: Option<String>,
    pub email: String,
    pub role: Role,
    pub state: MemberState,
    pub invited_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
}

/// How far somebody has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    Active,
    Invited,
    Disabled,
}

/// Lists who belongs to the workspace and who is invited.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk) -> Result<Vec<MemberItem>, Problem> {
    let store = &desk.core.store;
    let mut items = Vec::new();
    for member in store.memberships().of_workspace(&desk.workspace.id).await? {
        items.push(item_of(member.user, &member.role)?);
    }
    let now = desk.core.clock.now();
    for link in store.links().invitations(&desk.workspace.id).await? {
        if link.used_at.is_none() && now < link.expires_at {
            items.push(MemberItem {
                id: link.token_hash,
                name: None,
                email: link.email.unwrap_or_default(),
                role: role(&link.role.unwrap_or_default())?,
                state: MemberState::Invited,
                invited_at: Some(link.created_at),
                last_seen_at: None,
            });
        }
    }
    Ok(items)
}

fn item_of(user: User, word: &str) -> Result<MemberItem, Problem> {
    Ok(MemberItem {
        id: user.id,
        name: Some(user.name),
        email: user.email,
        role: role(word)?,
        state: if user.disabled { MemberState::Disabled } else { MemberState::Active },
        invited_at: None,
        last_seen_at: user.last_login_at,
    })
}

/// Makes a user a member.
///
/// # Errors
///
/// The store cannot be written.
pub async fn join(desk: &Desk, user: &User, role: Role) -> Result<(), Problem> {
    let mut tx = desk.core.store.begin().await?;
    tx.memberships().put(&membership(&desk.core, &desk.workspace, user, role)).await?;
    desk.note(&mut tx, "user.joined", &format!("user {}", user.email), json!({ "role": role })).await?;
    Ok(tx.commit().await?)
}

/// Gives a member another role.
///
/// # Errors
///
/// There is no such member, or nobody would be admin any more.
pub async fn change_role(desk: &Desk, id: &str, wanted: Role) -> Result<MemberItem, Problem> {
    let mut tx = desk.core.store.begin().await?;
    let user = member(&mut tx, desk, id).await?;
    tx.memberships().put(&membership(&desk.core, &desk.workspace, &user, wanted)).await?;
    an_admin_stays(&mut tx, desk).await?;
    desk.note(&mut tx, "user.role_changed", &format!("user {}", user.email), json!({ "role": wanted })).await?;
    tx.commit().await?;
    item_of(user, wanted.as_str())
}

/// Takes somebody out of the workspace, or takes an invitation back.
///
/// # Errors
///
/// There is nobody of that id, or nobody would be admin any more.
pub async fn remove(desk: &Desk, id: &str) -> Result<(), Problem> {
    let mut tx = desk.core.store.begin().await?;
    let invitations = tx.links().invitations(&desk.workspace.id).await?;
    if let Some(link) = invitations.into_iter().find(|link| link.token_hash == id) {
        let email = link.email.unwrap_or_default();
        tx.links().delete_invitations(&desk.workspace.id, &email).await?;
        desk.note(&mut tx, "user.invitation_withdrawn", &format!("user {email}"), json!({})).await?;
        return Ok(tx.commit().await?);
    }
    let user = member(&mut tx, desk, id).await?;
    tx.memberships().delete(&desk.workspace.id, id).await?;
    an_admin_stays(&mut tx, desk).await?;
    desk.note(&mut tx, "user.removed", &format!("user {}", user.email), json!({})).await?;
    Ok(tx.commit().await?)
}

async fn member(tx: &mut Tx, desk: &Desk, id: &str) -> Result<User, Problem> {
    let members = tx.memberships().of_workspace(&desk.workspace.id).await?;
    let found = members.into_iter().map(|member| member.user).find(|user| user.id == id);
    found.ok_or_else(|| Problem::not_found(format!("nobody in this workspace has the id {id}")))
}

/// Refuses a change after which nobody could manage the workspace; the transaction is then dropped.
async fn an_admin_stays(tx: &mut Tx, desk: &Desk) -> Result<(), Problem> {
    let members = tx.memberships().of_workspace(&desk.workspace.id).await?;
    let admins = members.iter().filter(|member| member.role == Role::Admin.as_str() && !member.user.disabled);
    if admins.count() > 0 {
        return Ok(());
    }
    Err(Problem::conflict("last_admin", "a workspace has at least one admin; make somebody else one first"))
}
