//! The integration tests of the server: one binary, one module an endpoint or a promise.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod api;
mod channels;
mod cli;
mod cluster;
mod crash;
mod file_length;
mod ladder;
mod logs;
mod measures;
mod nats_servers;
mod ports;
mod postgres_server;
mod preview;
mod room;
mod runner;
mod server;
mod simulation;
mod spans;
mod web_chat;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The root of the checkout.
fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
