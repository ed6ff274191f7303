//! How long things are kept that nobody needs for ever.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long an environment keeps what happened in it, in days after its end; none keeps it for ever. It stands under
/// `retention` in the environment's settings, and what is not set there is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Conversations that ended: transcript, steps, all.
    pub transcript_days: Option<u32>,
    /// The steps of conversations that ended, with the answers of the systems that were called.
    pub trace_days: Option<u32>,
    /// What went wrong: dead letters, webhooks and events that could not be used, the channels' logs.
    pub problem_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { transcript_days: Some(30), trace_days: Some(7), problem_days: Some(30) }
    }
}

impl Retention {
    /// The name under which it stands in the settings.
    pub const SETTING: &str = "retention";

    /// Reads it from the settings of an environment.
    pub fn of(settings: &serde_json::Value) -> Self {
        let found = settings.get(Self::SETTING).map(Self::deserialize);
        found.and_then(Result::ok).unwrap_or_default()
    }
}

/// The name under which a workspace's settings say for how many days changes stay in its log; without it, for ever.
pub const AUDIT_DAYS: &str = "audit_days";

/// Returns the time before which things are over their days; none if they are kept for ever.
pub(crate) fn before(now: Timestamp, days: Option<u32>) -> Option<Timestamp> {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days?))).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_set_is_the_default_and_nothing_is_for_ever() {
        assert_eq!(Retention::of(&json!({})), Retention::default());
        let set = Retention::of(&json!({ "retention": { "transcript_days": null, "trace_days": 3 } }));
        let expected = Retention { transcript_days: None, trace_days: Some(3), ..Retention::default() };
        assert_eq!(set, expected);
        assert_eq!(before(Timestamp::UNIX_EPOCH, None), None);
        assert_eq!(before(Timestamp::MIN, Some(1)), None);
    }
}
