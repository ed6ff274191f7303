//! Chance that can be had again: everything random in a run comes from one seed, which is printed.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The variable that sets the seed.
pub const SEED: &str = "USHER_CRASH_SEED";

/// A source of chance (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a source of its own for something that runs beside.
    pub fn split(&mut self) -> Self {
        Self(self.draw())
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    pub fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    pub fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        let (from, to) = range.into_inner();
        Duration::from_millis(from + self.below(to - from + 1))
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Returns the seed that is set, or a new one.
pub fn seed() -> u64 {
    if let Ok(set) = std::env::var(SEED) {
        return set.parse().unwrap_or_else(|_| panic!("{SEED} is `{set}`, which is no number"));
    }
    let mut bytes = [0; 4];
    #[expect(clippy::disallowed_methods, reason = "the seed of a run is drawn here, printed, and can be set")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u32::from_le_bytes(bytes).into()
}
