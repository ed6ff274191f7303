//! Effects on their way to the outside: lanes, leases, and what came of them.

pub(in crate::hot) mod due;
mod give_up;
pub(in crate::hot) mod settle;
pub(in crate::hot) mod waiting;

use jiff::Timestamp;
use usher_engine::effect::Effect;
use usher_engine::event::Event;
use usher_engine::id::{EffectId, SessionId};

use super::address::AddressKey;
use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Dialect, Param, Tx, params};
use crate::error::Result;

pub(super) use due::{due, end_leases, release};
pub(crate) use give_up::give_up_all;
pub(super) use settle::{FREE, settle};
pub(super) use waiting::{let_in, waiting_systems};

/// How long a send that waits behind others of its lane is left alone, in milliseconds. It is freed when those are
/// settled; this is for the case that nobody lived to free it.
pub(super) const PARKED: i64 = 5 * 60 * 1000;

/// Who carries effects out, and until when nobody else does; longer than the longest call may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Names the process.
    pub owner: String,
    pub until: Timestamp,
}

/// An effect to be carried out now.
#[derive(Debug, Clone, PartialEq)]
pub struct DueEffect {
    pub key: AddressKey,
    /// The channel's kind, such as `whatsapp`.
    pub channel_kind: String,
    pub session: SessionId,
    pub effect: Effect,
    pub standing: Standing,
    /// How often it was taken before this time.
    pub attempts: u32,
    /// When the turn that asked for it was committed.
    pub asked_at: Timestamp,
    /// Until when nobody else carries it out.
    pub leased_until: Timestamp,
    /// The position of the send's message at its address, by which a web chat resumes; 0 for a call.
    pub position: i64,
    /// The workspace's configuration revision when it was taken: it is carried out by this one, or a later one.
    pub revision: u64,
}

/// What went before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It was not tried yet.
    Fresh,
    /// It was tried, failed, and is to be tried again.
    Retried,
    /// It was taken, and nothing was heard of it until its lease ran out: it may have been carried out.
    Interrupted,
    /// It was sent with an unknown outcome, and no status came in the time set.
    Unheard,
}

/// An effect that was leased, and is given back without having been started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub effect: EffectId,
    /// When the lease ends, by which it is known.
    pub until: Timestamp,
    /// The system for whose room it waits, by any name that is always the same. Until it is let in it is not due, and
    /// stands before nobody else.
    pub waits_for: Option<String>,
}

/// What came of an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    pub effect: EffectId,
    pub outcome: Outcome,
}

/// What can come of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The provider took the message.
    Sent {
        /// The provider's id of it, by which its statuses are known.
        provider_id: Option<String>,
        /// Request and answer, as they should be shown beside the message.
        provider: Option<String>,
    },
    /// The call is over; its answer is stored as an event of our own, accepted at `at`.
    Answered { event: Event, at: Timestamp },
    /// To be tried again, not before `at`. The lane waits with it.
    Retry { at: Timestamp, error: String },
    /// It may have been sent; until `until` a status with its id may tell. The lane waits with it.
    Unknown { until: Timestamp, error: String },
    /// Given up. It is kept as a dead letter; the lane goes on. With an event, the session learns of it.
    Dead { error: String, provider: Option<String>, event: Option<Event>, at: Timestamp },
}

impl Outcome {
    /// Says whether an event comes of it.
    fn has_event(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Dead { event: Some(_), .. })
    }
}

pub(in crate::hot) static FIND_LANES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT DISTINCT e.address_id AS id FROM {rows} AS v JOIN effects e ON e.id = v.id WHERE e.kind = 'send'",
    )
});

/// Finds the lanes of those effects that are sends.
pub(super) async fn find_lanes(tx: &mut Tx, effects: Vec<Vec<Param>>) -> Result<Vec<String>> {
    let lanes = FIND_LANES.fetch(tx, Vec::new(), effects).await?;
    lanes.iter().map(|row| row.get("id")).collect()
}

pub(in crate::hot) static LOCK: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT a.id AS id FROM addresses a WHERE a.id IN (SELECT v.id FROM {rows} AS v) ORDER BY a.id FOR UPDATE",
    )
});

pub(in crate::hot) static TRY_LOCK: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT a.id AS id FROM addresses a WHERE a.id IN (SELECT v.id FROM {rows} AS v) ORDER BY a.id FOR UPDATE SKIP LOCKED",
    )
});

/// Locks lanes by their addresses, as commits do, and gives those that are locked; on SQLite the transaction itself is
/// the lock.
pub(super) async fn lock_lanes(tx: &mut Tx, lanes: Vec<String>, skip: bool) -> Result<Vec<String>> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(lanes);
    }
    let statement = if skip { &TRY_LOCK } else { &LOCK };
    let rows = statement.fetch(tx, Vec::new(), lanes.iter().map(|lane| params![lane]).collect()).await?;
    rows.iter().map(|row| row.get("id")).collect()
}
