//! What leaves after its time.

use jiff::{SignedDuration, Timestamp};

use crate::db::{Db, Queries, Tx, params};
use crate::error::Result;

/// How long events are remembered: providers tell of one again for seven days.
const EVENTS: SignedDuration = SignedDuration::from_hours(8 * 24);
/// How long a link that expired is kept, so that who comes late reads why it does not work.
const LINKS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a preview that nobody uses is kept.
const PREVIEWS: SignedDuration = SignedDuration::from_hours(24);
/// How long failed log-ins are counted at most.
const THROTTLES: SignedDuration = SignedDuration::from_hours(24);
/// How many rows of a table go at a time, so that nobody waits long for it.
const ROWS: u64 = 5_000;

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

pub(super) async fn prune(db: &Db, now: Timestamp) -> Result<Pruned> {
    let mut tx = db.begin().await?;
    let pruned = Pruned {
        events: remove(&mut tx, "remembered_events", "id", "at", now - EVENTS).await?,
        logins: remove(&mut tx, "logins", "token_hash", "expires_at", now).await?,
        links: remove(&mut tx, "links", "token_hash", "expires_at", now - LINKS).await?,
        previews: remove(&mut tx, "previews", "id", "updated_at", now - PREVIEWS).await?,
        more: false,
    };
    let throttles = remove(&mut tx, "throttles", "subject", "since", now - THROTTLES).await?;
    tx.commit().await?;
    let removed = [pruned.events, pruned.logins, pruned.links, pruned.previews, throttles];
    Ok(Pruned { more: removed.iter().any(|count| *count >= ROWS), ..pruned })
}

async fn remove(tx: &mut Tx, table: &str, key: &str, time: &str, before: Timestamp) -> Result<u64> {
    let sql = format!(
        "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < $1 ORDER BY {time} LIMIT {ROWS})"
    );
    tx.execute(sqlx::AssertSqlSafe(sql), params![before]).await
}
