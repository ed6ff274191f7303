//! Tests of the store from outside: one conformance suite, run on SQLite and on PostgreSQL.

mod conformance;
mod database;
mod schema;
