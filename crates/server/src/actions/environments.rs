//! Settings of an environment.

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_engine::{Environment, limits};
use usher_store::Retention;
use utoipa::ToSchema;

use super::Desk;
use crate::problem::Problem;

/// The shortest and the longest session, in seconds: a minute, a week.
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 60..=7 * 24 * 60 * 60;
/// The fewest and the most days that something is kept which is not kept for ever.
pub const DAYS: std::ops::RangeInclusive<u32> = 1..=3650;

/// The settings of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnvironmentItem {
    /// After how many seconds without a message from the customer a conversation ends.
    pub session_seconds: i64,
    pub retention: RetentionItem,
}

/// For how many days things are kept after their end; null is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionItem {
    /// Conversations that ended.
    pub transcript_days: Option<u32>,
    /// The steps of conversations that ended, with what other systems answered.
    pub trace_days: Option<u32>,
    /// Dead letters, webhooks and events that could not be used, the channels' logs.
    pub problem_days: Option<u32>,
}

impl From<Retention> for RetentionItem {
    fn from(retention: Retention) -> Self {
        let Retention { transcript_days, trace_days, problem_days } = retention;
        Self { transcript_days, trace_days, problem_days }
    }
}

/// What to change; what is not given stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub session_seconds: Option<i64>,
    pub retention: RetentionChange,
}

/// What to change of what is kept; what is not given stays, nothing is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionChange {
    pub transcript_days: Option<Option<u32>>,
    pub trace_days: Option<Option<u32>>,
    pub problem_days: Option<Option<u32>>,
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
    let settings = row.map(|row| row.settings).unwrap_or_default();
    let retention = Retention::of(&settings).into();
    let stored: Stored = serde_json::from_value(settings).unwrap_or_default();
    Ok(EnvironmentItem {
        session_seconds: stored.session_seconds.unwrap_or(limits::SESSION_LENGTH.as_secs()),
        retention,
    })
}

/// Changes how long a conversation lasts without a message from the customer, which running ones follow at their next
/// turn, and for how long things are kept.
///
/// # Errors
///
/// The length is not between a minute and a week, or a number of days not between one and ten years'.
pub async fn change(desk: &Desk, environment: Environment, change: Change) -> Result<EnvironmentItem, Problem> {
    check(&change)?;
    if change == Change::default() {
        return read(desk, environment).await;
    }
    let mut tx = desk.core.store.begin().await?;
    let row = tx.workspaces().environment(&desk.workspace.id, environment).await?;
    let mut settings = row.map_or_else(|| json!({}), |row| row.settings);
    let mut details = json!({});
    if let Some(seconds) = change.session_seconds {
        settings["session_seconds"] = json!(seconds);
        details["session_seconds"] = json!(seconds);
    }
    for (name, days) in days(&change.retention) {
        if let Some(days) = days {
            settings[Retention::SETTING][name] = json!(days);
            details[name] = json!(days);
        }
    }
    tx.workspaces().set_environment(&desk.workspace.id, environment, &settings).await?;
    desk.note(&mut tx, "environment.changed", &format!("environment {environment}"), details).await?;
    tx.commit().await?;
    read(desk, environment).await
}

fn days(retention: &RetentionChange) -> [(&'static str, Option<Option<u32>>); 3] {
    let RetentionChange { transcript_days, trace_days, problem_days } = *retention;
    [("transcript_days", transcript_days), ("trace_days", trace_days), ("problem_days", problem_days)]
}

fn check(change: &Change) -> Result<(), Problem> {
    if change.session_seconds.is_some_and(|seconds| !SESSION_SECONDS.contains(&seconds)) {
        let detail = format!("a session lasts {} to {} seconds", SESSION_SECONDS.start(), SESSION_SECONDS.end());
        return Err(Problem::invalid_at("/session_seconds", detail));
    }
    for (name, days) in days(&change.retention) {
        check_days(&format!("/retention/{name}"), days.flatten())?;
    }
    Ok(())
}

/// Checks a number of days for which something is kept.
///
/// # Errors
///
/// It is not between one day and ten years.
pub fn check_days(pointer: &str, days: Option<u32>) -> Result<(), Problem> {
    if days.is_none_or(|days| DAYS.contains(&days)) {
        return Ok(());
    }
    let detail = format!("things are kept for {} to {} days, or for ever (null)", DAYS.start(), DAYS.end());
    Err(Problem::invalid_at(pointer, detail))
}
