//! The log of changes: appended with each change, never changed itself.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::db::{Executor, Queries, Row, Tx, params, to_json};
use crate::error::Result;
use crate::page::Page;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: String,
    pub name: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Rises with time.
    pub id: String,
    /// The workspace's id; none for what concerns the whole installation.
    pub workspace: Option<String>,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: String,
    pub subject: String,
    pub details: Json,
}

/// The log of all workspaces.
#[derive(Debug)]
pub struct Audit<E> {
    pub(crate) db: E,
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        at: row.time("at")?,
        actor: Actor { kind: row.get("actor_kind")?, name: row.get("actor")? },
        action: row.get("action")?,
        subject: row.get("subject")?,
        details: row.json("details")?,
    })
}

impl<E: Executor> Audit<E> {
    /// Returns the log of a workspace, newest first.
    pub async fn list(mut self, workspace: &str, after: Option<&str>, limit: u32) -> Result<Page<Entry>> {
        let rows = self
            .db
            .all(
                "SELECT id, workspace, at, actor_kind, actor, action, subject, details FROM audit
                WHERE workspace = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
                params![workspace, after.unwrap_or_default(), i64::from(limit) + 1],
            )
            .await?;
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(entries, limit, |entry| entry.id.clone()))
    }
}

impl Audit<&mut Tx> {
    /// Adds an entry.
    pub async fn append(self, entry: &Entry) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO audit (id, workspace, at, actor_kind, actor, action, subject, details)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![
                    &entry.id,
                    entry.workspace.clone(),
                    entry.at,
                    &entry.actor.kind,
                    &entry.actor.name,
                    &entry.action,
                    &entry.subject,
                    to_json("details", &entry.details)?,
                ],
            )
            .await?;
        Ok(())
    }
}
