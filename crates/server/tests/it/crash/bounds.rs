//! How long things may take at most, on a machine that has much else to do: what takes longer is lost.

use std::time::Duration;

/// How long a contact waits at most when something was killed.
pub const AFTER_A_KILL: Duration = Duration::from_secs(10);

/// Bounds that go with a way in which servers run.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long a server takes until it is ready.
    pub ready: Duration,
    /// How long a contact waits in vain for a reply, or for an acknowledgement, beyond what kills and outages excuse.
    pub patience: Duration,
    /// How long what is left to do takes once the contacts have ended their conversations.
    pub settled: Duration,
    /// How long a status takes from its acknowledgement on until it keeps a message from being sent again. One that comes
    /// in this time before comes too late.
    pub status: Duration,
    /// What the death of a server adds to that.
    pub status_in_hand: Duration,
}

impl Bounds {
    /// One server has everything: a status is recorded before it is acknowledged, but the message may be on its way already.
    pub const ALONE: Self = Self {
        ready: Duration::from_secs(120),
        patience: Duration::from_secs(60),
        settled: Duration::from_secs(60),
        status: Duration::from_secs(2),
        status_in_hand: Duration::ZERO,
    };

    /// Servers share a stream, on which a status that was acknowledged waits until one of them has recorded it. One that
    /// dies with it in hand keeps it for the five seconds in which the stream waits for a sign of life.
    pub const SHARED: Self = Self {
        ready: Duration::from_secs(120),
        patience: Duration::from_secs(180),
        settled: Duration::from_secs(180),
        status: Duration::from_secs(2),
        status_in_hand: Duration::from_secs(6),
    };
}
