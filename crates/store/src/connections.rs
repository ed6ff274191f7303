//! Connections: stored access to other systems.

use jiff::Timestamp;
use serde_json::Value as Json;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Error, Result, TakenAs};
use crate::workspaces;

/// What the last test of a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    Untested,
    Working,
    Failing,
}

impl ConnectionState {
    /// Returns the state's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untested => "untested",
            Self::Working => "working",
            Self::Failing => "failing",
        }
    }
}

/// A connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
    /// What it leads to, such as `zendesk_support`.
    pub system: String,
    pub name: String,
    pub settings: Json,
    /// Its secrets, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// Which secrets are set.
    pub secret_names: Vec<String>,
    pub state: ConnectionState,
    /// What the last test said.
    pub message: Option<String>,
    pub checked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A connection to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewConnection {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
    pub system: String,
    pub name: String,
    pub settings: Json,
    pub secrets: Option<Vec<u8>>,
    pub secret_names: Vec<String>,
    pub created_at: Timestamp,
}

/// What is to be changed of a connection, and when; what is not given stays.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionChange {
    pub name: Option<String>,
    pub settings: Option<Json>,
    /// All secrets, encrypted, and which are set.
    pub secrets: Option<(Option<Vec<u8>>, Vec<String>)>,
    pub at: Timestamp,
}

/// The connections of all environments.
#[derive(Debug)]
pub struct Connections<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "workspace, environment, key, system, name, settings, secrets, secret_names, state, message, \
    checked_at, created_at, updated_at";

fn connection(row: &Row) -> Result<Connection> {
    let state = match row.get("state")? {
        "untested" => ConnectionState::Untested,
        "working" => ConnectionState::Working,
        "failing" => ConnectionState::Failing,
        other => return Err(Error::unreadable("connection", format_args!("there is no state `{other}`"))),
    };
    Ok(Connection {
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        key: row.get("key")?,
        system: row.get("system")?,
        name: row.get("name")?,
        settings: row.json("settings")?,
        secrets: row.get("secrets")?,
        secret_names: row.json("secret_names")?,
        state,
        message: row.get("message")?,
        checked_at: row.maybe_time("checked_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl<E: Executor> Connections<E> {
    /// Returns a connection by key.
    pub async fn get(mut self, workspace: &str, environment: Environment, key: &str) -> Result<Option<Connection>> {
        let sql = sql!("SELECT {COLUMNS} FROM connections WHERE workspace = $1 AND environment = $2 AND key = $3");
        let row = self.db.first(sql, params![workspace, environment, key]).await?;
        row.as_ref().map(connection).transpose()
    }

    /// Returns the connections of an environment, by key.
    pub async fn list(mut self, workspace: &str, environment: Environment) -> Result<Vec<Connection>> {
        let sql = sql!("SELECT {COLUMNS} FROM connections WHERE workspace = $1 AND environment = $2 ORDER BY key");
        self.db.all(sql, params![workspace, environment]).await?.iter().map(connection).collect()
    }
}

impl Connections<&mut Tx> {
    /// Adds a connection, untested.
    pub async fn create(self, new: &NewConnection) -> Result<()> {
        workspaces::raise(self.db, &new.workspace).await?;
        let inserted = self
            .db
            .execute(
                "INSERT INTO connections (workspace, environment, key, system, name, settings, secrets, secret_names,
                    state, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
                params![
                    &new.workspace,
                    new.environment,
                    &new.key,
                    &new.system,
                    &new.name,
                    to_json("settings", &new.settings)?,
                    new.secrets.clone(),
                    to_json("secret names", &new.secret_names)?,
                    ConnectionState::Untested.as_str(),
                    new.created_at,
                ],
            )
            .await;
        inserted.taken_as(|| format!("the connection key `{}`", new.key)).map(|_| ())
    }

    /// Changes a connection; says whether it is there.
    pub async fn change(
        self,
        workspace: &str,
        environment: Environment,
        key: &str,
        change: &ConnectionChange,
    ) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let settings = change.settings.as_ref().map(|settings| to_json("settings", settings)).transpose()?;
        let (secrets, names) = change.secrets.clone().unzip();
        let changed = self
            .db
            .execute(
                "UPDATE connections SET name = COALESCE($4, name), settings = COALESCE($5, settings),
                    secrets = CASE WHEN $6 = 1 THEN $7 ELSE secrets END,
                    secret_names = COALESCE($8, secret_names), updated_at = $9
                WHERE workspace = $1 AND environment = $2 AND key = $3",
                params![
                    workspace,
                    environment,
                    key,
                    change.name.clone(),
                    settings,
                    change.secrets.is_some(),
                    secrets.flatten(),
                    names.map(|names| to_json("secret names", &names)).transpose()?,
                    change.at,
                ],
            )
            .await?;
        Ok(changed > 0)
    }

    /// Notes what a test came to; the runner need not see it.
    pub async fn note_state(
        self,
        workspace: &str,
        environment: Environment,
        key: &str,
        state: ConnectionState,
        message: Option<&str>,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let sql = "UPDATE connections SET state = $4, message = $5, checked_at = $6
            WHERE workspace = $1 AND environment = $2 AND key = $3";
        self.db.execute(sql, params![workspace, environment, key, state.as_str(), message, at]).await.map(|_| ())
    }

    /// Deletes a connection; says whether it was there.
    pub async fn delete(self, workspace: &str, environment: Environment, key: &str) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let sql = "DELETE FROM connections WHERE workspace = $1 AND environment = $2 AND key = $3";
        Ok(self.db.execute(sql, params![workspace, environment, key]).await? > 0)
    }
}
