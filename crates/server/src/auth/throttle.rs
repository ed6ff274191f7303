//! Slows down whoever guesses passwords: per account and per client address.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::problem::Problem;

/// Attempts that an account may have at once, and then in a minute.
const PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Attempts that a client address may make at once, and then in a minute.
const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Above so many remembered keys, those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts attempts; cheap to clone.
#[derive(Debug, Clone)]
pub struct Throttle {
    accounts: Arc<DefaultKeyedRateLimiter<String>>,
    addresses: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            accounts: Arc::new(RateLimiter::keyed(Quota::per_minute(PER_ACCOUNT))),
            addresses: Arc::new(RateLimiter::keyed(Quota::per_minute(PER_ADDRESS))),
        }
    }
}

impl Throttle {
    /// Counts an attempt from an address at an account (or at a kind of token, for links).
    ///
    /// # Errors
    ///
    /// Refuses it when there were too many of late, and says how long to wait.
    pub fn attempt(&self, address: IpAddr, account: &str) -> Result<(), Problem> {
        check(&self.addresses, &shared_by(address))?;
        check(&self.accounts, &account.trim().to_lowercase())
    }

    /// Counts an attempt from an address alone, at something that cannot be guessed for one account.
    ///
    /// # Errors
    ///
    /// As [`Throttle::attempt`].
    pub fn attempt_from(&self, address: IpAddr) -> Result<(), Problem> {
        check(&self.addresses, &shared_by(address))
    }
}

fn check<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Problem> {
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        let seconds = wait.as_secs() + 1;
        Problem::too_often(seconds, format!("too many attempts; wait {seconds} s and try again"))
    })
}

/// Returns what one client surely holds: an IPv4 address, or the /64 network of an IPv6 address.
fn shared_by(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_rests_after_its_attempts_and_others_do_not() {
        let throttle = Throttle::default();
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        for last in 0..5 {
            throttle.attempt(address(last), "ann@example.com").unwrap();
        }
        let refused = throttle.attempt(address(9), " Ann@Example.com").unwrap_err();
        assert_eq!(refused.status, 429);
        assert!(refused.more["retry_after"].as_u64().unwrap() <= 13);
        throttle.attempt(address(9), "bob@example.com").unwrap();
    }

    #[test]
    fn an_address_rests_whatever_it_tries() {
        let throttle = Throttle::default();
        let refused = (0..30_u8)
            .filter(|last| {
                let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::from(*last)]);
                throttle.attempt(address, &format!("user-{last}@example.com")).is_err()
            })
            .count();
        assert_eq!(refused, 10);
    }
}
