//! Workflows: making, changing, deleting them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usher_engine::Environment;
use usher_engine::workflow::{Document, Kind};
use usher_store::{Deletion, NewWorkflow, WorkflowChange, WorkflowSummary};
use utoipa::ToSchema;

use super::{Desk, drafts, key, usage};
use crate::problem::Problem;

/// What is known of a workflow, its documents aside.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkflowItem {
    pub key: String,
    pub name: String,
    pub description: String,
    #[schema(value_type = WorkflowKind)]
    pub kind: Kind,
    /// The folder in which it is listed; null for none.
    pub folder: Option<String>,
    pub archived: bool,
    pub draft: DraftItem,
    /// The newest saved version; null before the first.
    pub latest_version: Option<u32>,
    /// The version that is live in production; null when it is not.
    pub live_version: Option<u32>,
    pub state: WorkflowState,
}

/// What sort of workflow it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowKind {
    Standard,
    DynamicApi,
}

/// The state of a draft.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftItem {
    /// For `If-Match`.
    pub etag: String,
    pub updated_at: Timestamp,
    pub updated_by: Option<String>,
}

/// How far a workflow has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    /// The draft holds what no version does.
    Draft,
    /// The draft is the newest version, and that is not what is live in production.
    Saved,
    /// The draft is the newest version, and that is live in production.
    Live,
}

impl From<WorkflowSummary> for WorkflowItem {
    fn from(summary: WorkflowSummary) -> Self {
        let state = match summary.latest_version {
            Some(latest) if summary.draft_is_saved && summary.live_version == Some(latest) => WorkflowState::Live,
            Some(_) if summary.draft_is_saved => WorkflowState::Saved,
            _ => WorkflowState::Draft,
        };
        Self {
            key: summary.key,
            name: summary.name,
            description: summary.description,
            kind: summary.kind,
            folder: Some(summary.folder).filter(|folder| !folder.is_empty()),
            archived: summary.archived,
            draft: DraftItem {
                etag: drafts::etag(summary.draft_revision),
                updated_at: summary.draft_updated_at,
                updated_by: summary.draft_updated_by,
            },
            latest_version: summary.latest_version,
            live_version: summary.live_version,
            state,
        }
    }
}

/// A new workflow.
#[derive(Debug)]
pub struct New {
    pub key: Option<String>,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    pub folder: Option<String>,
}

/// What to change of a workflow.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub description: Option<String>,
    /// Empty for none.
    pub folder: Option<String>,
    pub archived: Option<bool>,
}

/// Lists the workflows of the workspace, by name.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk) -> Result<Vec<WorkflowItem>, Problem> {
    let found = desk.core.store.workflows().list(&desk.workspace.id).await?;
    Ok(found.into_iter().map(WorkflowItem::from).collect())
}

/// Reads a workflow.
///
/// # Errors
///
/// There is none of that key.
pub async fn read(desk: &Desk, key: &str) -> Result<WorkflowItem, Problem> {
    let found = list(desk).await?.into_iter().find(|item| item.key == key);
    found.ok_or_else(|| absent(key))
}

pub(super) fn absent(key: &str) -> Problem {
    let shown: String = key.chars().take(80).collect();
    Problem::not_found(format!("there is no workflow `{shown}`"))
}

/// Creates a workflow: Start, and nothing after it.
///
/// # Errors
///
/// A value is not right, or the key is taken.
pub async fn create(desk: &Desk, new: New) -> Result<WorkflowItem, Problem> {
    let name = key::name(&new.name)?;
    let key = free_key(desk, new.key, &name).await?;
    let mut document = Document::new(&key, &name, new.kind);
    document.description = key::text("/description", &new.description)?;
    create_with(desk, document, new.folder.unwrap_or_default()).await
}

async fn free_key(desk: &Desk, given: Option<String>, name: &str) -> Result<String, Problem> {
    if let Some(key) = given {
        key::check(&key)?;
        return Ok(key);
    }
    let taken = list(desk).await?;
    Ok(key::free(name, |key| taken.iter().any(|item| item.key == key)))
}

