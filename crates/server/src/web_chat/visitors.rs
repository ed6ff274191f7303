//! How often one visitor may write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::dispatcher::rate::{Bucket, Rate};

/// A visitor writes faster than anybody types, for a while; then once a second.
const RATE: Rate = Rate { burst: 20, every: SignedDuration::from_secs(1) };
/// Visitors beyond which those who have been quiet are forgotten at once.
const MANY: usize = 50_000;

/// The visitors of late, by address.
#[derive(Debug, Default)]
pub struct Visitors(Mutex<HashMap<String, Bucket>>);

impl Visitors {
    /// Lets a visitor write, or says how many seconds to wait.
    ///
    /// # Errors
    ///
    /// The visitor wrote too often.
    pub fn admit(&self, visitor: &str, now: Timestamp) -> Result<(), u64> {
        let mut visitors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if visitors.len() > MANY {
            visitors.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = visitors.entry(visitor.to_owned()).or_default();
        bucket.take(RATE, now).map_err(|wait| u64::try_from(wait.as_secs()).unwrap_or(1).max(1))
    }

    /// Forgets the visitors who have been quiet.
    pub fn tidy(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, bucket| !bucket.is_full(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_who_floods_waits_and_others_do_not() {
        let visitors = Visitors::default();
        let now = Timestamp::from_second(1_000).unwrap();
        for _ in 0..RATE.burst {
            assert_eq!(visitors.admit("a", now), Ok(()));
        }
        assert_eq!(visitors.admit("a", now), Err(1));
        assert_eq!(visitors.admit("b", now), Ok(()));
        visitors.tidy(now + SignedDuration::from_secs(60));
        assert!(visitors.0.lock().unwrap().is_empty());
    }
}
