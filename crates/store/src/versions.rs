//! Versions: saved states of workflows that never change.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;

/// A version as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub version: u32,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
}

/// A version with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDocument {
    pub version: Version,
    /// The document's text.
    pub document: String,
}

/// The versions of all workflows.
#[derive(Debug)]
pub struct Versions<E> {
    pub(crate) db: E,
}

fn version(row: &Row) -> Result<Version> {
    Ok(Version {
        version: row.number("version")?,
        note: row.get("note")?,
        created_at: row.time("created_at")?,
        created_by: row.get("created_by")?,
    })
}

impl<E: Executor> Versions<E> {
    /// Returns a version of a workflow.
    pub async fn get(mut self, workspace: &str, key: &str, number: u32) -> Result<Option<SavedDocument>> {
        let row = self
            .db
            .first(
                "SELECT v.version, v.note, v.created_at, v.created_by, v.document
                FROM workflows w JOIN versions v ON v.workflow_id = w.id
                WHERE w.workspace = $1 AND w.key = $2 AND w.deleted_at IS NULL AND v.version = $3",
                params![workspace, key, number],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SavedDocument { version: version(&row)?, document: row.get("document")? }))
    }

    /// Returns the versions of a workflow, newest first.
    pub async fn list(mut self, workspace: &str, key: &str) -> Result<Vec<Version>> {
        let rows = self
            .db
            .all(
                "SELECT v.version, v.note, v.created_at, v.created_by
                FROM workflows w JOIN versions v ON v.workflow_id = w.id
                WHERE w.workspace = $1 AND w.key = $2 AND w.deleted_at IS NULL ORDER BY v.version DESC",
                params![workspace, key],
            )
            .await?;
        rows.iter().map(version).collect()
    }
}

impl Versions<&mut Tx> {
    /// Saves the draft of a workflow as its next version, and gives its number; none without such a workflow.
    pub async fn save(
        self,
        workspace: &str,
        key: &str,
        note: Option<&str>,
        at: Timestamp,
        by: Option<&str>,
    ) -> Result<Option<u32>> {
        let row = self
            .db
            .first(
                "UPDATE workflows SET latest_version = latest_version + 1
                WHERE workspace = $1 AND key = $2 AND deleted_at IS NULL RETURNING id, latest_version",
                params![workspace, key],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, number): (String, u32) = (row.get("id")?, row.number("latest_version")?);
        self.db
            .execute(
                "INSERT INTO versions (workflow_id, version, document, note, created_at, created_by)
                SELECT d.workflow_id, $2, d.document, $3, $4, $5 FROM drafts d WHERE d.workflow_id = $1",
                params![&id, number, note, at, by],
            )
            .await?;
        self.db
            .execute(
                "INSERT INTO pointers (workflow_id, version, target)
                SELECT p.workflow_id, $2, p.target FROM pointers p WHERE p.workflow_id = $1 AND p.version = 0",
                params![&id, number],
            )
            .await?;
        Ok(Some(number))
    }
}
