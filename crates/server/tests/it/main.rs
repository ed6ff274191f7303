//! The integration tests of the server: one binary, one module an endpoint or a promise.

mod file_length;
mod ladder;

use std::path::Path;

/// The root of the checkout.
fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
