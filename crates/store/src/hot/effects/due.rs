use super::{DueEffect, Lease};
use crate::db::Db;
use crate::error::Result;
use jiff::Timestamp;
pub(in crate::hot) async fn due(_db: &Db, _now: Timestamp, _limit: u32, _lease: &Lease) -> Result<Vec<DueEffect>> {
    todo!()
}
