//! Workflows: their names, folders and numbers; what is in them is in drafts and versions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use usher_engine::environment::Environment;
use usher_engine::workflow::{Document, Kind};

use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Executor, Queries, Row, Tx, params, to_json};
use crate::error::{Error, Result, TakenAs};
use crate::workspaces;

/// A workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub key: String,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    /// Empty for none.
    pub folder: String,
    pub archived: bool,
    /// The number that is handed out next.
    pub next_number: u32,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
}

/// A workflow as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowSummary {
    pub id: String,
    pub key: String,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    /// Empty for none.
    pub folder: String,
    pub archived: bool,
    pub draft_revision: i64,
    pub draft_updated_at: Timestamp,
    pub draft_updated_by: Option<String>,
    pub latest_version: Option<u32>,
    /// The version that is live in production.
    pub live_version: Option<u32>,
    /// Whether the draft is word for word the newest saved version.
    pub draft_is_saved: bool,
}

/// A workflow to be made, with its first draft.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWorkflow {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub folder: String,
    /// The keys of the workflows that the document leads to.
    pub targets: BTreeSet<String>,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
    /// Gives key, name, description and kind, too.
    pub document: Document,
}

/// What is to be changed of a workflow; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkflowChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub folder: Option<String>,
    pub archived: Option<bool>,
}

/// Something that points at a workflow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pointer {
    /// A route leads to it.
    Route { environment: Environment, key: String },
    /// The draft of another workflow leads to it.
    Draft { workflow: String },
    /// A live version leads to it, or is one of its own.
    Live { environment: Environment, workflow: String, version: u32 },
}

/// What came of deleting a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a workflow that something points at is not deleted"]
pub enum Deletion {
    Done,
    /// Refused, for these.
    PointedAt(Vec<Pointer>),
    /// There is no such workflow.
    Absent,
}

/// The workflows of all workspaces.
#[derive(Debug)]
pub struct Workflows<E> {
    pub(crate) db: E,
}

pub(crate) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "standard",
        Kind::DynamicApi => "dynamic_api",
    }
}

pub(crate) fn kind(row: &Row) -> Result<Kind> {
    match row.get("kind")? {
        "standard" => Ok(Kind::Standard),
        "dynamic_api" => Ok(Kind::DynamicApi),
        other => Err(Error::unreadable("workflow", format_args!("there is no kind `{other}`"))),
    }
}

fn workflow(row: &Row) -> Result<Workflow> {
    Ok(Workflow {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        key: row.get("key")?,
        name: row.get("name")?,
        description: row.get("description")?,
        kind: kind(row)?,
        folder: row.get("folder")?,
        archived: row.flag("archived")?,
        next_number: row.number("next_number")?,
        created_at: row.time("created_at")?,
        created_by: row.get("created_by")?,
    })
}

fn summary(row: &Row) -> Result<WorkflowSummary> {
    Ok(WorkflowSummary {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        description: row.get("description")?,
        kind: kind(row)?,
        folder: row.get("folder")?,
        archived: row.flag("archived")?,
        draft_revision: row.get("revision")?,
        draft_updated_at: row.time("updated_at")?,
        draft_updated_by: row.get("updated_by")?,
        latest_version: row.maybe_number("saved")?,
        live_version: row.maybe_number("live")?,
        draft_is_saved: row.flag("draft_is_saved")?,
    })
}

impl<E: Executor> Workflows<E> {
    /// Returns a workflow by key.
    pub async fn get(mut self, workspace: &str, key: &str) -> Result<Option<Workflow>> {
        let row = self
            .db
            .first(
                "SELECT id, workspace, key, name, description, kind, folder, archived, next_number, created_at, created_by
                FROM workflows WHERE workspace = $1 AND key = $2 AND deleted_at IS NULL",
                params![workspace, key],
            )
            .await?;
        row.as_ref().map(workflow).transpose()
    }

    /// Returns the workflows of a workspace, by key.
    pub async fn list(mut self, workspace: &str) -> Result<Vec<WorkflowSummary>> {
        let rows = self
            .db
            .all(
                "SELECT w.id, w.key, w.name, w.description, w.kind, w.folder, w.archived,
                    d.revision, d.updated_at, d.updated_by,
                    (SELECT max(v.version) FROM versions v WHERE v.workflow_id = w.id) AS saved,
                    l.version AS live,
                    CAST(CASE WHEN d.document = (SELECT v.document FROM versions v WHERE v.workflow_id = w.id
                        ORDER BY v.version DESC LIMIT 1) THEN 1 ELSE 0 END AS BIGINT) AS draft_is_saved
                FROM workflows w
                JOIN drafts d ON d.workflow_id = w.id
                JOIN environments e ON e.workspace = w.workspace AND e.environment = 'production'
                LEFT JOIN deployed l ON l.workspace = e.workspace AND l.environment = e.environment
                    AND l.number = e.deployment AND l.workflow_id = w.id
                WHERE w.workspace = $1 AND w.deleted_at IS NULL ORDER BY w.key",
                params![workspace],
            )
            .await?;
        rows.iter().map(summary).collect()
    }

