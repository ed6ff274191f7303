//! The one client by which Usher calls the outside.
//!
//! It resolves a name once and connects only to addresses that the [`Rules`] permit, follows no redirects, uses
//! no proxy of the system, and bounds the time of the whole exchange and the bytes of the answer. Whoever may
//! write an address into a workflow or a setting can therefore reach the public internet, and nothing else.

mod address;
mod client;
mod exchange;
mod resolver;
mod tls;

pub use address::{Rules, is_public};
pub use client::{BuildError, Client, Transport};
pub use exchange::{Failure, FailureKind, Request, Response};
pub use usher_engine::effect::Method;
