//! Deployments: numbered, immutable sets of live versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usher_engine::Environment;
use usher_engine::workflow::{self, Document, Kind};
use usher_store::{Deploy, Tx};
use utoipa::ToSchema;

use super::workflows::WorkflowKind;
use super::{Desk, key};
use crate::api::extract::{Page, PageQuery};
use crate::problem::Problem;

mod check;

/// A workflow that is live.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiveWorkflow {
    pub key: String,
    pub name: String,
    #[schema(value_type = WorkflowKind)]
    pub kind: Kind,
    pub version: u32,
    /// Since when this version is live.
    pub deployed_at: Timestamp,
}

/// A deployment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeploymentItem {
    pub number: u64,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
    pub note: Option<String>,
    /// All that is live with it: versions by the workflows' keys.
    pub workflows: BTreeMap<String, u32>,
}

/// Lists exactly what is live in an environment.
///
/// # Errors
///
/// The store cannot be read.
pub async fn live(desk: &Desk, environment: Environment) -> Result<Vec<LiveWorkflow>, Problem> {
    let found = desk.core.store.deployments().live(&desk.workspace.id, environment).await?;
    let item = |live: usher_store::Deployed| LiveWorkflow {
        key: live.key,
        name: live.name,
        kind: live.kind,
        version: live.version,
        deployed_at: live.since,
    };
    Ok(found.into_iter().map(item).collect())
}

/// Reads a live workflow.
///
/// # Errors
///
/// It is not live there.
pub async fn live_document(desk: &Desk, environment: Environment, key: &str) -> Result<(u32, Document), Problem> {
    let live = live(desk, environment).await?.into_iter().find(|live| live.key == key);
    let live = live.ok_or_else(|| Problem::not_found(format!("workflow `{key}` is not live in {environment}")))?;
    Ok((live.version, super::versions::read(desk, key, live.version).await?))
}

/// Lists deployments, the newest first.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk, environment: Environment, page: &PageQuery) -> Result<Page<DeploymentItem>, Problem> {
    let store = &desk.core.store;
    let found = store.deployments().list(&desk.workspace.id, environment, page.cursor.as_deref(), page.limit()).await?;
    Ok(Page::from(found).map(|deployment| DeploymentItem {
        number: deployment.number,
        created_at: deployment.created_at,
        created_by: deployment.created_by,
        note: deployment.note,
        workflows: deployment.workflows,
    }))
}

/// Puts versions live, all at once; null takes a workflow offline, what is not named stays as it is.
///
/// # Errors
///
/// Approval is required; a version is not there; or something that the workflows need, or that needs them, would be
/// missing: each is listed.
pub async fn deploy(
    desk: &Desk,
    environment: Environment,
    wanted: &BTreeMap<String, Option<u32>>,
    note: Option<String>,
) -> Result<u64, Problem> {
    if wanted.is_empty() {
        return Err(Problem::invalid_at("/workflows", "name at least one workflow with its version"));
    }
    if environment == Environment::Production && desk.workspace.approval_required {
        let detail = "this workspace requires approval before something goes live, and nothing was approved";
        return Err(Problem::conflict("approval_required", detail));
    }
    let note = note.map(|note| key::text("/note", note.trim())).transpose()?.filter(|note| !note.is_empty());
    let mut tx = desk.core.store.begin().await?;
    let mut all = live_versions(&mut tx, desk, environment).await?;
    for (key, version) in wanted {
        match version {
            Some(version) => all.insert(key.clone(), *version),
            None => all.remove(key),
        };
    }
    check::fits(&mut tx, desk, environment, &all, wanted).await?;
    let number = write(&mut tx, desk, environment, all, note.clone()).await?;
    let details = json!({ "environment": environment, "workflows": wanted, "note": note, "without_approval": true });
    desk.note(&mut tx, "deployment.made", &format!("deployment {number}"), details).await?;
    tx.commit().await?;
    Ok(number)
}

/// Makes a version that was just saved the one that the sandbox runs.
pub(super) async fn run_in_sandbox(tx: &mut Tx, desk: &Desk, key: &str, version: u32) -> Result<(), Problem> {
    let mut all = live_versions(tx, desk, Environment::Sandbox).await?;
    all.insert(key.to_owned(), version);
    write(tx, desk, Environment::Sandbox, all, None).await.map(|_| ())
}

/// Takes a workflow out of what an environment runs.
pub(super) async fn leave_out(tx: &mut Tx, desk: &Desk, environment: Environment, key: &str) -> Result<(), Problem> {
    let mut all = live_versions(tx, desk, environment).await?;
    if all.remove(key).is_some() {
        write(tx, desk, environment, all, None).await?;
    }
    Ok(())
}

async fn live_versions(tx: &mut Tx, desk: &Desk, environment: Environment) -> Result<BTreeMap<String, u32>, Problem> {
    let live = tx.deployments().live(&desk.workspace.id, environment).await?;
    Ok(live.into_iter().map(|live| (live.key, live.version)).collect())
}

async fn write(
    tx: &mut Tx,
    desk: &Desk,
    environment: Environment,
    versions: BTreeMap<String, u32>,
    note: Option<String>,
) -> Result<u64, Problem> {
    let deploy = Deploy {
        workspace: desk.workspace.id.clone(),
        environment,
        versions,
        note,
        created_at: desk.core.clock.now(),
        created_by: Some(desk.actor.name().to_owned()),
    };
    Ok(tx.deployments().deploy(&deploy).await?)
}

async fn document_of(tx: &mut Tx, desk: &Desk, key: &str, version: u32) -> Result<Option<Document>, Problem> {
    let found = tx.versions().get(&desk.workspace.id, key, version).await?;
    found.map(|found| workflow::read(&found.document).map_err(|error| Problem::internal(&error))).transpose()
}
