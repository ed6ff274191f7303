//! Versions: immutable saved states of workflows.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usher_engine::workflow::{self, Document};
use usher_store::Version;
use utoipa::ToSchema;

use super::{Desk, deployments, drafts, key, workflows};
use crate::api::extract::IfMatch;
use crate::problem::Problem;

/// A saved version, its document aside.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionItem {
    pub version: u32,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
    pub note: Option<String>,
}

impl From<Version> for VersionItem {
    fn from(version: Version) -> Self {
        Self {
            version: version.version,
            created_at: version.created_at,
            created_by: version.created_by,
            note: version.note,
        }
    }
}

/// Lists the versions of a workflow, the newest first.
///
/// # Errors
///
/// There is no such workflow.
pub async fn list(desk: &Desk, key: &str) -> Result<Vec<VersionItem>, Problem> {
    workflows::read(desk, key).await?;
    let found = desk.core.store.versions().list(&desk.workspace.id, key).await?;
    Ok(found.into_iter().map(VersionItem::from).collect())
}

/// Reads a version's document.
///
/// # Errors
///
/// There is no such workflow or version.
pub async fn read(desk: &Desk, key: &str, version: u32) -> Result<Document, Problem> {
    let found = desk.core.store.versions().get(&desk.workspace.id, key, version).await?;
    let text = found.ok_or_else(|| Problem::not_found(format!("workflow {key} has no version {version}")))?;
    workflow::read(&text.document).map_err(|error| Problem::internal(&error))
}

/// Returns the number of a workflow's newest version.
///
/// # Errors
///
/// There is no such workflow, or it has none.
pub async fn latest(desk: &Desk, key: &str) -> Result<u32, Problem> {
    let item = workflows::read(desk, key).await?;
    item.latest_version
        .ok_or_else(|| Problem::conflict("no_version", format!("workflow {key} has no saved version; save one first")))
}

/// Saves the draft as the next version, which the sandbox runs from now on.
///
/// # Errors
///
/// There is no such workflow, or the draft is in another state than the request builds on.
pub async fn save(desk: &Desk, key: &str, if_match: &IfMatch, note: Option<String>) -> Result<u32, Problem> {
    if_match.given()?;
    let note = note.map(|note| key::text("/note", note.trim())).transpose()?.filter(|note| !note.is_empty());
    let mut tx = desk.core.store.begin().await?;
    let draft = tx.drafts().get(&desk.workspace.id, key).await?.ok_or_else(|| workflows::absent(key))?;
    if_match.require(&drafts::etag(draft.revision))?;
    let (at, by) = (desk.core.clock.now(), desk.actor.name());
    let version = tx.versions().save(&desk.workspace.id, key, note.as_deref(), at, Some(by)).await?;
    let version = version.ok_or_else(|| workflows::absent(key))?;
    deployments::run_in_sandbox(&mut tx, desk, key, version).await?;
    let details = json!({ "version": version, "note": note });
    desk.note(&mut tx, "workflow.version_saved", &format!("workflow {key}"), details).await?;
    tx.commit().await?;
    Ok(version)
}
