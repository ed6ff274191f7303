//! What leaves after its time.

use jiff::Timestamp;

use crate::db::Db;
use crate::error::Result;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub events: u64,
    pub logins: u64,
    pub links: u64,
    pub previews: u64,
    /// Whether there is more to remove.
    pub more: bool,
}

pub(super) async fn prune(_db: &Db, _now: Timestamp) -> Result<Pruned> {
    todo!()
}