    /// Returns what points at a workflow: routes, drafts of other workflows, what is live.
    pub async fn pointers(mut self, workspace: &str, key: &str) -> Result<Vec<Pointer>> {
        let mut found = Vec::new();
        let routes = "SELECT environment, key FROM routes WHERE workspace = $1 AND workflow = $2";
        for row in self.db.all(routes, params![workspace, key]).await? {
            found.push(Pointer::Route { environment: row.environment("environment")?, key: row.get("key")? });
        }
        let drafts = "SELECT w.key FROM pointers p JOIN workflows w ON w.id = p.workflow_id
            WHERE p.target = $2 AND p.version = 0 AND w.workspace = $1 AND w.key <> $2 AND w.deleted_at IS NULL";
        for row in self.db.all(drafts, params![workspace, key]).await? {
            found.push(Pointer::Draft { workflow: row.get("key")? });
        }
        let live = "SELECT e.environment, w.key, l.version FROM environments e
            JOIN deployed l ON l.workspace = e.workspace AND l.environment = e.environment AND l.number = e.deployment
            JOIN workflows w ON w.id = l.workflow_id
            WHERE e.workspace = $1 AND (w.key = $2 OR EXISTS (SELECT 1 FROM pointers p
                WHERE p.workflow_id = l.workflow_id AND p.version = l.version AND p.target = $2))";
        for row in self.db.all(live, params![workspace, key]).await? {
            found.push(Pointer::Live {
                environment: row.environment("environment")?,
                workflow: row.get("key")?,
                version: row.number("version")?,
            });
        }
        found.sort();
        Ok(found)
    }
}

impl Workflows<&mut Tx> {
    /// Makes a workflow with its first draft. Versions and revisions go on from those of a deleted workflow of the
    /// same key, so that neither ever means two things.
    pub async fn create(self, new: &NewWorkflow) -> Result<()> {
        let mut document = new.document.clone();
        document.next_number = document.next_number.max(highest_number(&document).saturating_add(1));
        let before = self
            .db
            .first(
                "SELECT max(w.latest_version) AS version, max(d.revision) AS revision
                FROM workflows w LEFT JOIN drafts d ON d.workflow_id = w.id WHERE w.workspace = $1 AND w.key = $2",
                params![&new.workspace, &document.key],
            )
            .await?;
        let (version, revision) = match before {
            Some(row) => (row.get::<Option<i64>, _>("version")?, row.get::<Option<i64>, _>("revision")?),
            None => (None, None),
        };
        let inserted = self
            .db
            .execute(
                "INSERT INTO workflows (id, workspace, key, name, description, kind, folder, archived, next_number,
                    latest_version, created_at, created_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11)",
                params![
                    &new.id,
                    &new.workspace,
                    &document.key,
                    &document.name,
                    &document.description,
                    kind_word(document.kind),
                    &new.folder,
                    document.next_number,
                    version.unwrap_or(0),
                    new.created_at,
                    new.created_by.clone(),
                ],
            )
            .await;
        inserted.taken_as(|| format!("the workflow key `{}`", document.key))?;
        self.db
            .execute(
                "INSERT INTO drafts (workflow_id, document, revision, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5)",
                params![
                    &new.id,
                    to_json("workflow", &document)?,
                    revision.unwrap_or(0) + 1,
                    new.created_at,
                    new.created_by.clone(),
                ],
            )
            .await?;
        point(self.db, &new.id, &new.targets).await
    }

    /// Changes a workflow; says whether it is there. Name and description are the draft's, too: change them there first.
    pub async fn change(self, workspace: &str, key: &str, change: &WorkflowChange) -> Result<bool> {
        let changed = self
            .db
            .execute(
                "UPDATE workflows SET name = COALESCE($3, name), description = COALESCE($4, description),
                    folder = COALESCE($5, folder), archived = COALESCE($6, archived)
                WHERE workspace = $1 AND key = $2 AND deleted_at IS NULL",
                params![
                    workspace,
                    key,
                    change.name.clone(),
                    change.description.clone(),
                    change.folder.clone(),
                    change.archived.map(i64::from),
                ],
            )
            .await?;
        Ok(changed > 0)
    }

    /// Hands out numbers for nodes, and none of them ever again. Gives the first; none without such a workflow.
    pub async fn take_numbers(self, workspace: &str, key: &str, count: u32) -> Result<Option<u32>> {
        let row = self
            .db
            .first(
                "UPDATE workflows SET next_number = next_number + $3
                WHERE workspace = $1 AND key = $2 AND deleted_at IS NULL RETURNING next_number",
                params![workspace, key, count],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let next: u32 = row.number("next_number")?;
        Ok(Some(next.saturating_sub(count)))
    }

    /// Deletes a workflow unless something points at it. Its versions stay for the sessions that run on them.
    pub async fn delete(self, workspace: &str, key: &str, now: Timestamp) -> Result<Deletion> {
        workspaces::hold(self.db, workspace).await?;
        let Some(workflow) = self.db.workflows().get(workspace, key).await? else { return Ok(Deletion::Absent) };
        let pointers = self.db.workflows().pointers(workspace, key).await?;
        if !pointers.is_empty() {
            return Ok(Deletion::PointedAt(pointers));
        }
        self.db.execute("DELETE FROM pointers WHERE workflow_id = $1 AND version = 0", params![&workflow.id]).await?;
        self.db.execute("UPDATE workflows SET deleted_at = $2 WHERE id = $1", params![&workflow.id, now]).await?;
        workspaces::raise(self.db, workspace).await?;
        Ok(Deletion::Done)
    }
}

/// Returns the highest number that a document gives to a node, removed ones included; 0 without nodes.
pub(crate) fn highest_number(document: &Document) -> u32 {
    document.nodes.keys().chain(document.removed.keys()).max().copied().unwrap_or(0)
}

static POINT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("target", Text)],
        1,
        "INSERT INTO pointers (workflow_id, version, target) SELECT $1, 0, v.target FROM {rows} AS v",
    )
});

/// Writes down where a draft leads, in place of what was known.
pub(crate) async fn point(tx: &mut Tx, workflow: &str, targets: &BTreeSet<String>) -> Result<()> {
    tx.execute("DELETE FROM pointers WHERE workflow_id = $1 AND version = 0", params![workflow]).await?;
    let rows = targets.iter().map(|target| params![target]).collect();
    POINT.run(tx, params![workflow], rows).await?;
    Ok(())
}
