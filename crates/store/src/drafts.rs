//! Drafts: the working copies of workflows, of which nobody overwrites another's change unseen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use usher_engine::workflow::Document;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::Result;
use crate::workflows::{highest_number, kind_word, point};

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The workflow's key.
    pub key: String,
    /// The document's text.
    pub document: String,
    /// Rises with every change.
    pub revision: i64,
    /// The number that the workflow hands out next; the document may hold an older one.
    pub next_number: u32,
    pub updated_at: Timestamp,
    pub updated_by: Option<String>,
}

/// What came of keeping a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a draft may be refused"]
pub enum Put {
    Kept {
        revision: i64,
    },
    /// Refused: somebody else has changed it; this is its revision now.
    Changed {
        revision: i64,
    },
    /// Refused: a node has a number that was not handed out yet; this is the next.
    NumbersNeverGiven {
        next_number: u32,
    },
    /// There is no such workflow.
    Absent,
}

/// The drafts of all workflows.
#[derive(Debug)]
pub struct Drafts<E> {
    pub(crate) db: E,
}

const DRAFT: &str = "SELECT w.key, w.next_number, d.document, d.revision, d.updated_at, d.updated_by
    FROM workflows w JOIN drafts d ON d.workflow_id = w.id WHERE w.workspace = $1 AND w.deleted_at IS NULL";

fn draft(row: &Row) -> Result<Draft> {
    Ok(Draft {
        key: row.get("key")?,
        document: row.get("document")?,
        revision: row.get("revision")?,
        next_number: row.number("next_number")?,
        updated_at: row.time("updated_at")?,
        updated_by: row.get("updated_by")?,
    })
}

impl<E: Executor> Drafts<E> {
    /// Returns the draft of a workflow. Within a transaction, nobody else changes it until the end of that.
    pub async fn get(mut self, workspace: &str, key: &str) -> Result<Option<Draft>> {
        let lock = self.db.for_update("d");
        let row = self.db.first(sql!("{DRAFT} AND w.key = $2{lock}"), params![workspace, key]).await?;
        row.as_ref().map(draft).transpose()
    }

    /// Returns the drafts of a workspace, by key.
    pub async fn all(mut self, workspace: &str) -> Result<Vec<Draft>> {
        let rows = self.db.all(sql!("{DRAFT} ORDER BY w.key"), params![workspace]).await?;
        rows.iter().map(draft).collect()
    }

    /// Returns the revisions of a workspace's drafts, by key; for who remembers the drafts themselves.
    pub async fn revisions(mut self, workspace: &str) -> Result<Vec<(String, i64)>> {
        let rows = self
            .db
            .all(
                "SELECT w.key, d.revision FROM workflows w JOIN drafts d ON d.workflow_id = w.id
                WHERE w.workspace = $1 AND w.deleted_at IS NULL ORDER BY w.key",
                params![workspace],
            )
            .await?;
        rows.iter().map(|row| Ok((row.get("key")?, row.get("revision")?))).collect()
    }
}

impl Drafts<&mut Tx> {
    /// Keeps a draft that builds on `revision`; `targets` are the keys of the workflows that it leads to. The
    /// workflow takes over its name, description and kind.
    #[expect(clippy::too_many_arguments, reason = "each is one column, and a struct would be made at one place alone")]
    pub async fn put(
        self,
        workspace: &str,
        key: &str,
        revision: i64,
        document: &Document,
        targets: &BTreeSet<String>,
        at: Timestamp,
        by: Option<&str>,
    ) -> Result<Put> {
        let lock = self.db.for_update("w, d");
        let row = self
            .db
            .first(
                sql!(
                    "SELECT w.id, w.next_number, d.revision FROM workflows w JOIN drafts d ON d.workflow_id = w.id
                    WHERE w.workspace = $1 AND w.key = $2 AND w.deleted_at IS NULL{lock}"
                ),
                params![workspace, key],
            )
            .await?;
        let Some(row) = row else { return Ok(Put::Absent) };
        let (id, next_number, present): (String, u32, i64) =
            (row.get("id")?, row.number("next_number")?, row.get("revision")?);
        if present != revision {
            return Ok(Put::Changed { revision: present });
        }
        if highest_number(document) >= next_number {
            return Ok(Put::NumbersNeverGiven { next_number });
        }
        let text = if document.next_number == next_number {
            to_json("workflow", document)?
        } else {
            to_json("workflow", &Document { next_number, ..document.clone() })?
        };
        self.db
            .execute(
                "UPDATE drafts SET document = $2, revision = revision + 1, updated_at = $3, updated_by = $4
                WHERE workflow_id = $1",
                params![&id, text, at, by],
            )
            .await?;
        self.db
            .execute(
                "UPDATE workflows SET name = $2, description = $3, kind = $4 WHERE id = $1",
                params![&id, &document.name, &document.description, kind_word(document.kind)],
            )
            .await?;
        point(self.db, &id, targets).await?;
        Ok(Put::Kept { revision: revision + 1 })
    }
}
