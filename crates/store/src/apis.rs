//! APIs of the business's own.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Result, TakenAs};
use crate::workspaces;

/// The definition of an API.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The workspace's id.
    pub workspace: String,
    pub key: String,
    pub name: String,
    pub settings: Json,
    /// Its secrets, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// Which secrets are set.
    pub secret_names: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An API to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewApi {
    /// The workspace's id.
    pub workspace: String,
    pub key: String,
    pub name: String,
    pub settings: Json,
    pub secrets: Option<Vec<u8>>,
    pub secret_names: Vec<String>,
    pub created_at: Timestamp,
}

/// What is to be changed of an API, and when; what is not given stays.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiChange {
    pub name: Option<String>,
    pub settings: Option<Json>,
    /// All secrets, encrypted, and which are set.
    pub secrets: Option<(Option<Vec<u8>>, Vec<String>)>,
    pub at: Timestamp,
}

/// The APIs of all workspaces.
#[derive(Debug)]
pub struct Apis<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "workspace, key, name, settings, secrets, secret_names, created_at, updated_at";

fn api(row: &Row) -> Result<Api> {
    Ok(Api {
        workspace: row.get("workspace")?,
        key: row.get("key")?,
        name: row.get("name")?,
        settings: row.json("settings")?,
        secrets: row.get("secrets")?,
        secret_names: row.json("secret_names")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl<E: Executor> Apis<E> {
    /// Returns an API by key.
    pub async fn get(mut self, workspace: &str, key: &str) -> Result<Option<Api>> {
        let sql = sql!("SELECT {COLUMNS} FROM apis WHERE workspace = $1 AND key = $2");
        let row = self.db.first(sql, params![workspace, key]).await?;
        row.as_ref().map(api).transpose()
    }

    /// Returns the APIs of a workspace, by key.
    pub async fn list(mut self, workspace: &str) -> Result<Vec<Api>> {
        let sql = sql!("SELECT {COLUMNS} FROM apis WHERE workspace = $1 ORDER BY key");
        self.db.all(sql, params![workspace]).await?.iter().map(api).collect()
    }
}

impl Apis<&mut Tx> {
    /// Adds an API.
    pub async fn create(self, new: &NewApi) -> Result<()> {
        workspaces::raise(self.db, &new.workspace).await?;
        let inserted = self
            .db
            .execute(
                sql!("INSERT INTO apis ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"),
                params![
                    &new.workspace,
                    &new.key,
                    &new.name,
                    to_json("settings", &new.settings)?,
                    new.secrets.clone(),
                    to_json("secret names", &new.secret_names)?,
                    new.created_at,
                ],
            )
            .await;
        inserted.taken_as(|| format!("the API key `{}`", new.key)).map(|_| ())
    }

    /// Changes an API; says whether it is there.
    pub async fn change(self, workspace: &str, key: &str, change: &ApiChange) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        let settings = change.settings.as_ref().map(|settings| to_json("settings", settings)).transpose()?;
        let (secrets, names) = change.secrets.clone().unzip();
        let changed = self
            .db
            .execute(
                "UPDATE apis SET name = COALESCE($3, name), settings = COALESCE($4, settings),
                    secrets = CASE WHEN $5 = 1 THEN $6 ELSE secrets END,
                    secret_names = COALESCE($7, secret_names), updated_at = $8
                WHERE workspace = $1 AND key = $2",
                params![
                    workspace,
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

    /// Deletes an API; says whether it was there.
    pub async fn delete(self, workspace: &str, key: &str) -> Result<bool> {
        workspaces::raise(self.db, workspace).await?;
        Ok(self.db.execute("DELETE FROM apis WHERE workspace = $1 AND key = $2", params![workspace, key]).await? > 0)
    }
}
