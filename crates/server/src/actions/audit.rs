//! The log of changes: written with each change, never changed itself.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use usher_store::{Entry, Tx};
use utoipa::ToSchema;

use super::Desk;
use crate::api::extract::{Page, PageQuery};
use crate::app::Core;
use crate::auth::Actor;
use crate::problem::Problem;

/// Somebody's change of something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditItem {
    pub id: String,
    pub at: Timestamp,
    pub actor: AuditActor,
    /// What was done, such as `workflow.deployed`.
    pub action: String,
    /// What it was done to, such as `workflow order-status`.
    pub subject: String,
    /// What else there is to know; never a secret.
    #[schema(value_type = Object)]
    pub details: Json,
}

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditActor {
    /// `user`, `api_key`, `command_line` or `usher`.
    pub kind: String,
    pub name: String,
}

/// Lists the changes of a workspace, the newest first.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk, page: &PageQuery) -> Result<Page<AuditItem>, Problem> {
    let found = desk.core.store.audit().list(&desk.workspace.id, page.cursor.as_deref(), page.limit()).await?;
    Ok(Page::from(found).map(|entry| AuditItem {
        id: entry.id,
        at: entry.at,
        actor: AuditActor { kind: entry.actor.kind, name: entry.actor.name },
        action: entry.action,
        subject: entry.subject,
        details: entry.details,
    }))
}

impl<T> From<usher_store::Page<T>> for Page<T> {
    fn from(page: usher_store::Page<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

/// Notes a change in the transaction that makes it.
///
/// # Errors
///
/// The store cannot be written.
pub async fn note(
    tx: &mut Tx,
    core: &Core,
    actor: &Actor,
    workspace: Option<&str>,
    action: &str,
    subject: &str,
    details: Json,
) -> Result<(), Problem> {
    let entry = Entry {
        id: core.ids.id(),
        workspace: workspace.map(str::to_owned),
        at: core.clock.now(),
        actor: usher_store::Actor { kind: actor.kind().to_owned(), name: actor.name().to_owned() },
        action: action.to_owned(),
        subject: subject.to_owned(),
        details,
    };
    Ok(tx.audit().append(&entry).await?)
}

impl Desk {
    /// Notes a change of this workspace in the transaction that makes it.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn note(&self, tx: &mut Tx, action: &str, subject: &str, details: Json) -> Result<(), Problem> {
        note(tx, &self.core, &self.actor, Some(&self.workspace.id), action, subject, details).await
    }
}