/// Creates a workflow with a document as its draft.
///
/// # Errors
///
/// A value is not right, or the key is taken.
pub async fn create_with(desk: &Desk, document: Document, folder: String) -> Result<WorkflowItem, Problem> {
    let key = document.key.clone();
    let new = NewWorkflow {
        id: desk.core.ids.id(),
        workspace: desk.workspace.id.clone(),
        folder: key::text("/folder", folder.trim())?,
        targets: drafts::targets(&document),
        created_at: desk.core.clock.now(),
        created_by: Some(desk.actor.name().to_owned()),
        document,
    };
    let mut tx = desk.core.store.begin().await?;
    tx.workflows().create(&new).await?;
    desk.note(&mut tx, "workflow.created", &format!("workflow {key}"), json!({ "name": new.document.name })).await?;
    tx.commit().await?;
    read(desk, &key).await
}

/// Renames, describes, moves, archives or restores a workflow. Name and description are part of the draft, too.
///
/// # Errors
///
/// There is none of that key, or a value is not right.
pub async fn change(desk: &Desk, key: &str, change: Change) -> Result<WorkflowItem, Problem> {
    read(desk, key).await?;
    let name = change.name.as_deref().map(key::name).transpose()?;
    let description = change.description.map(|text| key::text("/description", &text)).transpose()?;
    let mut tx = desk.core.store.begin().await?;
    if name.is_some() || description.is_some() {
        drafts::rename(&mut tx, desk, key, name.as_deref(), description.as_deref()).await?;
    }
    let details = json!({ "name": name, "folder": change.folder, "archived": change.archived });
    let stored = WorkflowChange { name, description, folder: change.folder, archived: change.archived };
    tx.workflows().change(&desk.workspace.id, key, &stored).await?;
    desk.note(&mut tx, "workflow.changed", &format!("workflow {key}"), details).await?;
    tx.commit().await?;
    read(desk, key).await
}

/// Deletes a workflow.
///
/// # Errors
///
/// There is none of that key, it is live in production, or something points at it.
pub async fn delete(desk: &Desk, key: &str) -> Result<(), Problem> {
    let item = read(desk, key).await?;
    let users = usage::of_workflow(desk, key).await?;
    usage::refuse(&users, &format!("workflow {key}"))?;
    if let Some(version) = item.live_version {
        let detail = format!("workflow {key} is live in production (v{version}); take it offline first");
        return Err(Problem::conflict("live", detail));
    }
    let mut tx = desk.core.store.begin().await?;
    super::deployments::leave_out(&mut tx, desk, Environment::Sandbox, key).await?;
    match tx.workflows().delete(&desk.workspace.id, key, desk.core.clock.now()).await? {
        Deletion::Done => {}
        Deletion::Absent => return Err(absent(key)),
        // Somebody made it point there since it was looked up above.
        Deletion::PointedAt(_) => {
            return Err(Problem::conflict("in_use", format!("something points at workflow {key} now; look again")));
        }
    }
    desk.note(&mut tx, "workflow.deleted", &format!("workflow {key}"), json!({ "name": item.name })).await?;
    Ok(tx.commit().await?)
}

/// Copies a workflow's draft to a new workflow; nodes keep their numbers.
///
/// # Errors
///
/// There is none of that key, or the copy's key is taken.
pub async fn duplicate(desk: &Desk, key: &str, name: &str, copy: Option<String>) -> Result<WorkflowItem, Problem> {
    let original = read(desk, key).await?;
    let name = key::name(name)?;
    let copy = free_key(desk, copy, &name).await?;
    let mut document = drafts::read(desk, key).await?.document;
    // Exits that lead to the workflow itself lead to the copy.
    let renamed = BTreeMap::from([(key.to_owned(), copy.clone())]);
    drafts::retarget(&mut document, &renamed);
    document.key = copy;
    document.name = name;
    create_with(desk, document, original.folder.unwrap_or_default()).await
}
