//! Gives up everything that is under way, for a database that was restored: what a backup still holds as under way may
//! have been carried out since.

use jiff::Timestamp;
use usher_engine::event::{Answer, CallFailure, Event, EventKind};
use usher_engine::id::{EffectId, EventId};

use super::settle::own_event;
use crate::db::{Queries, Tx, params, to_ms};
use crate::error::Result;
use crate::hot::events;

/// Makes dead letters of all effects that are not settled, so that nothing is sent a second time and people see what may
/// be missing. A session that waits for a call learns that it failed, and goes on. Gives how many there were.
pub(crate) async fn give_up_all(tx: &mut Tx, why: &str, now: Timestamp) -> Result<u64> {
    let calls = tx
        .all(
            "SELECT id, workspace, environment, channel, address, session FROM effects
            WHERE kind = 'call' AND due_at IS NOT NULL ORDER BY id",
            params![],
        )
        .await?;
    let answers = calls.iter().map(|row| {
        let effect = EffectId(row.get("id")?);
        let answer = Answer::Failed { kind: CallFailure::Unreachable, message: why.to_owned() };
        let id = EventId::of_answer(&effect, "answered");
        own_event(row, Event { id, kind: EventKind::CallAnswered { effect, answer } }, now)
    });
    events::insert(tx, &answers.collect::<Result<Vec<_>>>()?, to_ms(now)).await?;
    tx.execute(
        "UPDATE messages SET state = 'failed', error = $1 FROM effects e
        WHERE e.kind = 'send' AND e.due_at IS NOT NULL AND messages.session = e.session
            AND messages.position = e.position AND messages.address_id = e.address_id AND messages.state = 'pending'",
        params![why],
    )
    .await?;
    tx.execute(
        "UPDATE effects SET state = 'dead', due_at = NULL, dead_at = $2, error = $1, owner = NULL, taken_from = NULL,
            waits_for = NULL
        WHERE due_at IS NOT NULL",
        params![why, now],
    )
    .await
}
