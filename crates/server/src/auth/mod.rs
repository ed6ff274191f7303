//! Who calls, and whether they may.

pub mod caller;
pub mod client_address;
pub mod cookie;
pub mod password;
pub mod role;
pub mod throttle;

pub use caller::{Actor, Caller, Member};
pub use role::{Permission, Role};
