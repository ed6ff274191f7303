//! The hot path: what a turn reads and writes, in few statements over many rows.
//!
//! A turn goes `load` → the engine → `commit`; what it asked for goes `due_effects` → the outside → `settle`;
//! what comes back is an event of our own, stored until the turn on it is committed.

mod address;
mod commit;
mod effects;
mod events;
mod load;
#[cfg(test)]
mod plans;
mod processes;
mod prune;
mod statuses;
mod timers;
mod turn;

use async_trait::async_trait;
use jiff::Timestamp;
use usher_engine::id::EventId;

pub use address::AddressKey;
pub(crate) use effects::give_up_all;
pub use effects::{DueEffect, Lease, Outcome, Release, Settlement, Standing};
pub use events::OwnEvent;
pub use load::{Loaded, Present};
pub use processes::Beat;
pub use prune::Pruned;
pub use statuses::{DeliveryState, Recorded, Status, StatusOf};
pub use turn::{
    Committed, EffectRow, InboundDetails, JournalRow, LoadedBasis, MessageRow, Profile, SessionRow, StatisticKey,
    TimerRow, TurnParts, TurnRecord,
};

use crate::Store;
use crate::db::Dialect;
use crate::error::Result;

/// What the runner, the dispatcher and the timers ask of the store. Few methods, so that a faulty store can
/// stand in front of the true one.
#[async_trait]
pub trait Hot: Send + Sync + std::fmt::Debug {
    /// Says whether only one process can work on it.
    fn is_single_process(&self) -> bool;

    /// Loads what a turn at each of these addresses needs, in the order of `keys`, in one round trip. An address
    /// that is not known yet comes back with the contact that its first commit will store.
    async fn load(&self, keys: &[AddressKey]) -> Result<Vec<Loaded>>;

