//! The HTTP API, an endpoint or a rule a file.

mod access;
mod account;
mod apis;
mod bodies;
mod channels;
mod connections;
mod deployments;
mod editor;
mod idempotency;
mod operations;
mod people;
pub mod postgres;
mod routes;
pub mod statistics;
mod workflows;
mod workspace;
