//! Who may put how much in at the doors: a rate per workspace, and a fair part of what there is room for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::bus::{Envelope, Refused};
use crate::dispatcher::rate::{Bucket, Rate};

/// How full the bus may be before those who take more than their part of it are refused.
const CROWDED: f64 = 0.5;
/// For how long it is remembered who put how much in.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// What was put in lately.
#[derive(Debug, Default)]
pub struct Admission {
    /// By workspace, for those that have a rate.
    buckets: Mutex<HashMap<String, Bucket>>,
    recent: Mutex<Recent>,
}

/// How many messages each workspace has put in, in this stretch of time and in the one before.
#[derive(Debug, Default)]
struct Recent {
    since: Option<Timestamp>,
    now: HashMap<String, u64>,
    before: HashMap<String, u64>,
}

impl Admission {
    /// Lets messages of one workspace in. `rate` is how many a second it may put in, `fullness` how much of the bus's
    /// room is taken, from 0 to 1.
    ///
    /// # Errors
    ///
    /// The workspace has used up its rate, or takes more than its part while there is little room.
    pub fn admit(
        &self,
        workspace: &str,
        count: usize,
        rate: Option<u32>,
        fullness: f64,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.turn(now);
        if fullness > CROWDED && recent.has_more_than_its_part(workspace) {
            return Err(Refused::Full);
        }
        if let Some(rate) = rate {
            self.spend(workspace, count, Rate::per_second(rate), now)?;
        }
        recent.note(workspace, count);
        Ok(())
    }

    /// Takes permits for all of what came together, if there is one for the first: a batch that is larger than the rate
    /// would never get in otherwise, and those after it wait the longer.
    fn spend(&self, workspace: &str, count: usize, rate: Rate, now: Timestamp) -> Result<(), Refused> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = if let Some(bucket) = buckets.get_mut(workspace) {
            bucket
        } else {
            buckets.retain(|_, bucket| !bucket.is_full(now));
            buckets.entry(workspace.to_owned()).or_default()
        };
        bucket.take(rate, now).map_err(|wait| {
            let seconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).div_ceil(1_000);
            Refused::TooMany { seconds: seconds.max(1) }
        })?;
        for _ in 1..count {
            // Each is owed, however long it takes.
            let _ = bucket.reserve(rate, now, SignedDuration::MAX);
        }
        Ok(())
    }
}

impl Recent {
    /// Begins another stretch of time if this one is over.
    fn turn(&mut self, now: Timestamp) {
        let since = *self.since.get_or_insert(now);
        let passed = now.duration_since(since);
        if passed < REMEMBERED {
            return;
        }
        self.since = Some(now);
        self.before = std::mem::take(&mut self.now);
        if passed >= REMEMBERED * 2 {
            self.before.clear();
        }
    }

    fn note(&mut self, workspace: &str, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if let Some(known) = self.now.get_mut(workspace) {
            *known = known.saturating_add(count);
        } else {
            self.now.insert(workspace.to_owned(), count);
        }
    }

    /// Says whether a workspace has put more in than each would have, had all put in as much. One alone has its part.
    fn has_more_than_its_part(&self, workspace: &str) -> bool {
        let of = |workspace: &str| {
            let count = |counts: &HashMap<String, u64>| counts.get(workspace).copied().unwrap_or(0);
            count(&self.now).saturating_add(count(&self.before))
        };
        let others = self.before.keys().filter(|workspace| !self.now.contains_key(*workspace));
        let (mut workspaces, mut all) = (0_u64, 0_u64);
        for workspace in self.now.keys().chain(others) {
            workspaces += 1;
            all = all.saturating_add(of(workspace));
        }
        of(workspace).saturating_mul(workspaces) > all
    }
}

/// Returns the workspace that all events of one request are for, and how many there are; none if there are none.
pub(super) fn asked(events: &[Envelope]) -> Option<(&str, usize)> {
    events.first().map(|first| (first.key.workspace.as_str(), events.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000 + millis).unwrap()
    }

    #[test]
    fn a_workspace_over_its_rate_is_told_when_to_come_back() {
        let admission = Admission::default();
        let admit = |workspace: &str, count, millis| admission.admit(workspace, count, Some(10), 0.0, at(millis));
        assert_eq!(admit("w", 10, 0), Ok(()));
        assert_eq!(admit("w", 1, 0), Err(Refused::TooMany { seconds: 1 }));
        assert_eq!(admit("v", 1, 0), Ok(()), "another has a rate of its own");
        assert_eq!(admit("w", 1, 100), Ok(()));

        // A batch larger than the rate gets in whole, and is paid off.
        assert_eq!(admit("w", 31, 1_200), Ok(()));
        assert_eq!(admit("w", 1, 1_200), Err(Refused::TooMany { seconds: 3 }));
        assert_eq!(admit("w", 1, 4_200), Ok(()));
        assert_eq!(admission.admit("w", 1_000, None, 0.0, at(4_200)), Ok(()), "without a rate there is none");
    }

    #[test]
    fn while_there_is_little_room_those_with_most_are_refused_first() {
        let admission = Admission::default();
        let admit = |workspace: &str, count, fullness, millis| {
            admission.admit(workspace, count, None, fullness, at(millis)).is_ok()
        };
        assert!(admit("loud", 900, 0.1, 0) && admit("loud", 1, 0.9, 0), "alone it has its part");
        assert!(admit("quiet", 10, 0.1, 1));
        assert!(!admit("loud", 1, 0.9, 2));
        assert!(admit("loud", 1, 0.4, 3), "there is room for all");
        assert!(admit("quiet", 1, 0.9, 4) && admit("new", 1, 0.99, 5));

        // What is long past does not count.
        assert!(admit("loud", 1, 0.9, 25_000));
    }
}
