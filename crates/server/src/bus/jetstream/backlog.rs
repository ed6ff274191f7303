//! How much is on the stream.

use async_nats::jetstream::stream::Info;

/// Messages on the stream at which it counts as full for a workspace that puts in more than its part: those of the others
/// stand behind all of them.
const CROWD: u64 = 16_384;

/// What is on the stream, as it was last told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backlog {
    messages: u64,
    bytes: u64,
    /// How many bytes it may hold; none for no limit.
    max_bytes: Option<u64>,
}

impl Backlog {
    pub fn of(info: &Info) -> Self {
        let max_bytes = u64::try_from(info.config.max_bytes).ok().filter(|max| *max > 0);
        Self { messages: info.state.messages, bytes: info.state.bytes, max_bytes }
    }

    pub fn messages(self) -> usize {
        usize::try_from(self.messages).unwrap_or(usize::MAX)
    }

    /// Returns how much of the room is taken, from 0 to 1.
    pub fn fullness(self) -> f64 {
        let part = |taken: u64, all: u64| taken as f64 / all as f64;
        let of_bytes = self.max_bytes.map_or(0.0, |max| part(self.bytes, max));
        part(self.messages, CROWD).max(of_bytes).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_full_as_the_nearest_of_its_bounds() {
        let full = |messages, bytes, max_bytes| Backlog { messages, bytes, max_bytes }.fullness();
        assert_eq!(full(0, 0, None).to_bits(), 0.0_f64.to_bits());
        assert_eq!(full(CROWD / 4, 600, Some(1_000)).to_bits(), 0.6_f64.to_bits());
        assert_eq!(full(CROWD / 4, 600, None).to_bits(), 0.25_f64.to_bits());
        assert_eq!(full(CROWD * 9, 0, None).to_bits(), 1.0_f64.to_bits());
    }
}
