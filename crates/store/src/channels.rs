//! Channels: the ends at which customers reach the business.

use jiff::Timestamp;
use serde_json::Value as Json;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Result, TakenAs};
use crate::workspaces;

/// A channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
    /// What its callback address holds: unguessable, unique.
    pub door: String,
    pub kind: String,
    pub name: String,
    pub settings: Json,
    /// Its secrets, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// Which secrets are set.
    pub secret_names: Vec<String>,
    pub verified_at: Option<Timestamp>,
    pub last_webhook_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub last_error_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A channel to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewChannel {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    pub key: String,
    pub door: String,
    pub kind: String,
    pub name: String,
    pub settings: Json,
    pub secrets: Option<Vec<u8>>,
    pub secret_names: Vec<String>,
    pub created_at: Timestamp,
}

/// What is to be changed of a channel, and when; what is not given stays.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelChange {
    pub name: Option<String>,
    pub settings: Option<Json>,
    /// All secrets, encrypted, and which are set.
    pub secrets: Option<(Option<Vec<u8>>, Vec<String>)>,
    pub at: Timestamp,
}

/// The channels of all environments.
#[derive(Debug)]
pub struct Channels<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "workspace, environment, key, door, kind, name, settings, secrets, secret_names, verified_at, \
    last_webhook_at, last_error, last_error_at, created_at, updated_at";

fn channel(row: &Row) -> Result<Channel> {
    Ok(Channel {
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        key: row.get("key")?,
        door: row.get("door")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        settings: row.json("settings")?,
        secrets: row.get("secrets")?,
        secret_names: row.json("secret_names")?,
        verified_at: row.maybe_time("verified_at")?,
        last_webhook_at: row.maybe_time("last_webhook_at")?,
        last_error: row.get("last_error")?,
        last_error_at: row.maybe_time("last_error_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl<E: Executor> Channels<E> {
    /// Returns a channel by key.
    pub async fn get(mut self, workspace: &str, environment: Environment, key: &str) -> Result<Option<Channel>> {
        let sql = sql!("SELECT {COLUMNS} FROM channels WHERE workspace = $1 AND environment = $2 AND key = $3");
        let row = self.db.first(sql, params![workspace, environment, key]).await?;
        row.as_ref().map(channel).transpose()
    }

    /// Returns the channel behind a callback address.
    pub async fn by_door(mut self, door: &str) -> Result<Option<Channel>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM channels WHERE door = $1"), params![door]).await?;
        row.as_ref().map(channel).transpose()
    }

    /// Returns the channels of an environment, by key.
    pub async fn list(mut self, workspace: &str, environment: Environment) -> Result<Vec<Channel>> {
        let sql = sql!("SELECT {COLUMNS} FROM channels WHERE workspace = $1 AND environment = $2 ORDER BY key");
        self.db.all(sql, params![workspace, environment]).await?.iter().map(channel).collect()
    }
}

impl Channels<&mut Tx> {
    /// Adds a channel.
    pub async fn create(self, new: &NewChannel) -> Result<()> {
        workspaces::raise(self.db, &new.workspace).await?;
        let inserted = self
            .db
            .execute(
                "INSERT INTO channels (workspace, environment, key, door, kind, name, settings, secrets, secret_names,
                    created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
                params![
                    &new.workspace,
                    new.environment,
                    &new.key,
                    &new.door,
                    &new.kind,
                    &new.name,
                    to_json("settings", &new.settings)?,
                    new.secrets.clone(),
                    to_json("secret names", &new.secret_names)?,
                    new.created_at,
                ],
            )
            .await;
        inserted.taken_as(|| format!("the channel key `{}`", new.key)).map(|_| ())
    }

    /// Changes a channel; says whether it is there.
    pub async fn change(
        self,
        workspace: &str,
        environment: Environment,
        key: &str,
        change: &ChannelChange,
    ) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let settings = change.settings.as_ref().map(|settings| to_json("settings", settings)).transpose()?;
        let (secrets, names) = change.secrets.clone().unzip();
        let changed = self
            .db
            .execute(
                "UPDATE channels SET name = COALESCE($4, name), settings = COALESCE($5, settings),
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

    /// Deletes a channel; says whether it was there.
    pub async fn delete(self, workspace: &str, environment: Environment, key: &str) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let sql = "DELETE FROM channels WHERE workspace = $1 AND environment = $2 AND key = $3";
        Ok(self.db.execute(sql, params![workspace, environment, key]).await? > 0)
    }

    /// Notes that the provider has verified the callback address.
    pub async fn verified(self, workspace: &str, environment: Environment, key: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE channels SET verified_at = $4 WHERE workspace = $1 AND environment = $2 AND key = $3";
        self.db.execute(sql, params![workspace, environment, key, at]).await.map(|_| ())
    }

    /// Notes that a webhook came.
    pub async fn webhook_came(self, workspace: &str, environment: Environment, key: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE channels SET last_webhook_at = $4 WHERE workspace = $1 AND environment = $2 AND key = $3";
        self.db.execute(sql, params![workspace, environment, key, at]).await.map(|_| ())
    }

    /// Notes what went wrong last.
    pub async fn error(
        self,
        workspace: &str,
        environment: Environment,
        key: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE channels SET last_error = $4, last_error_at = $5
            WHERE workspace = $1 AND environment = $2 AND key = $3";
        self.db.execute(sql, params![workspace, environment, key, text, at]).await.map(|_| ())
    }
}
