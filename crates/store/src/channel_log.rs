//! What is worth knowing of a channel: in plain words, for the people who look after it.

use jiff::Timestamp;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;
use crate::page::Page;

/// A line of a channel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelNote {
    /// Rises with time.
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// The channel's key.
    pub channel: String,
    pub at: Timestamp,
    /// `info`, `warning` or `error`.
    pub level: String,
    pub text: String,
}

/// The logs of all channels.
#[derive(Debug)]
pub struct ChannelLog<E> {
    pub(crate) db: E,
}

fn note(row: &Row) -> Result<ChannelNote> {
    Ok(ChannelNote {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        channel: row.get("channel")?,
        at: row.time("at")?,
        level: row.get("level")?,
        text: row.get("text")?,
    })
}

impl<E: Executor> ChannelLog<E> {
    /// Returns the log of a channel, newest first.
    pub async fn list(
        mut self,
        workspace: &str,
        environment: Environment,
        channel: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<ChannelNote>> {
        let rows = self
            .db
            .all(
                "SELECT id, workspace, environment, channel, at, level, text FROM channel_log
                WHERE workspace = $1 AND environment = $2 AND channel = $3 AND ($4 = '' OR id < $4)
                ORDER BY id DESC LIMIT $5",
                params![workspace, environment, channel, after.unwrap_or_default(), i64::from(limit) + 1],
            )
            .await?;
        let notes = rows.iter().map(note).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(notes, limit, |note| note.id.clone()))
    }
}

impl ChannelLog<&mut Tx> {
    /// Adds a line.
    pub async fn add(self, note: &ChannelNote) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO channel_log (id, workspace, environment, channel, at, level, text)
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![&note.id, &note.workspace, note.environment, &note.channel, note.at, &note.level, &note.text,],
            )
            .await?;
        Ok(())
    }
}
