//! Commits many turns in one transaction: first the addresses are held in the order of their ids, then each turn is
//! checked against what is there, then everything that the good ones wrote goes in, a statement a table.
//!
//! PostgreSQL gets all of it as one statement, which supposes that every turn still stands. Where one does not, nothing
//! is written: turns on events that are remembered are left out of a second try, and for anything else the batch is taken
//! step by step, which drops that turn alone.

pub(in crate::hot) mod at_once;
pub(in crate::hot) mod check;
pub(in crate::hot) mod rows;
mod write;

use usher_engine::id::EventId;

use super::effects::Lease;
use super::turn::{Committed, TurnRecord};
use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Db, Dialect, Executor, params};
use crate::error::Result;
use write::Way;

pub(super) async fn commit(db: &Db, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
    if turns.is_empty() {
        return Ok(Vec::new());
    }
    let committed = match db.dialect() {
        Dialect::Sqlite => step_by_step(db, &turns, lease, Way::Sqlite).await?,
        Dialect::Postgres => match at_once::commit(db, &turns, lease).await? {
            Some(committed) => committed,
            None => step_by_step(db, &turns, lease, Way::Steps).await?,
        },
    };
    let said = |committed| match committed {
        Committed::Done { sends_leased } => Committed::Done { sends_leased: sends_leased && lease.is_some() },
        other => other,
    };
    Ok(committed.into_iter().map(said).collect())
}

async fn step_by_step(db: &Db, turns: &[TurnRecord], lease: Option<&Lease>, way: Way) -> Result<Vec<Committed>> {
    let mut tx = db.begin().await?;
    let committed = check::check(&mut tx, turns, lease).await?;
    write::batch(turns, &committed, lease, way).commit(tx).await?;
    Ok(committed)
}

pub(in crate::hot) static SEEN: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "SELECT v.id AS id FROM {rows} AS v WHERE EXISTS (SELECT 1 FROM remembered_events r WHERE r.id = v.id)",
    )
});

pub(super) async fn seen(db: &Db, events: &[EventId]) -> Result<Vec<bool>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let rows = events.iter().map(|event| params![event.as_str()]).collect();
    let mut reader = db;
    let found = reader.rows(SEEN.sql(db.dialect()), SEEN.params(db.dialect(), Vec::new(), rows)?).await?;
    let found = found.iter().map(|row| row.get::<String, _>(0)).collect::<Result<std::collections::HashSet<_>>>()?;
    Ok(events.iter().map(|event| found.contains(event.as_str())).collect())
}
