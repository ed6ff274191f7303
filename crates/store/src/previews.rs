//! Previews: conversations of builders with their drafts.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::db::{Executor, Queries, Row, Tx, params, to_json};
use crate::error::Result;

/// A preview.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    /// The key of the workflow that it begins in.
    pub workflow: String,
    pub settings: Json,
    /// Documents that it runs on in place of the drafts, by key; empty for none.
    pub snapshot: Json,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The previews of all workspaces.
#[derive(Debug)]
pub struct Previews<E> {
    pub(crate) db: E,
}

fn preview(row: &Row) -> Result<Preview> {
    Ok(Preview {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        workflow: row.get("workflow")?,
        settings: row.json("settings")?,
        snapshot: row.json("snapshot")?,
        created_by: row.get("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl<E: Executor> Previews<E> {
    /// Returns a preview.
    pub async fn get(mut self, id: &str) -> Result<Option<Preview>> {
        let row = self
            .db
            .first(
                "SELECT id, workspace, workflow, settings, snapshot, created_by, created_at, updated_at
                FROM previews WHERE id = $1",
                params![id],
            )
            .await?;
        row.as_ref().map(preview).transpose()
    }
}

impl Previews<&mut Tx> {
    /// Adds a preview.
    pub async fn create(self, preview: &Preview) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO previews (id, workspace, workflow, settings, snapshot, created_by, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![
                    &preview.id,
                    &preview.workspace,
                    &preview.workflow,
                    to_json("settings", &preview.settings)?,
                    to_json("snapshot", &preview.snapshot)?,
                    preview.created_by.clone(),
                    preview.created_at,
                    preview.updated_at,
                ],
            )
            .await?;
        Ok(())
    }

    /// Notes that a preview is in use, so that it is kept.
    pub async fn note_used(self, id: &str, at: Timestamp) -> Result<()> {
        self.db.execute("UPDATE previews SET updated_at = $2 WHERE id = $1", params![id, at]).await.map(|_| ())
    }

    /// Deletes a preview; says whether it was there.
    pub async fn delete(self, workspace: &str, id: &str) -> Result<bool> {
        let sql = "DELETE FROM previews WHERE workspace = $1 AND id = $2";
        Ok(self.db.execute(sql, params![workspace, id]).await? > 0)
    }
}
