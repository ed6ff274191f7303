//! The server's clock: the one place that reads the time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time; cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Stands still until it is moved.
    Manual(Arc<Mutex<Timestamp>>),
    /// Goes on from a time as the runtime's time does.
    Runtime(Timestamp, Instant),
}

impl Clock {
    /// Makes a clock that shows the machine's time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Makes a clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(at))))
    }

    /// Makes a clock that shows `at` now and goes on with the runtime's time, by which tasks sleep; where that is paused,
    /// so is the clock.
    pub fn of_runtime(at: Timestamp) -> Self {
        Self(Source::Runtime(at, Instant::now()))
    }

    /// Returns the time, to the millisecond, as it is stored.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            Source::System => system_time(),
            Source::Manual(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
            Source::Runtime(at, since) => {
                let passed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
                at.saturating_add(passed).unwrap_or(Timestamp::MAX)
            }
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a manual clock; the others cannot be moved.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Manual(at) = &self.0 {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's time")]
fn system_time() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_moved() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.clone().advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now().as_second(), 90);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_the_runtime_goes_as_its_tasks_sleep() {
        let clock = Clock::of_runtime(Timestamp::UNIX_EPOCH);
        tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
        assert_eq!(clock.now().as_second(), 3_600);
    }
}
