//! The binary `usher`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A turn is many small allocations, in this program and in SQLite.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    usher_server::cli::run()
}
