//! Who sent a request: found by cookie or API key, and let through by what the route asks for.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use usher_store::{User, Workspace};

use super::cookie;
use super::role::{Permission, Role};
use crate::actions::Desk;
use crate::api::access::{self, Access};
use crate::app::AppState;
use crate::ids;
use crate::problem::Problem;

/// How often the time of somebody's last request is written down.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Who did something, as the audit log names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, logged in.
    User { id: String, name: String },
    /// A program with an API key.
    ApiKey { id: String, name: String },
    /// Somebody at the machine's command line.
    CommandLine,
    /// Usher itself.
    Usher,
}

impl Actor {
    /// Returns the kind's word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::ApiKey { .. } => "api_key",
            Self::CommandLine => "command_line",
            Self::Usher => "usher",
        }
    }

    /// Returns how people know them.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::ApiKey { name, .. } => name,
            Self::CommandLine => "command line",
            Self::Usher => "Usher",
        }
    }
}

/// Somebody logged in.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: User,
    /// The hash of the token in the cookie.
    pub login: String,
}

/// Somebody who belongs to the workspace of the request, as a user or by an API key.
#[derive(Debug, Clone)]
pub struct Member {
    pub actor: Actor,
    pub workspace: Workspace,
    pub role: Role,
}

impl Member {
    /// Says whether the member has a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
}

enum Credential {
    User(Caller),
    Key { id: String, name: String, workspace: String, role: Role },
}

/// Lets a request through to its route, if its sender may call it.
pub async fn admit(State(app): State<AppState>, path: MatchedPath, request: Request, next: Next) -> Response {
    match admitted(&app, path.as_str(), request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admitted(app: &AppState, path: &str, request: Request) -> Result<Request, Problem> {
    let Some(asked) = access::of(request.method(), path) else {
        return Err(Problem::forbidden("forbidden", "nobody may call this address"));
    };
    if asked == Access::Public {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    match (credential(app, &parts).await?, asked) {
        (Credential::User(caller), Access::Account) => {
            parts.extensions.insert(caller);
        }
        (Credential::Key { .. }, Access::Account) => {
            return Err(Problem::forbidden("users_only", "an API key has no account; log in as a user"));
        }
        (credential, asked) => {
            let member = member(app, &mut parts, credential).await?;
            if let Access::May(permission) = asked
                && !member.may(permission)
            {
                let detail = format!("the role {} does not have the permission {permission}", member.role);
                return Err(Problem::forbidden("forbidden", detail).with("permission", permission.to_string()));
            }
            parts.extensions.insert(member);
        }
    }
    Ok(Request::from_parts(parts, body))
}

async fn credential(app: &AppState, parts: &Parts) -> Result<Credential, Problem> {
    if let Some(key) = bearer(&parts.headers) {
        return by_key(app, key).await;
    }
    let token = cookie::token(&app.configuration, &parts.headers);
    let token =
        token.ok_or_else(|| Problem::unauthorized("log in, or send an API key as `Authorization: Bearer …`"))?;
    let caller = by_login(app, &token).await?;
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !parts.headers.contains_key(cookie::REQUEST) {
        let detail = format!("send the header `{}: 1` with every change that a cookie authorises", cookie::REQUEST);
        return Err(Problem::forbidden("csrf", detail));
    }
    Ok(Credential::User(caller))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

async fn by_key(app: &AppState, key: &str) -> Result<Credential, Problem> {
    let known = app.store.api_keys().by_hash(&ids::hash_of(key)).await?;
    let known = known.ok_or_else(|| Problem::unauthorized("this API key is not known; it may have been revoked"))?;
    let now = app.clock.now();
    if known.last_used_at.is_none_or(|at| now.duration_since(at) > NOTED_EVERY) {
        let mut tx = app.store.begin().await?;
        tx.api_keys().note_used(&known.id, now).await?;
        tx.commit().await?;
    }
    let role = role_of(&known.role)?;
    Ok(Credential::Key { id: known.id, name: known.name, workspace: known.workspace, role })
}

async fn by_login(app: &AppState, token: &str) -> Result<Caller, Problem> {
    let login = ids::hash_of(token);
    let over = || Problem::unauthorized("you are not logged in any more; log in again");
    let now = app.clock.now();
    let (found, user) = app.store.logins().get(&login).await?.ok_or_else(over)?;
    if user.disabled || now >= found.expires_at || now.duration_since(found.last_seen_at) > cookie::IDLE {
        return Err(over());
    }
    if now.duration_since(found.last_seen_at) > NOTED_EVERY {
        let mut tx = app.store.begin().await?;
        tx.logins().note_seen(&login, now).await?;
        tx.commit().await?;
    }
    Ok(Caller { user, login })
}

/// Finds the workspace that the path names; who does not belong to it does not learn that it is there.
async fn member(app: &AppState, parts: &mut Parts, credential: Credential) -> Result<Member, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await.map_err(|error| Problem::internal(&error))?;
    let key = params.iter().find(|(name, _)| *name == "workspace").map(|(_, value)| value.to_owned());
    let key = key.ok_or_else(|| Problem::not_found("the address names no workspace"))?;
    let absent = || Problem::not_found(format!("there is no workspace `{key}` to which you belong"));
    let workspace = app.store.workspaces().by_key(&key).await?.ok_or_else(absent)?;
    match credential {
        Credential::Key { id, name, workspace: own, role } if own == workspace.id => {
            Ok(Member { actor: Actor::ApiKey { id, name }, workspace, role })
        }
        Credential::Key { .. } => Err(absent()),
        Credential::User(caller) => {
            let membership = app.store.memberships().get(&workspace.id, &caller.user.id).await?.ok_or_else(absent)?;
            let role = role_of(&membership.role)?;
            Ok(Member { actor: Actor::User { id: caller.user.id, name: caller.user.name }, workspace, role })
        }
    }
}

fn role_of(word: &str) -> Result<Role, Problem> {
    word.parse().map_err(|error: super::role::Unknown| Problem::internal(&error))
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| Problem::unauthorized("log in first"))
    }
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| Problem::unauthorized("log in first"))
    }
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let member = Member::from_request_parts(parts, app).await?;
        Ok(Self { core: app.core.clone(), workspace: member.workspace, actor: member.actor })
    }
}
