//! The pure heart of Usher.
//!
//! [`advance`] takes a session and an event and returns the session after it, with what is to be committed
//! ([`change::Change`]), what is to be carried out after the commit ([`effect::Effect`]) and what the author
//! sees of it ([`trace::Visit`]). There is no I/O here, no clock and no chance: the same inputs give the same
//! outputs, always. Where to start reading: [`session`], [`event`] and [`effect`] are the vocabulary, the loop is
//! in `advance.rs`, and each node type is one file in [`nodes`].

pub mod api;
pub mod catalogue;
pub mod change;
pub mod contact;
pub mod effect;
pub mod environment;
pub mod event;
pub mod exits;
pub mod expr;
pub mod id;
pub mod limits;
pub mod message;
pub mod node;
pub mod nodes;
pub mod offer;
pub mod operation;
pub mod render;
pub mod scenario;
pub mod session;
pub mod settings;
pub mod trace;
pub mod value;
pub mod workflow;
pub mod world;

mod advance;
mod filling;

pub use advance::{Turn, advance};
pub use environment::Environment;
pub use event::{Event, EventKind};
pub use session::Session;
pub use world::{Moment, Seed, World};
