//! What came in and could not be used, kept for people to look at, and to have tried again.

use jiff::Timestamp;
use usher_engine::environment::Environment;
use usher_engine::id::EventId;

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;
use crate::page::Page;

/// Something that came in and could not be used: a part of a webhook, or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Rises with time.
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// The channel's key.
    pub channel: String,
    /// When it was kept, the last time.
    pub at: Timestamp,
    /// Why, in plain words.
    pub problem: String,
    /// A webhook's as it came, an event's as its keeper wrote it; empty in lists.
    pub body: Vec<u8>,
    /// How many bytes the body has.
    pub bytes: u64,
    /// For an event, on which no turn could be taken.
    pub event: Option<KeptEvent>,
}

/// What else is known of a kept event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    pub id: EventId,
    /// The channel's own id of the person.
    pub address: String,
    /// How often a turn on it was tried.
    pub tries: u32,
}

/// What was kept of all environments.
#[derive(Debug)]
pub struct KeptThings<E> {
    pub(crate) db: E,
}

fn kept(row: &Row) -> Result<Kept> {
    let event = match row.get::<Option<String>, _>("event")? {
        Some(id) => Some(KeptEvent {
            id: EventId(id),
            address: row.get::<Option<String>, _>("address")?.unwrap_or_default(),
            tries: row.number("tries")?,
        }),
        None => None,
    };
    Ok(Kept {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        channel: row.get("channel")?,
        at: row.time("at")?,
        problem: row.get("problem")?,
        body: row.get("body")?,
        bytes: u64::try_from(row.get::<i64, _>("bytes")?).unwrap_or_default(),
        event,
    })
}

impl<E: Executor> KeptThings<E> {
    /// Returns what was kept in an environment, newest first and without the bodies; of one channel if it is named.
    pub async fn list(
        mut self,
        workspace: &str,
        environment: Environment,
        channel: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Kept>> {
        let rows = self
            .db
            .all(
                "SELECT id, workspace, environment, channel, at, problem, substr(body, 1, 0) AS body,
                    CAST(length(body) AS BIGINT) AS bytes, event, address, tries
                FROM kept WHERE workspace = $1 AND environment = $2 AND ($3 = '' OR channel = $3)
                    AND ($4 = '' OR id < $4)
                ORDER BY id DESC LIMIT $5",
                params![
                    workspace,
                    environment,
                    channel.unwrap_or_default(),
                    after.unwrap_or_default(),
                    i64::from(limit) + 1,
                ],
            )
            .await?;
        let found = rows.iter().map(kept).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, |kept| kept.id.clone()))
    }

    /// Returns one, with its body.
    pub async fn get(mut self, workspace: &str, environment: Environment, id: &str) -> Result<Option<Kept>> {
        let row = self
            .db
            .first(
                "SELECT id, workspace, environment, channel, at, problem, body,
                    CAST(length(body) AS BIGINT) AS bytes, event, address, tries
                FROM kept WHERE id = $3 AND workspace = $1 AND environment = $2",
                params![workspace, environment, id],
            )
            .await?;
        row.as_ref().map(kept).transpose()
    }
}

impl KeptThings<&mut Tx> {
    /// Keeps something. An event that is kept already is kept once, with its tries added up.
    pub async fn keep(self, kept: &Kept) -> Result<()> {
        let event = kept.event.as_ref();
        self.db
            .execute(
                "INSERT INTO kept (id, workspace, environment, channel, at, problem, body, event, address, tries)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (event) DO UPDATE SET at = excluded.at, problem = excluded.problem,
                    tries = kept.tries + excluded.tries",
                params![
                    &kept.id,
                    &kept.workspace,
                    kept.environment,
                    &kept.channel,
                    kept.at,
                    &kept.problem,
                    kept.body.clone(),
                    event.map(|event| event.id.as_str()),
                    event.map(|event| event.address.as_str()),
                    event.map_or(0, |event| event.tries),
                ],
            )
            .await?;
        Ok(())
    }

    /// Removes something that is kept; says whether it was there. With a number of tries, only if there were no
    /// more since.
    pub async fn remove(self, workspace: &str, environment: Environment, id: &str, tries: Option<u32>) -> Result<bool> {
        let sql = "DELETE FROM kept WHERE id = $3 AND workspace = $1 AND environment = $2 AND ($4 < 0 OR tries = $4)";
        let tries = tries.map_or(-1, i64::from);
        Ok(self.db.execute(sql, params![workspace, environment, id, tries]).await? > 0)
    }
}
