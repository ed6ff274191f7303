//! Workspaces and their settings.

use serde::Serialize;
use serde_json::{Value as Json, json};
use usher_store::{AUDIT_DAYS, NewWorkspace, Tx, Workspace, WorkspaceChange};
use utoipa::ToSchema;

use super::{Desk, audit, environments, key};
use crate::app::Core;
use crate::auth::Actor;
use crate::problem::Problem;

/// A workspace's settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkspaceItem {
    pub key: String,
    pub name: String,
    /// Whether what goes live must be approved by somebody who did not make it.
    pub approval_required: bool,
    /// How many messages a second are taken in; if it has no rate of its own, as many as the installation takes.
    pub messages_per_second: Option<u32>,
    /// For how many days the log of changes is kept; null is for ever.
    pub audit_days: Option<u32>,
}

impl From<Workspace> for WorkspaceItem {
    fn from(workspace: Workspace) -> Self {
        let audit_days = workspace.settings.get(AUDIT_DAYS).and_then(Json::as_u64);
        Self {
            messages_per_second: messages_per_second(&workspace.settings),
            key: workspace.key,
            name: workspace.name,
            approval_required: workspace.approval_required,
            audit_days: audit_days.and_then(|days| u32::try_from(days).ok()),
        }
    }
}

/// The setting that holds the rate.
const MESSAGES_PER_SECOND: &str = "messages_per_second";

/// Returns the rate among a workspace's settings.
pub fn messages_per_second(settings: &Json) -> Option<u32> {
    u32::try_from(settings.get(MESSAGES_PER_SECOND)?.as_u64()?).ok()
}

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub approval_required: Option<bool>,
    /// Nought for none of its own.
    pub messages_per_second: Option<u32>,
    /// Nothing is for ever.
    pub audit_days: Option<Option<u32>>,
}

/// Lists all workspaces, by their keys.
///
/// # Errors
///
/// The store cannot be read.
pub async fn all(core: &Core) -> Result<Vec<Workspace>, Problem> {
    Ok(core.store.workspaces().list().await?)
}

/// Finds the workspace of a key; without one, the only workspace there is.
///
/// # Errors
///
/// There is none of that key, or there is not exactly one.
pub async fn named_or_only(core: &Core, name: Option<&str>) -> Result<Workspace, Problem> {
    let mut all = all(core).await?;
    let keys: Vec<String> = all.iter().map(|workspace| workspace.key.clone()).collect();
    match name {
        Some(name) => all.into_iter().find(|workspace| workspace.key == name).ok_or_else(|| {
            let known = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            Problem::not_found(format!("there is no workspace `{name}`; there are: {known}"))
        }),
        None if all.len() == 1 => Ok(all.remove(0)),
        None if all.is_empty() => {
            Err(Problem::not_found("there is no workspace yet; create one with `usher workspace create KEY`"))
        }
        None => Err(Problem::invalid(format!("say which workspace with --workspace; there are: {}", keys.join(", ")))),
    }
}

/// Creates a workspace with its two environments.
///
/// # Errors
///
/// The key or the name is not right, or the key is taken.
pub async fn create(core: &Core, actor: &Actor, key: &str, name: &str) -> Result<Workspace, Problem> {
    let mut tx = core.store.begin().await?;
    let workspace = create_in(&mut tx, core, actor, key, name).await?;
    tx.commit().await?;
    Ok(workspace)
}

/// Creates a workspace within a transaction.
///
/// # Errors
///
/// As [`create`].
pub async fn create_in(tx: &mut Tx, core: &Core, actor: &Actor, key: &str, name: &str) -> Result<Workspace, Problem> {
    key::check(key)?;
    let new =
        NewWorkspace { id: core.ids.id(), key: key.to_owned(), name: key::name(name)?, created_at: core.clock.now() };
    let id = new.id.clone();
    tx.workspaces().create(&new).await?;
    let details = json!({ "name": new.name });
    audit::note(tx, core, actor, Some(&id), "workspace.created", &format!("workspace {key}"), details).await?;
    let created = tx.workspaces().get(&id).await?;
    created.ok_or_else(|| Problem::internal(&"a workspace that was just made is not there"))
}

/// Changes a workspace's settings.
///
/// # Errors
///
/// The name is not right, or the number of days.
pub async fn change(desk: &Desk, change: Change) -> Result<Workspace, Problem> {
    let mut tx = desk.core.store.begin().await?;
    let name = change.name.as_deref().map(key::name).transpose()?;
    environments::check_days("/audit_days", change.audit_days.flatten())?;
    let Change { approval_required, messages_per_second: rate, audit_days, .. } = change;
    let mut details = json!({ "name": name, "approval_required": approval_required, "messages_per_second": rate });
    let present = tx.workspaces().get(&desk.workspace.id).await?;
    let mut settings = present.map_or_else(|| json!({}), |workspace| workspace.settings);
    if let Some(rate) = rate {
        settings = with_rate(settings, rate);
    }
    if let Some(days) = audit_days {
        settings[AUDIT_DAYS] = json!(days);
        details[AUDIT_DAYS] = json!(days);
    }
    let changed = rate.is_some() || audit_days.is_some();
    let change = WorkspaceChange { name, approval_required, settings: changed.then_some(settings) };
    tx.workspaces().change(&desk.workspace.id, &change).await?;
    let subject = format!("workspace {}", desk.workspace.key);
    desk.note(&mut tx, "workspace.changed", &subject, details).await?;
    let changed = tx.workspaces().get(&desk.workspace.id).await?;
    tx.commit().await?;
    changed.ok_or_else(|| Problem::not_found(format!("there is no {subject} any more")))
}

/// Returns settings with a rate, or without one if it is nought.
fn with_rate(mut settings: Json, rate: u32) -> Json {
    if let Some(settings) = settings.as_object_mut() {
        settings.remove(MESSAGES_PER_SECOND);
        if rate > 0 {
            settings.insert(MESSAGES_PER_SECOND.to_owned(), rate.into());
        }
    }
    settings
}
