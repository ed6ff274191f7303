//! A user's own account: log-in, name, password.

use secrecy::SecretString;
use serde_json::json;
use usher_store::{Login, User, Workspace};

use super::{email, role};
use crate::actions::{audit, key};
use crate::app::Core;
use crate::auth::{Actor, Caller, Role, cookie};
use crate::ids::{self, Token};
use crate::problem::Problem;

/// Finds who has this e-mail address and this password.
///
/// # Errors
///
/// 401, the same whether the address or the password is wrong, after the same time.
pub async fn authenticate(core: &Core, address: &str, password: SecretString) -> Result<User, Problem> {
    let user = match email(address) {
        Ok(address) => core.store.users().by_email(&address).await?,
        Err(_) => None,
    };
    let hashed = user.as_ref().filter(|user| !user.disabled).and_then(|user| user.password_hash.clone());
    let fits = core.passwords.check(password, hashed).await?;
    user.filter(|_| fits).ok_or_else(|| {
        let detail = "no user has this e-mail address and this password";
        Problem::new(axum::http::StatusCode::UNAUTHORIZED, "wrong_credentials", detail)
    })
}

/// Begins a log-in and returns its token.
///
/// # Errors
///
/// The store cannot be written.
pub async fn log_in(core: &Core, user: &User) -> Result<Token, Problem> {
    let token = core.ids.token();
    let now = core.clock.now();
    let login = Login {
        token_hash: token.hash.clone(),
        user_id: user.id.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.saturating_add(cookie::LONGEST).unwrap_or(now),
    };
    let mut tx = core.store.begin().await?;
    tx.logins().create(&login).await?;
    tx.users().note_login(&user.id, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends the log-in of a token.
///
/// # Errors
///
/// The store cannot be written.
pub async fn log_out(core: &Core, token: &str) -> Result<(), Problem> {
    let mut tx = core.store.begin().await?;
    tx.logins().delete(&ids::hash_of(token)).await?;
    Ok(tx.commit().await?)
}

/// Lists the workspaces that a user belongs to.
///
/// # Errors
///
/// The store cannot be read.
pub async fn workspaces_of(core: &Core, user: &str) -> Result<Vec<(Workspace, Role)>, Problem> {
    let mut found = Vec::new();
    for membership in core.store.memberships().of_user(user).await? {
        if let Some(workspace) = core.store.workspaces().get(&membership.workspace).await? {
            found.push((workspace, role(&membership.role)?));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    Ok(found)
}

/// What somebody changes of their own account.
#[derive(Debug)]
pub struct OwnChange {
    pub name: Option<String>,
    pub password: Option<SecretString>,
    pub current_password: Option<SecretString>,
}

/// Changes one's own name or password; a new password ends all other log-ins.
///
/// # Errors
///
/// The present password is wrong, the new one too weak, or the name not right.
pub async fn change_own(core: &Core, caller: &Caller, change: OwnChange) -> Result<User, Problem> {
    let mut user = caller.user.clone();
    let renewed = change.password.is_some();
    if let Some(password) = change.password {
        let current = change.current_password.unwrap_or_default();
        if !core.passwords.check(current, user.password_hash.clone()).await? {
            return Err(Problem::invalid_at("/current_password", "this is not your present password"));
        }
        user.password_hash = Some(core.passwords.hash(password).await?);
    }
    if let Some(name) = change.name {
        user.name = key::name(&name)?;
    }
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
    let mut tx = core.store.begin().await?;
    tx.users().update(&user).await?;
    if renewed {
        tx.logins().delete_of_user(&user.id, Some(&caller.login)).await?;
    }
    let details = json!({ "password": renewed });
    audit::note(&mut tx, core, &actor, None, "user.changed", &format!("user {}", user.email), details).await?;
    tx.commit().await?;
    Ok(user)
}

/// Adds a user, with or without a password.
///
/// # Errors
///
/// The address is taken or none, or the password too weak.
pub async fn add(core: &Core, address: &str, name: &str, password: Option<SecretString>) -> Result<User, Problem> {
    let password_hash = match password {
        Some(password) => Some(core.passwords.hash(password).await?),
        None => None,
    };
    let user = User {
        id: core.ids.id(),
        email: email(address)?,
        name: key::name(name)?,
        password_hash,
        disabled: false,
        created_at: core.clock.now(),
        last_login_at: None,
    };
    let mut tx = core.store.begin().await?;
    tx.users().create(&user).await?;
    let subject = format!("user {}", user.email);
    audit::note(&mut tx, core, &Actor::CommandLine, None, "user.added", &subject, json!({})).await?;
    tx.commit().await?;
    Ok(user)
}

/// Finds a user.
///
/// # Errors
///
/// There is none of that address.
pub async fn by_email(core: &Core, address: &str) -> Result<User, Problem> {
    let found = core.store.users().by_email(&email(address)?).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no user {address}; `usher user list` shows who there is")))
}

/// Lists all users with the workspaces that they belong to.
///
/// # Errors
///
/// The store cannot be read.
pub async fn everybody(core: &Core) -> Result<Vec<(User, Vec<(Workspace, Role)>)>, Problem> {
    let mut found = Vec::new();
    for user in core.store.users().list().await? {
        let workspaces = workspaces_of(core, &user.id).await?;
        found.push((user, workspaces));
    }
    Ok(found)
}

/// Keeps a user from logging in and ends their log-ins, or lets them in again.
///
/// # Errors
///
/// There is none of that address.
pub async fn disable(core: &Core, address: &str, disabled: bool) -> Result<(), Problem> {
    let mut user = by_email(core, address).await?;
    user.disabled = disabled;
    let mut tx = core.store.begin().await?;
    tx.users().update(&user).await?;
    tx.logins().delete_of_user(&user.id, None).await?;
    let action = if disabled { "user.disabled" } else { "user.enabled" };
    audit::note(&mut tx, core, &Actor::CommandLine, None, action, &format!("user {}", user.email), json!({})).await?;
    Ok(tx.commit().await?)
}

/// Sets a user's password and ends all their log-ins.
///
/// # Errors
///
/// The password is too weak.
pub async fn set_password(core: &Core, user: &User, password: SecretString) -> Result<User, Problem> {
    let password_hash = Some(core.passwords.hash(password).await?);
    let user = User { password_hash, ..user.clone() };
    let mut tx = core.store.begin().await?;
    tx.users().update(&user).await?;
    tx.logins().delete_of_user(&user.id, None).await?;
    let subject = format!("user {}", user.email);
    audit::note(&mut tx, core, &Actor::CommandLine, None, "user.password_set", &subject, json!({})).await?;
    tx.commit().await?;
    Ok(user)
}
