//! The engine's tests from outside: whole conversations, the catalogue, random workflows.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod catalogue;
mod conversations;
mod expr;
mod random_workflows;
mod stale_timers;
