use axum::extract::State;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Me, me_of};
use crate::actions::people;
use crate::api::extract::Json;
use crate::app::AppState;
use crate::auth::Caller;
use crate::auth::client_address::ClientAddress;
use crate::problem::Problem;

/// Tells who is logged in, and what they may do where.
#[utoipa::path(get, path = "/api/v1/me", tag = "Account", responses((status = OK, body = Me)))]
pub async fn read_me(State(app): State<AppState>, caller: Caller) -> Result<Json<Me>, Problem> {
    Ok(Json(me_of(&app, &caller.user).await?))
}

/// What to change of one's own account; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMe {
    pub name: Option<String>,
    /// The new password; `current_password` must come with it. Other log-ins end.
    #[schema(value_type = Option<String>)]
    pub password: Option<SecretString>,
    #[schema(value_type = Option<String>)]
    pub current_password: Option<SecretString>,
}

/// Changes one's own name or password.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "Account",
    request_body = ChangeMe,
    responses((status = OK, body = Me))
)]
pub async fn change_me(
    State(app): State<AppState>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    Json(body): Json<ChangeMe>,
) -> Result<Json<Me>, Problem> {
    if body.password.is_some() {
        app.throttle.attempt(address, &caller.user.email)?;
    }
    let change =
        people::OwnChange { name: body.name, password: body.password, current_password: body.current_password };
    let user = people::change_own(&app.core, &caller, change).await?;
    Ok(Json(me_of(&app, &user).await?))
}
