//! API keys: how programs come in, known by the hashes of their keys.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Row, Tx, params, sql, to_json};
use crate::error::{Result, TakenAs};

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub name: String,
    /// How the key begins, to tell it from others.
    pub hint: String,
    pub role: String,
    /// What it may do, where that is less than its role.
    pub permissions: Option<Vec<String>>,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// An API key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub name: String,
    pub key_hash: String,
    pub hint: String,
    pub role: String,
    pub permissions: Option<Vec<String>>,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
}

/// The API keys of all workspaces.
#[derive(Debug)]
pub struct ApiKeys<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "id, workspace, name, hint, role, permissions, created_by, created_at, last_used_at";

fn api_key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        name: row.get("name")?,
        hint: row.get("hint")?,
        role: row.get("role")?,
        permissions: row.maybe_json("permissions")?,
        created_by: row.get("created_by")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}

impl<E: Executor> ApiKeys<E> {
    /// Returns an API key by the hash of the key.
    pub async fn by_hash(mut self, key_hash: &str) -> Result<Option<ApiKey>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM api_keys WHERE key_hash = $1"), params![key_hash]).await?;
        row.as_ref().map(api_key).transpose()
    }

    /// Returns the API keys of a workspace, oldest first.
    pub async fn list(mut self, workspace: &str) -> Result<Vec<ApiKey>> {
        let sql = sql!("SELECT {COLUMNS} FROM api_keys WHERE workspace = $1 ORDER BY id");
        self.db.all(sql, params![workspace]).await?.iter().map(api_key).collect()
    }
}

impl ApiKeys<&mut Tx> {
    /// Adds an API key.
    pub async fn create(self, new: &NewApiKey) -> Result<()> {
        let permissions = new.permissions.as_ref().map(|list| to_json("permissions", list)).transpose()?;
        let inserted = self
            .db
            .execute(
                "INSERT INTO api_keys (id, workspace, name, key_hash, hint, role, permissions, created_by, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                params![
                    &new.id,
                    &new.workspace,
                    &new.name,
                    &new.key_hash,
                    &new.hint,
                    &new.role,
                    permissions,
                    new.created_by.clone(),
                    new.created_at,
                ],
            )
            .await;
        inserted.taken_as(|| "the API key".to_owned()).map(|_| ())
    }

    /// Notes a request with an API key.
    pub async fn note_used(self, id: &str, at: Timestamp) -> Result<()> {
        self.db.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1", params![id, at]).await?;
        Ok(())
    }

    /// Revokes an API key; says whether it was there.
    pub async fn delete(self, workspace: &str, id: &str) -> Result<bool> {
        let sql = "DELETE FROM api_keys WHERE workspace = $1 AND id = $2";
        Ok(self.db.execute(sql, params![workspace, id]).await? > 0)
    }
}
