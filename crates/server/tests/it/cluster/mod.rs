//! Many processes over one PostgreSQL database and one stream.

mod away;
mod changes;
mod death;
mod full;
mod gate;
pub mod place;
mod poison;
mod process;
mod roles;
mod servers;
mod sharing;
mod start;
mod timers;
mod watching;
