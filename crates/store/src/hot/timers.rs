use super::events::OwnEvent;
use crate::db::Db;
use crate::error::Result;
use jiff::Timestamp;
pub(super) async fn due(_db: &Db, _now: Timestamp, _limit: u32) -> Result<Vec<OwnEvent>> {
    todo!()
}
pub(super) async fn expired(_db: &Db, _now: Timestamp, _limit: u32) -> Result<Vec<OwnEvent>> {
    todo!()
}
pub(super) async fn beat(_db: &Db, _now: Timestamp, _grace_ms: i64) -> Result<i64> {
    todo!()
}
