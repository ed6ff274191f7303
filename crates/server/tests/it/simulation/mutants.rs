//! Ushers that break one promise each: the checker must notice every one of them.

/// A promise that is not kept, and what in the real thing keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Events are not remembered: the `remembered_events` of a commit.
    NoDeduplication,
    /// A turn is committed whatever its session has become: the version that a commit compares.
    NoVersionCheck,
    /// A door answers 200 before the turn is committed: the ticket for which the bus waits.
    AcknowledgesBeforeTheCommit,
    /// The dispatcher has the effects while the commit is still under way.
    SendsBeforeTheCommit,
    /// The store answers before the disk has what it tells of: `synchronous = FULL`.
    TellsBeforeTheDisk,
    /// What is leased is handed out again: the state `leased`.
    IgnoresLeases,
    /// The sends of a turn leave although others of the lane wait in the store: `sends_leased`.
    OvertakesInTheLane,
    /// What a turn asks for is only handed over, not stored: the rows in `effects`.
    ForgetsEffects,
    /// A timer's firing, and a session's expiry, are only handed over, not stored with what they end.
    FiringsOnlyInMemory,
    /// An answer is only handed over, not stored with the settlement.
    AnswersOnlyInMemory,
    /// Timers are looked for with a clock that is fast.
    FiresEarly,
    /// Each try of a send has an id of its own, in place of the effect's.
    IdPerTry,
    /// What is counted does not wait for the turn to be committed.
    CountsWhatWasDropped,
}

impl Mutant {
    pub const ALL: [Self; 13] = [
        Self::NoDeduplication,
        Self::NoVersionCheck,
        Self::AcknowledgesBeforeTheCommit,
        Self::SendsBeforeTheCommit,
        Self::TellsBeforeTheDisk,
        Self::IgnoresLeases,
        Self::OvertakesInTheLane,
        Self::ForgetsEffects,
        Self::FiringsOnlyInMemory,
        Self::AnswersOnlyInMemory,
        Self::FiresEarly,
        Self::IdPerTry,
        Self::CountsWhatWasDropped,
    ];
}
