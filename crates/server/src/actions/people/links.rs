//! Links that open a door once: set-up, invitations, new passwords.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use usher_store::{Link, LinkKind, Membership, User, Workspace};

use super::{email, role};
use crate::actions::{Desk, audit, key, workspaces};
use crate::app::Core;
use crate::auth::{Actor, Role};
use crate::documents::examples;
use crate::ids::{self, Token};
use crate::problem::Problem;

/// How long the set-up link works; each start prints a new one.
const SET_UP: SignedDuration = SignedDuration::from_hours(24);
/// How long an invitation works.
const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a link for a new password works.
const RESET: SignedDuration = SignedDuration::from_hours(24);

/// Says whether Usher still waits for its first user.
///
/// # Errors
///
/// The store cannot be read.
pub async fn nobody_yet(core: &Core) -> Result<bool, Problem> {
    Ok(core.store.users().count().await? == 0)
}

/// Makes the link by which the first administrator comes in.
///
/// # Errors
///
/// The store cannot be written.
pub async fn setup_link(core: &Core) -> Result<String, Problem> {
    let token = core.ids.token();
    let mut tx = core.store.begin().await?;
    tx.links().create(&link(core, &token, LinkKind::SetUp, SET_UP)).await?;
    tx.commit().await?;
    Ok(core.configuration.link(&format!("/setup?token={}", token.plain)))
}

fn link(core: &Core, token: &Token, kind: LinkKind, life: SignedDuration) -> Link {
    let now = core.clock.now();
    Link {
        token_hash: token.hash.clone(),
        kind,
        workspace: None,
        user_id: None,
        email: None,
        role: None,
        created_by: None,
        created_at: now,
        expires_at: now.saturating_add(life).unwrap_or(now),
        used_at: None,
    }
}

/// Finds a link that still works.
async fn open(core: &Core, token: &str, kind: LinkKind, name: &str) -> Result<Link, Problem> {
    let gone = || Problem::not_found(format!("this {name} is not, or no longer, a working one; ask for a new one"));
    let link = core.store.links().get(&ids::hash_of(token)).await?.ok_or_else(gone)?;
    let works = link.kind == kind && link.used_at.is_none() && works_at(&link, core.clock.now());
    if works { Ok(link) } else { Err(gone()) }
}

fn works_at(link: &Link, now: Timestamp) -> bool {
    now < link.expires_at
}

/// The first administrator and the first workspace.
#[derive(Debug)]
pub struct First {
    pub token: String,
    pub name: String,
    pub email: String,
    pub password: SecretString,
    pub workspace: String,
}

/// Makes the first administrator and the first workspace; in demo mode the workspace has the example in it.
///
/// # Errors
///
/// The link does not work, somebody was first, or a value is not right.
pub async fn set_up(core: &Core, first: First) -> Result<User, Problem> {
    if !nobody_yet(core).await? {
        return Err(Problem::forbidden(
            "set_up_already",
            "Usher is set up already; log in, or ask an admin to invite you",
        ));
    }
    let link = open(core, &first.token, LinkKind::SetUp, "set-up link").await.map_err(|problem| {
        Problem::forbidden("wrong_link", format!("{}: start the server again to have one printed", problem.detail))
    })?;
    let user = new_user(core, &first.email, &first.name, first.password).await?;
    let name = key::name(&first.workspace).map_err(|problem| Problem::invalid_at("/workspace", &*problem.detail))?;
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };

    let mut tx = core.store.begin().await?;
    // Two who hold the link cannot both be first: it is used once.
    if !tx.links().claim(&link.token_hash, core.clock.now()).await? {
        return Err(Problem::forbidden(
            "set_up_already",
            "somebody else was first; log in, or ask an admin to invite you",
        ));
    }
    tx.users().create(&user).await?;
    let workspace = workspaces::create_in(&mut tx, core, &actor, &key::of(&name), &name).await?;
    tx.memberships().put(&membership(core, &workspace, &user, Role::Admin)).await?;
    tx.commit().await?;

    let desk = Desk { core: core.clone(), workspace, actor };
    if core.configuration.demo {
        examples::furnish(&desk).await?;
    }
    Ok(user)
}

async fn new_user(core: &Core, address: &str, name: &str, password: SecretString) -> Result<User, Problem> {
    Ok(User {
        id: core.ids.id(),
        email: email(address)?,
        name: key::name(name)?,
        password_hash: Some(core.passwords.hash(password).await?),
        disabled: false,
        created_at: core.clock.now(),
        last_login_at: None,
    })
}

pub(super) fn membership(core: &Core, workspace: &Workspace, user: &User, role: Role) -> Membership {
    Membership {
        workspace: workspace.id.clone(),
        user_id: user.id.clone(),
        role: role.to_string(),
        created_at: core.clock.now(),
    }
}

