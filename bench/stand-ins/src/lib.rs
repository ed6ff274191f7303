//! Strict stand-ins of the outside systems, for tests.
//!
//! Each serves on a free port of loopback, refuses what the system itself refuses, with the system's own error
//! bodies, keeps what it was sent, and can be told to go wrong ([`Fault`]). Nothing here shares code with what it
//! stands in against.

mod fault;
pub mod graph;
mod running;
pub mod webhook;
pub mod zendesk;

pub use fault::Fault;
pub use graph::Graph;
pub use zendesk::Zendesk;
