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
use crate::problem::Problem;

/// Whose password a link sets.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PasswordReset {
    pub email: String,
}

/// Reads whose password a link sets.
#[utoipa::path(get, path = "/api/v1/password-resets/{token}", tag = "Account", responses((status = OK, body = PasswordReset)))]
pub async fn read_password_reset(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
) -> Result<Json<PasswordReset>, Problem> {
    app.throttle.attempt_from(address)?;
    let user = people::whose_reset(&app.core, &token).await?;
    Ok(Json(PasswordReset { email: user.email }))
}

/// The new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    #[schema(value_type = String)]
    pub password: SecretString,
}

/// Sets a new password by a link from the command line; all log-ins of the user end, and a new one begins.
#[utoipa::path(
    post, path = "/api/v1/password-resets/{token}", tag = "Account",
    request_body = ResetPassword,
    responses((status = OK, body = Me))
)]
pub async fn reset_password(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
    Json(body): Json<ResetPassword>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    app.throttle.attempt_from(address)?;
    let user = people::reset(&app.core, &token, body.password).await?;
    Ok((logged_in(&app, &user).await?, Json(me_of(&app, &user).await?)))
}