    /// Commits turns in one transaction and says for each what became of it. A duplicate or a conflict drops its
    /// own turn with all that it wrote, never the batch. Turns on one address are taken in the order given, each on
    /// top of the former ([`Loaded::after`]).
    ///
    /// With a lease, the effects of these turns are handed to the caller at once, without a `due_effects`: all
    /// calls, and the sends of those turns that are answered with `sends_leased`, but none that was told to wait
    /// ([`TurnRecord::let_wait`]). Sends are leased if their lane is free, or if all that is open in it is leased to the
    /// same process, which knows of it ([`TurnRecord::go_behind`]).
    async fn commit(&self, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>>;

    /// Says for each event whether a turn on it was committed in the last days; for after a commit whose outcome is unknown.
    async fn seen(&self, events: &[EventId]) -> Result<Vec<bool>>;

    /// Takes up to `limit` effects that are due, under a lease: sends by lane (one address), a lane's sends all
    /// together and in order, calls freely. An effect whose lease ran out comes back as [`Standing::Interrupted`].
    async fn due_effects(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>>;

    /// Ends all leases: what was leased is due now, as [`Standing::Interrupted`]. For the start of a process that
    /// knows that no other works on this database. Gives how many there were.
    async fn end_leases(&self, now: Timestamp) -> Result<u64>;

    /// Gives effects back that `owner` has leased and not started: each stands as it stood when it was leased, and is due
    /// at once, unless it waits for its system. None is overtaken by what is behind it in its lane. What is not leased to
    /// `owner`, or by another lease that goes on, is left alone. Gives how many there were.
    async fn release(&self, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64>;

    /// Gives the systems for whose room effects wait.
    async fn waiting_systems(&self) -> Result<Vec<String>>;

    /// Lets up to so many of the effects in that wait for each of these systems, those first that were asked for first:
    /// they are due like others. Gives how many there were.
    async fn let_in(&self, systems: &[(String, u32)]) -> Result<u64>;

    /// Writes down what came of effects, each once: what is settled already is left alone. Gives the events that
    /// were stored with it, to be run. On SQLite, what brings no event may be lost when the power fails before the next
    /// commit, or a moment later: then the effect is found interrupted, as if the power had failed before.
    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>>;

    /// Gives events of our own that were not consumed and were not offered since `now`, oldest first; they are
    /// offered again from `again_at` on. Events are stored with an offer [`OwnEvent::GRACE`] after they happened, so that
    /// the sweeper does not race with whom they were given to directly.
    async fn pending_events(&self, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>>;

    /// Drops events of our own on which there is no turn to take, such as one of a session that is long over.
    async fn consume(&self, events: &[EventId]) -> Result<()>;

    /// Takes timers that are due, stores their firing, and gives it.
    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>>;

    /// Takes sessions whose deadline has passed, stores their expiry, and gives it. Its time is the deadline.
    async fn expired_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>>;

    /// Notes that `process` is up and accepting: raises its count by one, and gives those of the others. If no process
    /// has done so for longer than `grace_ms`, gives for how long, and moves the deadlines of sessions and the timers that
    /// wait by as much: that time does not count.
    async fn beat(&self, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat>;

    /// Ends the leases of a process that is dead, and forgets it: what it had at hand is due now, as
    /// [`Standing::Interrupted`]. Gives how many there were. A process that was buried alive is there again with its
    /// next beat.
    async fn bury(&self, process: &str, now: Timestamp) -> Result<u64>;

    /// Forgets a process that stops. One that still has effects leased stays, to be buried.
    async fn leave(&self, process: &str) -> Result<()>;

    /// Records delivery states of sent messages; a state never goes back. Gives what the live views should
    /// show, and the failures that a session may want as events, stored.
    async fn record_statuses(&self, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded>;

    /// Removes what need not be remembered any longer, a bounded number of rows at a time; call again while
    /// `more` is true.
    async fn prune(&self, now: Timestamp) -> Result<Pruned>;
}

#[async_trait]
impl Hot for Store {
    fn is_single_process(&self) -> bool {
        self.db.dialect() == Dialect::Sqlite
    }

    async fn load(&self, keys: &[AddressKey]) -> Result<Vec<Loaded>> {
        load::load(&self.db, keys).await
    }

    async fn commit(&self, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
        commit::commit(&self.db, turns, lease).await
    }

    async fn seen(&self, events: &[EventId]) -> Result<Vec<bool>> {
        commit::seen(&self.db, events).await
    }

    async fn due_effects(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>> {
        effects::due(&self.db, now, limit, lease).await
    }

    async fn end_leases(&self, now: Timestamp) -> Result<u64> {
        effects::end_leases(&self.db, now).await
    }

    async fn release(&self, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64> {
        effects::release(&self.db, effects, owner, now).await
    }

    async fn waiting_systems(&self) -> Result<Vec<String>> {
        effects::waiting_systems(&self.db).await
    }

    async fn let_in(&self, systems: &[(String, u32)]) -> Result<u64> {
        effects::let_in(&self.db, systems).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>> {
        effects::settle(&self.db, settlements, now).await
    }

    async fn pending_events(&self, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        events::pending(&self.db, now, again_at, limit).await
    }

    async fn consume(&self, events: &[EventId]) -> Result<()> {
        events::consume(&self.db, events).await
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        timers::due(&self.db, now, limit).await
    }

    async fn expired_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        timers::expired(&self.db, now, limit).await
    }

    async fn beat(&self, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat> {
        processes::beat(&self.db, process, now, grace_ms).await
    }

    async fn bury(&self, process: &str, now: Timestamp) -> Result<u64> {
        processes::bury(&self.db, process, now).await
    }

    async fn leave(&self, process: &str) -> Result<()> {
        processes::leave(&self.db, process).await
    }

    async fn record_statuses(&self, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded> {
        statuses::record(&self.db, statuses, now).await
    }

    async fn prune(&self, now: Timestamp) -> Result<Pruned> {
        prune::prune(&self.db, now).await
    }
}

/// Ends a `SELECT` so that it leaves to others what they have at hand; SQLite has no others.
fn skip_locked(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}
