//! How fast messages may leave: a bucket of permits that fills with time.

use jiff::{SignedDuration, Timestamp};

/// A rate: so many at once, and one more each `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: SignedDuration,
}

/// The permits that are left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// When the bucket will be full again: the later, the emptier.
    full_at: Timestamp,
}

impl Rate {
    /// Makes a rate of so many a second, with a second's worth at once.
    pub fn per_second(count: u32) -> Self {
        let count = count.max(1);
        Self { burst: count, every: SignedDuration::from_nanos(1_000_000_000 / i64::from(count)) }
    }

    fn whole(self) -> SignedDuration {
        self.every.saturating_mul(i32::try_from(self.burst).unwrap_or(i32::MAX))
    }
}

impl Default for Bucket {
    /// Makes a full bucket.
    fn default() -> Self {
        Self { full_at: Timestamp::MIN }
    }
}

impl Bucket {
    /// Takes a permit, or says how long until there is one.
    ///
    /// # Errors
    ///
    /// Returns the time to wait; nothing was taken.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), SignedDuration> {
        self.reserve(rate, now, SignedDuration::ZERO).map(|_| ())
    }

    /// Takes the next permit that is not promised to anybody, and returns how long until it may be used: those who wait
    /// need not ask again.
    ///
    /// # Errors
    ///
    /// Returns that time if it is longer than `most`; nothing was taken.
    pub fn reserve(
        &mut self,
        rate: Rate,
        now: Timestamp,
        most: SignedDuration,
    ) -> Result<SignedDuration, SignedDuration> {
        let full_at = self.full_at.max(now);
        let after = full_at.saturating_add(rate.every).unwrap_or(Timestamp::MAX);
        let wait = (after.duration_since(now) - rate.whole()).max(SignedDuration::ZERO);
        if wait > most {
            return Err(wait);
        }
        self.full_at = after;
        Ok(wait)
    }

    /// Puts a permit back that was taken and not used.
    pub fn give_back(&mut self, rate: Rate) {
        self.full_at = self.full_at.saturating_sub(rate.every).unwrap_or(Timestamp::MIN);
    }

    /// Empties the bucket, as when the provider says that the rate was passed after all.
    pub fn drain(&mut self, rate: Rate, now: Timestamp) {
        self.full_at = self.full_at.max(now.saturating_add(rate.whole()).unwrap_or(Timestamp::MAX));
    }

    /// Says whether the bucket is full, so that it need not be remembered.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_then_it_trickles() {
        let rate = Rate { burst: 3, every: SignedDuration::from_secs(6) };
        let mut bucket = Bucket::default();
        let start = Timestamp::from_second(1_000).unwrap();
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, start), Ok(()));
        }
        assert_eq!(bucket.take(rate, start), Err(SignedDuration::from_secs(6)));
        let later = start + SignedDuration::from_secs(6);
        assert_eq!(bucket.take(rate, later), Ok(()));
        assert_eq!(bucket.take(rate, later), Err(SignedDuration::from_secs(6)));
        assert!(!bucket.is_full(later) && bucket.is_full(later + SignedDuration::from_secs(18)));
    }

    #[test]
    fn those_who_wait_have_each_a_time_of_their_own() {
        let rate = Rate::per_second(10);
        let mut bucket = Bucket::default();
        let now = Timestamp::from_second(1_000).unwrap();
        let most = SignedDuration::from_millis(250);
        let mut reserve = || bucket.reserve(rate, now, most);
        let waits: Vec<_> = (0..12).map(|_| reserve().unwrap().as_millis()).collect();
        assert_eq!(waits[8..], [0, 0, 100, 200]);
        assert_eq!(reserve().unwrap_err(), SignedDuration::from_millis(300));
        bucket.give_back(rate);
        assert_eq!(bucket.reserve(rate, now, most), Ok(SignedDuration::from_millis(200)));
    }

    #[test]
    fn a_drained_bucket_waits_for_the_next_permit() {
        let rate = Rate::per_second(10);
        let mut bucket = Bucket::default();
        let now = Timestamp::from_second(1_000).unwrap();
        bucket.drain(rate, now);
        assert_eq!(bucket.take(rate, now), Err(SignedDuration::from_millis(100)));
    }
}
