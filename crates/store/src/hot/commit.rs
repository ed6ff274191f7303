use super::effects::Lease;
use super::turn::{Committed, TurnRecord};
use crate::db::Db;
use crate::error::Result;
use usher_engine::id::EventId;
pub(super) async fn commit(_db: &Db, _turns: Vec<TurnRecord>, _lease: Option<&Lease>) -> Result<Vec<Committed>> {
    todo!()
}
pub(super) async fn seen(_db: &Db, _events: &[EventId]) -> Result<Vec<bool>> {
    todo!()
}
