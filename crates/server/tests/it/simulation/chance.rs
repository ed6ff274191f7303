//! Chance that is the same for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A source of chance: `SplitMix64`, which needs no more state than a counter.
#[derive(Debug)]
pub struct Chance(AtomicU64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(mix(seed ^ GAMMA)))
    }

    /// Makes another source, whose draws change nothing about those of this one.
    pub fn fork(&self) -> Self {
        Self::new(self.draw())
    }

    pub fn draw(&self) -> u64 {
        mix(self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA))
    }

    /// Draws a number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    /// Draws a number from `from` up to and without `to`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// Says yes so many times in a thousand.
    pub fn per_mille(&self, times: u64) -> bool {
        self.below(1_000) < times
    }

    /// Picks one.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).expect("a place in a slice fits")]
    }

    /// Draws a time in milliseconds.
    pub fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
