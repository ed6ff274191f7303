//! Routes: which workflow answers where on a channel.

use jiff::Timestamp;
use serde_json::Value as Json;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Error, Result};
use crate::workspaces;

/// A route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// Part of public addresses: unique in the environment, whatever the workspace.
    pub key: String,
    pub name: String,
    /// The channel's key.
    pub channel: String,
    /// What on the channel leads here; empty for everything else. One route for each.
    pub entry: String,
    /// The workflow's key.
    pub workflow: String,
    /// Without a node: where the workflow starts.
    pub node: Option<u32>,
    pub settings: Json,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A route to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRoute {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
    pub name: String,
    pub channel: String,
    pub entry: String,
    pub workflow: String,
    pub node: Option<u32>,
    pub settings: Json,
    pub created_at: Timestamp,
}

/// What is to be changed of a route, and when; what is not given stays.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteChange {
    pub name: Option<String>,
    pub channel: Option<String>,
    pub entry: Option<String>,
    pub workflow: Option<String>,
    pub node: Option<Option<u32>>,
    pub settings: Option<Json>,
    pub at: Timestamp,
}

/// The routes of all environments.
#[derive(Debug)]
pub struct Routes<E> {
    pub(crate) db: E,
}

const COLUMNS: &str =
    "id, workspace, environment, key, name, channel, entry, workflow, node, settings, created_at, updated_at";

fn route(row: &Row) -> Result<Route> {
    Ok(Route {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        key: row.get("key")?,
        name: row.get("name")?,
        channel: row.get("channel")?,
        entry: row.get("entry")?,
        workflow: row.get("workflow")?,
        node: row.maybe_number("node")?,
        settings: row.json("settings")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl<E: Executor> Routes<E> {
    /// Returns a route by id.
    pub async fn get(mut self, workspace: &str, environment: Environment, id: &str) -> Result<Option<Route>> {
        let sql = sql!("SELECT {COLUMNS} FROM routes WHERE workspace = $1 AND environment = $2 AND id = $3");
        let row = self.db.first(sql, params![workspace, environment, id]).await?;
        row.as_ref().map(route).transpose()
    }

    /// Returns a route of an environment by key, whatever its workspace.
    pub async fn by_key(mut self, environment: Environment, key: &str) -> Result<Option<Route>> {
        let sql = sql!("SELECT {COLUMNS} FROM routes WHERE environment = $1 AND key = $2");
        let row = self.db.first(sql, params![environment, key]).await?;
        row.as_ref().map(route).transpose()
    }

    /// Returns the routes of an environment, oldest first.
    pub async fn list(mut self, workspace: &str, environment: Environment) -> Result<Vec<Route>> {
        let sql = sql!("SELECT {COLUMNS} FROM routes WHERE workspace = $1 AND environment = $2 ORDER BY id");
        self.db.all(sql, params![workspace, environment]).await?.iter().map(route).collect()
    }
}

impl Routes<&mut Tx> {
    /// Adds a route.
    pub async fn create(self, new: &NewRoute) -> Result<()> {
        workspaces::raise(self.db, &new.workspace).await?;
        let inserted = self
            .db
            .execute(
                sql!("INSERT INTO routes ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"),
                params![
                    &new.id,
                    &new.workspace,
                    new.environment,
                    &new.key,
                    &new.name,
                    &new.channel,
                    &new.entry,
                    &new.workflow,
                    new.node,
                    to_json("settings", &new.settings)?,
                    new.created_at,
                ],
            )
            .await;
        inserted.map(|_| ()).map_err(|error| taken(error, &new.key))
    }

    /// Changes a route; says whether it is there.
    pub async fn change(
        self,
        workspace: &str,
        environment: Environment,
        id: &str,
        change: &RouteChange,
    ) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let settings = change.settings.as_ref().map(|settings| to_json("settings", settings)).transpose()?;
        let changed = self
            .db
            .execute(
                "UPDATE routes SET name = COALESCE($4, name), channel = COALESCE($5, channel),
                    entry = COALESCE($6, entry), workflow = COALESCE($7, workflow),
                    node = CASE WHEN $8 = 1 THEN $9 ELSE node END, settings = COALESCE($10, settings), updated_at = $11
                WHERE workspace = $1 AND environment = $2 AND id = $3",
                params![
                    workspace,
                    environment,
                    id,
                    change.name.clone(),
                    change.channel.clone(),
                    change.entry.clone(),
                    change.workflow.clone(),
                    change.node.is_some(),
                    change.node.flatten(),
                    settings,
                    change.at,
                ],
            )
            .await;
        Ok(changed.map_err(|error| taken(error, id))? > 0)
    }

    /// Deletes a route; says whether it was there.
    pub async fn delete(self, workspace: &str, environment: Environment, id: &str) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let sql = "DELETE FROM routes WHERE workspace = $1 AND environment = $2 AND id = $3";
        Ok(self.db.execute(sql, params![workspace, environment, id]).await? > 0)
    }
}

/// Says which of a route's two unique things is in use.
fn taken(error: Error, key: &str) -> Error {
    match error {
        Error::Taken { what } if what.contains("entry") => {
            Error::Taken { what: "the place on the channel, by another route,".to_owned() }
        }
        Error::Taken { .. } => Error::Taken { what: format!("the route key `{key}`") },
        other => other,
    }
}