/// Invites somebody to the workspace and returns the link for them.
///
/// # Errors
///
/// The address is none, or they belong already.
pub async fn invite(desk: &Desk, address: &str, role: Role) -> Result<String, Problem> {
    let core = &desk.core;
    let address = email(address)?;
    if let Some(user) = core.store.users().by_email(&address).await?
        && core.store.memberships().get(&desk.workspace.id, &user.id).await?.is_some()
    {
        return Err(Problem::conflict("member_already", format!("{address} belongs to this workspace already")));
    }
    let token = core.ids.token();
    let link = Link {
        workspace: Some(desk.workspace.id.clone()),
        email: Some(address.clone()),
        role: Some(role.to_string()),
        created_by: Some(desk.actor.name().to_owned()),
        ..link(core, &token, LinkKind::Invitation, INVITATION)
    };
    let mut tx = core.store.begin().await?;
    tx.links().delete_invitations(&desk.workspace.id, &address).await?;
    tx.links().create(&link).await?;
    desk.note(&mut tx, "user.invited", &format!("user {address}"), json!({ "role": role })).await?;
    tx.commit().await?;
    Ok(core.configuration.link(&format!("/invitations/{}", token.plain)))
}

/// An invitation that works.
#[derive(Debug)]
pub struct Invitation {
    pub email: String,
    pub workspace: Workspace,
    pub role: Role,
    /// The invited person's account, if there is one.
    pub user: Option<User>,
    token_hash: String,
}

/// Reads an invitation.
///
/// # Errors
///
/// It does not work, or no longer.
pub async fn invitation(core: &Core, token: &str) -> Result<Invitation, Problem> {
    let link = open(core, token, LinkKind::Invitation, "invitation").await?;
    let broken = || Problem::internal(&"an invitation lacks its workspace, address or role");
    let (Some(workspace), Some(email), Some(word)) = (link.workspace, link.email, link.role) else {
        return Err(broken());
    };
    let workspace = core.store.workspaces().get(&workspace).await?.ok_or_else(broken)?;
    let user = core.store.users().by_email(&email).await?;
    Ok(Invitation { email, workspace, role: role(&word)?, user, token_hash: link.token_hash })
}

/// Accepts an invitation: makes the account unless there is one, and joins the workspace.
///
/// # Errors
///
/// The invitation does not work; the password is too weak, or not that of the account that there is.
pub async fn accept(core: &Core, token: &str, name: &str, password: SecretString) -> Result<User, Problem> {
    let invitation = invitation(core, token).await?;
    let known = invitation.user.is_some();
    let user = match invitation.user {
        Some(user) if user.disabled => {
            return Err(Problem::forbidden("disabled", "this account is disabled; ask an admin"));
        }
        Some(user) => {
            if !core.passwords.check(password, user.password_hash.clone()).await? {
                let detail = format!("{} has an account already; give its password", invitation.email);
                return Err(Problem::invalid_at("/password", detail));
            }
            user
        }
        None => new_user(core, &invitation.email, name, password).await?,
    };
    let mut tx = core.store.begin().await?;
    if !tx.links().claim(&invitation.token_hash, core.clock.now()).await? {
        return Err(Problem::not_found("this invitation was used already"));
    }
    if !known {
        tx.users().create(&user).await?;
    }
    tx.memberships().put(&membership(core, &invitation.workspace, &user, invitation.role)).await?;
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
    let (subject, details) = (format!("user {}", user.email), json!({ "role": invitation.role }));
    audit::note(&mut tx, core, &actor, Some(&invitation.workspace.id), "user.joined", &subject, details).await?;
    tx.commit().await?;
    Ok(user)
}

/// Makes a link by which a user sets a new password.
///
/// # Errors
///
/// The store cannot be written.
pub async fn reset_link(core: &Core, user: &User) -> Result<String, Problem> {
    let token = core.ids.token();
    let link = Link { user_id: Some(user.id.clone()), ..link(core, &token, LinkKind::PasswordReset, RESET) };
    let mut tx = core.store.begin().await?;
    tx.links().create(&link).await?;
    let subject = format!("user {}", user.email);
    audit::note(&mut tx, core, &Actor::CommandLine, None, "user.reset_link_made", &subject, json!({})).await?;
    tx.commit().await?;
    Ok(core.configuration.link(&format!("/password-resets/{}", token.plain)))
}

/// Says whose password a link sets.
///
/// # Errors
///
/// The link does not work.
pub async fn whose_reset(core: &Core, token: &str) -> Result<User, Problem> {
    let link = open(core, token, LinkKind::PasswordReset, "link").await?;
    let user = match link.user_id {
        Some(id) => core.store.users().get(&id).await?,
        None => None,
    };
    user.filter(|user| !user.disabled).ok_or_else(|| Problem::not_found("the user of this link is not there any more"))
}

/// Sets a new password by a link; all log-ins of the user end.
///
/// # Errors
///
/// The link does not work, or the password is too weak.
pub async fn reset(core: &Core, token: &str, password: SecretString) -> Result<User, Problem> {
    let user = whose_reset(core, token).await?;
    let password_hash = Some(core.passwords.hash(password).await?);
    let user = User { password_hash, ..user };
    let mut tx = core.store.begin().await?;
    if !tx.links().claim(&ids::hash_of(token), core.clock.now()).await? {
        return Err(Problem::not_found("this link was used already; ask for a new one"));
    }
    tx.users().update(&user).await?;
    tx.logins().delete_of_user(&user.id, None).await?;
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
    let subject = format!("user {}", user.email);
    audit::note(&mut tx, core, &actor, None, "user.password_reset", &subject, json!({})).await?;
    tx.commit().await?;
    Ok(user)
}
