//! Every bound of the engine, in one place.

use jiff::SignedDuration;

/// Steps that one turn may take before its session ends as over the limit.
pub const STEPS_PER_TURN: usize = 200;
/// How deep workflows may call each other.
pub const CALL_DEPTH: usize = 20;
/// Bytes of all the variables of a session, its callers' included.
pub const VARIABLES_BYTES: usize = 1024 * 1024;
/// Bytes of one text that a workflow makes.
pub const TEXT_BYTES: usize = 64 * 1024;
/// Bytes of a customer's text that are kept; the rest is cut.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// Events that wait in a session's inbox.
pub const INBOX: usize = 20;
/// Sends that a session remembers, to know one that failed.
pub const SENT: usize = 20;
/// Effects that one turn may ask for.
pub const EFFECTS_PER_TURN: usize = 100;
/// Notes that one visit keeps.
pub const NOTES_PER_VISIT: usize = 20;
/// Bytes of the body of an answer; a larger one is `too_large`.
pub const ANSWER_BYTES: usize = 256 * 1024;
/// Bytes of a workflow document.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Nodes of one workflow, removed ones included.
pub const NODES: usize = 2_000;
/// Characters of a key: of a workflow, a channel, an API, …
pub const KEY_CHARACTERS: usize = 64;
/// Characters of a name of an option, a case, a variable.
pub const NAME_CHARACTERS: usize = 64;
/// Options of a menu.
pub const OPTIONS: usize = 30;
/// Bytes of a compiled pattern.
pub const PATTERN_BYTES: usize = 1024 * 1024;

/// How long a session lasts without an inbound message, unless the environment says otherwise.
pub const SESSION_LENGTH: SignedDuration = SignedDuration::from_mins(10);
/// How long a call may take, unless the node says otherwise.
pub const CALL_TIMEOUT_MS: u64 = 10_000;
/// How long a call may take at most.
pub const CALL_TIMEOUT_MAX_MS: u64 = 60_000;
