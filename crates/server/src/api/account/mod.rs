//! Coming in: set-up, log-in, invitations, new passwords.

mod invitation;
mod log_in;
mod log_out;
mod me;
mod password_reset;
mod set_up;

use axum::http::{HeaderMap, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::actions::people;
use crate::app::AppState;
use crate::auth::cookie;
use crate::auth::role::{Permission, Role};
use crate::problem::Problem;

/// Returns the routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_up::set_up_state, set_up::set_up))
        .routes(routes!(log_in::log_in))
        .routes(routes!(log_out::log_out))
        .routes(routes!(me::read_me, me::change_me))
        .routes(routes!(invitation::read_invitation, invitation::accept_invitation))
        .routes(routes!(password_reset::read_password_reset, password_reset::reset_password))
}

/// Somebody logged in, and what they may do where.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    pub user: Account,
    pub workspaces: Vec<MyWorkspace>,
    /// Whether this installation was started as a demo.
    pub demo: bool,
}

/// A user's account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// A workspace that somebody belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MyWorkspace {
    pub id: String,
    pub key: String,
    pub name: String,
    pub role: Role,
    pub permissions: Vec<Permission>,
}

async fn me_of(app: &AppState, user: &usher_store::User) -> Result<Me, Problem> {
    let workspaces = people::workspaces_of(&app.core, &user.id).await?;
    let workspaces = workspaces.into_iter().map(|(workspace, role)| MyWorkspace {
        id: workspace.id,
        key: workspace.key,
        name: workspace.name,
        role,
        permissions: role.permissions().to_vec(),
    });
    Ok(Me {
        user: Account { id: user.id.clone(), name: user.name.clone(), email: user.email.clone() },
        workspaces: workspaces.collect(),
        demo: app.configuration.demo,
    })
}

/// Logs somebody in and returns the header that makes the browser remember it.
async fn logged_in(app: &AppState, user: &usher_store::User) -> Result<HeaderMap, Problem> {
    let token = people::log_in(&app.core, user).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, cookie::set(&app.configuration, &token.plain));
    Ok(headers)
}
