use axum::extract::State;
use axum::http::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Me, logged_in, me_of};
use crate::actions::people;
use crate::api::extract::Json;
use crate::app::AppState;
use crate::auth::client_address::ClientAddress;
use crate::problem::Problem;

/// Who wants to come in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    pub email: String,
    #[schema(value_type = String)]
    pub password: SecretString,
}

/// Logs a user in; the answer sets the cookie. Slow guessing is all that it allows.
#[utoipa::path(
    post, path = "/api/v1/login", tag = "Account",
    request_body = LogIn,
    responses(
        (status = OK, body = Me),
        (status = UNAUTHORIZED, description = "No user has this e-mail address and this password."),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts; `Retry-After` says how long to wait."),
    )
)]
pub async fn log_in(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Json(body): Json<LogIn>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    app.throttle.attempt(address, &body.email)?;
    let user = people::authenticate(&app.core, &body.email, body.password).await?;
    Ok((logged_in(&app, &user).await?, Json(me_of(&app, &user).await?)))
}
