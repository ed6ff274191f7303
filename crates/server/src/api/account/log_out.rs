use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};

use crate::actions::people;
use crate::app::AppState;
use crate::auth::cookie;
use crate::problem::Problem;

/// Ends the log-in that the cookie names; without one there is nothing to end.
#[utoipa::path(post, path = "/api/v1/logout", tag = "Account", responses((status = NO_CONTENT)))]
pub async fn log_out(State(app): State<AppState>, headers: HeaderMap) -> Result<(StatusCode, HeaderMap), Problem> {
    let mut answer = HeaderMap::new();
    if let Some(token) = cookie::token(&app.configuration, &headers) {
        if !headers.contains_key(cookie::REQUEST) {
            let detail = format!("send the header `{}: 1` with every change that a cookie authorises", cookie::REQUEST);
            return Err(Problem::forbidden("csrf", detail));
        }
        people::log_out(&app.core, &token).await?;
        answer.insert(header::SET_COOKIE, cookie::clear(&app.configuration));
    }
    Ok((StatusCode::NO_CONTENT, answer))
}
