//! Ports for programs that are started later, perhaps several times.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that the system gives to who asks for any: one of them may go to somebody else before the program starts.
const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;
/// Ports of one process of tests, before it comes to those of another.
const OF_ONE: u32 = 40;

/// Returns a port of this machine's loopback address on which nobody listens, and that no other test is given meanwhile.
pub fn free() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(OF_ONE);
    loop {
        let port = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT + FIRST;
        let port = u16::try_from(port).expect("all of them are ports");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
