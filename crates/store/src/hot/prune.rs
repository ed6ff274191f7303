//! What leaves after its time: a bounded number of rows at a time, each kind in a transaction of its own, so that turns
//! get their turn between them.

pub(in crate::hot) mod conversations;
pub(in crate::hot) mod events;
pub(in crate::hot) mod problems;

use std::ops::AddAssign;

use jiff::{SignedDuration, Timestamp};
use usher_engine::environment::Environment;

use crate::db::{Db, Dialect, Queries, Tx, params};
use crate::error::Result;
use crate::retention::Retention;

/// How long a link that expired is kept, so that who comes late reads why it does not work.
const LINKS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a preview that nobody uses is kept.
const PREVIEWS: SignedDuration = SignedDuration::from_hours(24);
/// How long failed log-ins are counted at most.
const THROTTLES: SignedDuration = SignedDuration::from_hours(24);
/// How many rows of a table go at a time, so that nobody waits long for it.
const ROWS: u64 = 5_000;

/// Any number that no other program on the database uses: two who prune at once would only wait for each other.
const POSTGRES_LOCK: &str =
    "SELECT CASE WHEN pg_try_advisory_xact_lock(7305808869232151) THEN 1 ELSE 0 END::bigint AS alone";

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub events: u64,
    pub logins: u64,
    pub links: u64,
    pub previews: u64,
    /// Conversations, with their messages and their journals.
    pub conversations: u64,
    /// Conversations whose journals left before them.
    pub traces: u64,
    /// Contacts of whom nothing was known but conversations.
    pub contacts: u64,
    pub dead_letters: u64,
    /// Webhooks and events that could not be used.
    pub kept: u64,
    pub channel_notes: u64,
    pub audit_entries: u64,
    /// Whether there is more to remove.
    pub more: bool,
}

impl AddAssign for Pruned {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.logins += other.logins;
        self.links += other.links;
        self.previews += other.previews;
        self.conversations += other.conversations;
        self.traces += other.traces;
        self.contacts += other.contacts;
        self.dead_letters += other.dead_letters;
        self.kept += other.kept;
        self.channel_notes += other.channel_notes;
        self.audit_entries += other.audit_entries;
        self.more |= other.more;
    }
}

/// An environment, and how long it keeps things.
#[derive(Debug)]
struct Place {
    workspace: String,
    environment: Environment,
    retention: Retention,
}

pub(super) async fn prune(db: &Db, now: Timestamp) -> Result<Pruned> {
    let Some(tx) = begin_alone(db).await? else { return Ok(Pruned::default()) };
    let mut pruned = forget(tx, now).await?;
    for place in places(db).await? {
        pruned += conversations::prune(db, &place, now).await?;
        pruned += conversations::prune_traces(db, &place, now).await?;
        pruned += problems::prune(db, &place, now).await?;
    }
    pruned += problems::prune_audit(db, now).await?;
    Ok(pruned)
}

/// Begins a transaction, unless another process prunes right now.
async fn begin_alone(db: &Db) -> Result<Option<Tx>> {
    let mut tx = db.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        let row = tx.first(POSTGRES_LOCK, params![]).await?;
        if row.map(|row| row.get::<i64, _>("alone")).transpose()? != Some(1) {
            return Ok(None);
        }
    }
    Ok(Some(tx))
}

async fn places(mut db: &Db) -> Result<Vec<Place>> {
    let rows = db.all("SELECT workspace, environment, settings FROM environments", params![]).await?;
    let places = rows.iter().map(|row| {
        Ok(Place {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            retention: Retention::of(&row.json("settings")?),
        })
    });
    places.collect()
}

/// Removes what the installation itself need not remember.
async fn forget(mut tx: Tx, now: Timestamp) -> Result<Pruned> {
    let (events, more_events) = events::prune(&mut tx, now).await?;
    let pruned = Pruned {
        events,
        logins: remove(&mut tx, "logins", "token_hash", "expires_at", now).await?,
        links: remove(&mut tx, "links", "token_hash", "expires_at", now - LINKS).await?,
        previews: remove(&mut tx, "previews", "id", "updated_at", now - PREVIEWS).await?,
        ..Pruned::default()
    };
    let throttles = remove(&mut tx, "throttles", "subject", "since", now - THROTTLES).await?;
    tx.commit().await?;
    let removed = [pruned.logins, pruned.links, pruned.previews, throttles];
    Ok(Pruned { more: more_events || removed.iter().any(|count| *count >= ROWS), ..pruned })
}

async fn remove(tx: &mut Tx, table: &str, key: &str, time: &str, before: Timestamp) -> Result<u64> {
    let sql = format!(
        "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < $1 ORDER BY {time} LIMIT {ROWS})"
    );
    tx.execute(sqlx::AssertSqlSafe(sql), params![before]).await
}
