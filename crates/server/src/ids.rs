//! Ids and tokens: the one place that draws chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock::Clock;

/// Makes ids that sort by the time at which they were made.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
    /// The number of the next one, where that takes the place of chance.
    counted: Option<Arc<AtomicU64>>,
}

impl Ids {
    /// Makes ids by the time of `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, counted: None }
    }

    /// Makes ids that are counted from `first` on, for a world that is to be the same again.
    pub fn counted(clock: Clock, first: u64) -> Self {
        Self { clock, counted: Some(Arc::new(AtomicU64::new(first))) }
    }

    /// Returns a new id: a UUID of version 7.
    pub fn id(&self) -> String {
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default();
        let mut chance = [0; 10];
        match &self.counted {
            Some(next) => chance[2..].copy_from_slice(&next.fetch_add(1, Ordering::Relaxed).to_be_bytes()),
            None => chance = random(),
        }
        uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid().to_string()
    }

    /// Returns a secret of 256 bits that can stand in a link, and the hash under which it is stored.
    pub fn token(&self) -> Token {
        let plain = URL_SAFE_NO_PAD.encode(random::<32>());
        Token { hash: hash_of(&plain), plain }
    }

    /// Returns a short random word of letters and digits, for what must only be unlikely to repeat.
    pub fn word(&self) -> String {
        hex::encode(random::<4>())
    }
}

/// A secret as it is given out, once, and as it is kept.
#[derive(Clone)]
pub struct Token {
    pub plain: String,
    pub hash: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// Returns the hash under which a token is stored. A token has 256 bits of chance, so it needs no salt.
pub fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Draws random bytes from the operating system.
#[expect(clippy::disallowed_methods, reason = "the one place that draws chance")]
#[expect(clippy::expect_used, reason = "without chance no key and no token is safe: nothing may go on")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let clock = Clock::manual(Timestamp::from_second(1_700_000_000).unwrap());
        let ids = Ids::new(clock.clone());
        let first = ids.id();
        clock.advance(SignedDuration::from_millis(1));
        assert!(first < ids.id());
    }

    #[test]
    fn counted_ids_are_the_same_again_and_differ_among_themselves() {
        let made = || {
            let ids = Ids::counted(Clock::manual(Timestamp::UNIX_EPOCH), 7);
            [ids.id(), ids.clone().id(), ids.id()]
        };
        let [first, second, third] = made();
        assert!(first < second && second < third);
        assert_eq!(made(), [first, second, third]);
    }

    #[test]
    fn a_token_is_known_by_its_hash_and_not_shown_by_debug() {
        let token = Ids::new(Clock::system()).token();
        assert_eq!(hash_of(&token.plain), token.hash);
        assert!(!format!("{token:?}").contains(&token.plain));
    }
}
