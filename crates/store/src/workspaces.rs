//! Workspaces, and their two environments.

use jiff::Timestamp;
use serde_json::Value as Json;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Result, TakenAs};

/// A workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    pub id: String,
    /// Part of addresses; unique, and never changed.
    pub key: String,
    pub name: String,
    pub approval_required: bool,
    pub settings: Json,
    /// Rises with every change that the runner must see.
    pub revision: u64,
    pub created_at: Timestamp,
}

/// A workspace to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorkspace {
    pub id: String,
    pub key: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// What is to be changed of a workspace; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub approval_required: Option<bool>,
    pub settings: Option<Json>,
}

/// One of the two environments of a workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentRow {
    pub environment: Environment,
    pub settings: Json,
    /// The number of the current deployment; 0 for none.
    pub deployment: u64,
}

/// The workspaces of the whole installation.
#[derive(Debug)]
pub struct Workspaces<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "id, key, name, approval_required, settings, revision, created_at";

fn workspace(row: &Row) -> Result<Workspace> {
    Ok(Workspace {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        approval_required: row.flag("approval_required")?,
        settings: row.json("settings")?,
        revision: row.number("revision")?,
        created_at: row.time("created_at")?,
    })
}

impl<E: Executor> Workspaces<E> {
    /// Returns a workspace by id.
    pub async fn get(mut self, id: &str) -> Result<Option<Workspace>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM workspaces WHERE id = $1"), params![id]).await?;
        row.as_ref().map(workspace).transpose()
    }

    /// Returns a workspace by key.
    pub async fn by_key(mut self, key: &str) -> Result<Option<Workspace>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM workspaces WHERE key = $1"), params![key]).await?;
        row.as_ref().map(workspace).transpose()
    }

    /// Returns all workspaces, by key.
    pub async fn list(mut self) -> Result<Vec<Workspace>> {
        let rows = self.db.all(sql!("SELECT {COLUMNS} FROM workspaces ORDER BY key"), params![]).await?;
        rows.iter().map(workspace).collect()
    }

    /// Returns an environment of a workspace.
    pub async fn environment(mut self, id: &str, environment: Environment) -> Result<Option<EnvironmentRow>> {
        let row = self
            .db
            .first(
                "SELECT environment, settings, deployment FROM environments WHERE workspace = $1 AND environment = $2",
                params![id, environment],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(EnvironmentRow {
            environment: row.environment("environment")?,
            settings: row.json("settings")?,
            deployment: row.number("deployment")?,
        }))
    }
}

impl Workspaces<&mut Tx> {
    /// Makes a workspace with its two environments.
    pub async fn create(self, new: &NewWorkspace) -> Result<()> {
        let inserted = self
            .db
            .execute(
                sql!("INSERT INTO workspaces ({COLUMNS}) VALUES ($1, $2, $3, 0, '{{}}', 1, $4)"),
                params![&new.id, &new.key, &new.name, new.created_at],
            )
            .await;
        inserted.taken_as(|| format!("the workspace key `{}`", new.key))?;
        self.db
            .execute(
                "INSERT INTO environments (workspace, environment, settings, deployment, last_deployment)
                VALUES ($1, $2, '{}', 0, 0), ($1, $3, '{}', 0, 0)",
                params![&new.id, Environment::Sandbox, Environment::Production],
            )
            .await?;
        Ok(())
    }

    /// Changes a workspace; says whether it is there.
    pub async fn change(self, id: &str, change: &WorkspaceChange) -> Result<bool> {
        let settings = change.settings.as_ref().map(|settings| to_json("settings", settings)).transpose()?;
        let changed = self
            .db
            .execute(
                "UPDATE workspaces SET name = COALESCE($2, name),
                    approval_required = COALESCE($3, approval_required),
                    settings = COALESCE($4, settings), revision = revision + 1
                WHERE id = $1",
                params![id, change.name.clone(), change.approval_required.map(i64::from), settings],
            )
            .await?;
        Ok(changed > 0)
    }

    /// Changes the settings of an environment; says whether it is there.
    pub async fn set_environment(self, id: &str, environment: Environment, settings: &Json) -> Result<bool> {
        raise(self.db, id).await?;
        let changed = self
            .db
            .execute(
                "UPDATE environments SET settings = $3 WHERE workspace = $1 AND environment = $2",
                params![id, environment, to_json("settings", settings)?],
            )
            .await?;
        Ok(changed > 0)
    }
}

/// Raises a workspace's revision, so that the runner reads its configuration anew; until the end of the
/// transaction nobody else changes it.
pub(crate) async fn raise(tx: &mut Tx, workspace: &str) -> Result<()> {
    tx.execute("UPDATE workspaces SET revision = revision + 1 WHERE id = $1", params![workspace]).await?;
    Ok(())
}

/// Keeps others from changing a workspace until the end of the transaction.
pub(crate) async fn hold(tx: &mut Tx, workspace: &str) -> Result<()> {
    tx.execute("UPDATE workspaces SET revision = revision WHERE id = $1", params![workspace]).await?;
    Ok(())
}
