//! Settings of an environment.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_engine::{Environment, limits};
use utoipa::ToSchema;

use super::Desk;
use crate::problem::Problem;

/// The shortest and the longest session, in seconds: a minute, a week.
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 60..=7 * 24 * 60 * 60;

/// The settings of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnvironmentItem {
    /// After how many seconds without a message from the customer a conversation ends.
    pub session_seconds: i64,
}

/// The settings as they are stored; others are left as they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stored {
    session_seconds: Option<i64>,
}

/// Reads the settings of an environment.
///
/// # Errors
///
/// The store cannot be read.
pub async fn read(desk: &Desk, environment: Environment) -> Result<EnvironmentItem, Problem> {
    let row = desk.core.store.workspaces().environment(&desk.workspace.id, environment).await?;
    let stored: Stored = row.and_then(|row| serde_json::from_value(row.settings).ok()).unwrap_or_default();
    Ok(EnvironmentItem { session_seconds: stored.session_seconds.unwrap_or(limits::SESSION_LENGTH.as_secs()) })
}

/// Changes how long a conversation lasts without a message from the customer. Running ones follow at their next turn.
///
/// # Errors
///
/// The length is not between a minute and a week.
pub async fn change(desk: &Desk, environment: Environment, session_seconds: i64) -> Result<EnvironmentItem, Problem> {
    if !SESSION_SECONDS.contains(&session_seconds) {
        let detail = format!("a session lasts {} to {} seconds", SESSION_SECONDS.start(), SESSION_SECONDS.end());
        return Err(Problem::invalid_at("/session_seconds", detail));
    }
    let mut tx = desk.core.store.begin().await?;
    let row = tx.workspaces().environment(&desk.workspace.id, environment).await?;
    let mut settings = row.map_or_else(|| json!({}), |row| row.settings);
    settings["session_seconds"] = json!(session_seconds);
    tx.workspaces().set_environment(&desk.workspace.id, environment, &settings).await?;
    let details = json!({ "session_seconds": session_seconds });
    desk.note(&mut tx, "environment.changed", &format!("environment {environment}"), details).await?;
    tx.commit().await?;
    read(desk, environment).await
}
