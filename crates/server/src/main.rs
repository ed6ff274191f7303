//! The binary `usher`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A turn is many small allocations, in this program and in SQLite. Without huge pages, of which a little in use keeps the
/// whole: with them the same load took half as much memory again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    usher_server::cli::run()
}
