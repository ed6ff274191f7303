//! Real crashes: real processes are killed at random instants, under a load that comes through the real door, and an
//! outside checker compares what was acknowledged with what was handled and sent.
//!
//! Everything random comes from a seed, which is printed; `USHER_CRASH_SEED` sets it. `USHER_CRASH_KILLS` sets how
//! often is killed: `make soak` kills hundreds of times.

mod bounds;
mod chance;
mod checker;
mod cluster;
mod database;
mod flood;
mod front;
mod load;
mod place;
mod providers;
mod refused;
mod report;
mod servers;
mod shop;
mod small_disk;
mod sqlite;
mod stage;
mod witness;

/// Returns how often to kill: what is set, or what a test takes its time for.
fn kills(usual: usize) -> usize {
    match std::env::var("USHER_CRASH_KILLS") {
        Ok(set) => set.parse().unwrap_or_else(|_| panic!("USHER_CRASH_KILLS is `{set}`, which is no number")),
        Err(_) => usual,
    }
}
