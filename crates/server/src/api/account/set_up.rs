use axum::extract::State;
use axum::http::HeaderMap;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Me, logged_in, me_of};
use crate::actions::people;
use crate::api::extract::Json;
use crate::app::AppState;
use crate::auth::client_address::ClientAddress;
use crate::problem::Problem;

/// Whether somebody still has to set Usher up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SetUpState {
    pub needed: bool,
}

/// Says whether Usher still waits for its first administrator.
#[utoipa::path(get, path = "/api/v1/setup", tag = "Account", responses((status = OK, body = SetUpState)))]
pub async fn set_up_state(State(app): State<AppState>) -> Result<Json<SetUpState>, Problem> {
    Ok(Json(SetUpState { needed: people::nobody_yet(&app.core).await? }))
}

/// The first administrator and the first workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// From the link that Usher printed when it started.
    pub token: String,
    pub name: String,
    pub email: String,
    #[schema(value_type = String)]
    pub password: SecretString,
    /// The name of the first workspace.
    pub workspace: String,
}

/// Makes the first administrator and the first workspace, and logs the administrator in.
#[utoipa::path(
    post, path = "/api/v1/setup", tag = "Account",
    request_body = SetUp,
    responses((status = OK, body = Me), (status = FORBIDDEN, description = "The link is not, or no longer, the right one."))
)]
pub async fn set_up(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Json(body): Json<SetUp>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    app.throttle.attempt_from(address)?;
    let first = people::First {
        token: body.token,
        name: body.name,
        email: body.email,
        password: body.password,
        workspace: body.workspace,
    };
    let user = people::set_up(&app.core, first).await?;
    Ok((logged_in(&app, &user).await?, Json(me_of(&app, &user).await?)))
}
