//! What is committed together with a turn, beside the session itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::session::{Ending, Place};
use crate::value::Value;

/// One change that a turn makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// An attribute of the contact has a new value; unset removes it.
    ContactAttribute { name: String, value: Value },
    /// A timer is set, in place of an earlier one of the same name.
    TimerSet { timer: String, generation: u32, due: Timestamp },
    /// A timer is no longer wanted.
    TimerCleared { timer: String },
    /// The session ended.
    Ended { ending: Ending },
    /// Something to count in the statistics of a node.
    Counted { place: Place, what: Counted },
}

/// What the statistics of a node count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "count", rename_all = "snake_case")]
pub enum Counted {
    /// A session came in.
    Entered,
    /// A session left by this exit.
    Left { exit: String },
    /// A session ended here because its customer fell silent.
    DroppedOff,
    /// An error was noted here.
    Failed,
}
