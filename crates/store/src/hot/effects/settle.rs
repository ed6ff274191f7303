use super::Settlement;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::hot::events::OwnEvent;
use jiff::Timestamp;
pub(in crate::hot) async fn settle(_db: &Db, _settlements: Vec<Settlement>, _now: Timestamp) -> Result<Vec<OwnEvent>> {
    todo!()
}
pub(in crate::hot) async fn free_lanes(_tx: &mut Tx, _lanes: &[String], _now: i64) -> Result<()> {
    todo!()
}
