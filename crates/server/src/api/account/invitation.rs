use axum::extract::State;
use axum::http::HeaderMap;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Me, logged_in, me_of};
use crate::actions::people;
use crate::api::extract::{Json, Path};
use crate::app::AppState;
use crate::auth::client_address::ClientAddress;
use crate::auth::role::Role;
use crate::problem::Problem;

/// An invitation that was not accepted yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Invitation {
    pub email: String,
    /// The name of the workspace.
    pub workspace: String,
    pub role: Role,
    /// Whether the invited person has an account already, and so confirms with its password.
    pub has_account: bool,
}

/// Reads the invitation that a link holds.
#[utoipa::path(get, path = "/api/v1/invitations/{token}", tag = "Account", responses((status = OK, body = Invitation)))]
pub async fn read_invitation(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
) -> Result<Json<Invitation>, Problem> {
    app.throttle.attempt_from(address)?;
    let invitation = people::invitation(&app.core, &token).await?;
    Ok(Json(Invitation {
        email: invitation.email,
        workspace: invitation.workspace.name,
        role: invitation.role,
        has_account: invitation.user.is_some(),
    }))
}

/// Who accepts an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    pub name: String,
    /// A new password; or, for somebody with an account, its password.
    #[schema(value_type = String)]
    pub password: SecretString,
}

/// Accepts an invitation: makes the account if there is none, joins the workspace, logs in.
#[utoipa::path(
    post, path = "/api/v1/invitations/{token}", tag = "Account",
    request_body = AcceptInvitation,
    responses((status = OK, body = Me))
)]
pub async fn accept_invitation(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
    Json(body): Json<AcceptInvitation>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    app.throttle.attempt_from(address)?;
    let user = people::accept(&app.core, &token, &body.name, body.password).await?;
    Ok((logged_in(&app, &user).await?, Json(me_of(&app, &user).await?)))
}
