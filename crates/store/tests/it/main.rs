//! Tests of the store from outside: one conformance suite, run on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod backup;
mod conformance;
mod database;
mod given_up;
mod model;
mod power_cut;
mod schema;
