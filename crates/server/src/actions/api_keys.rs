//! API keys: how programs come in.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usher_store::NewApiKey;
use utoipa::ToSchema;

use super::{Desk, key};
use crate::auth::Role;
use crate::ids;
use crate::problem::Problem;

/// What every key begins with, so that a leaked one is known for what it is.
const PREFIX: &str = "ush_";
/// How much of a key is shown in lists.
const SHOWN: usize = PREFIX.len() + 6;

/// An API key, as far as Usher knows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKeyItem {
    pub id: String,
    pub name: String,
    /// How the key begins.
    pub prefix: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl TryFrom<usher_store::ApiKey> for ApiKeyItem {
    type Error = Problem;

    fn try_from(key: usher_store::ApiKey) -> Result<Self, Problem> {
        Ok(Self {
            id: key.id,
            name: key.name,
            prefix: key.hint,
            role: key.role.parse().map_err(|error: crate::auth::role::Unknown| Problem::internal(&error))?,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        })
    }
}

/// Lists the keys of the workspace.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk) -> Result<Vec<ApiKeyItem>, Problem> {
    let keys = desk.core.store.api_keys().list(&desk.workspace.id).await?;
    keys.into_iter().map(ApiKeyItem::try_from).collect()
}

/// Creates a key and returns it; only its hash is kept.
///
/// # Errors
///
/// The name is not right.
pub async fn create(desk: &Desk, name: &str, role: Role) -> Result<(ApiKeyItem, String), Problem> {
    let name = key::name(name)?;
    let plain = format!("{PREFIX}{}", desk.core.ids.token().plain);
    let new = NewApiKey {
        id: desk.core.ids.id(),
        workspace: desk.workspace.id.clone(),
        name: name.clone(),
        key_hash: ids::hash_of(&plain),
        hint: plain[..SHOWN].to_owned(),
        role: role.to_string(),
        permissions: None,
        created_by: Some(desk.actor.name().to_owned()),
        created_at: desk.core.clock.now(),
    };
    let item = ApiKeyItem {
        id: new.id.clone(),
        name: new.name.clone(),
        prefix: new.hint.clone(),
        role,
        created_at: new.created_at,
        last_used_at: None,
    };
    let mut tx = desk.core.store.begin().await?;
    tx.api_keys().create(&new).await?;
    desk.note(&mut tx, "api_key.created", &format!("API key {name}"), json!({ "role": role })).await?;
    tx.commit().await?;
    Ok((item, plain))
}

/// Revokes a key.
///
/// # Errors
///
/// There is none of that id.
pub async fn revoke(desk: &Desk, id: &str) -> Result<(), Problem> {
    let absent = || Problem::not_found(format!("there is no API key {id}"));
    let mut tx = desk.core.store.begin().await?;
    let keys = tx.api_keys().list(&desk.workspace.id).await?;
    let key = keys.into_iter().find(|key| key.id == id).ok_or_else(absent)?;
    tx.api_keys().delete(&desk.workspace.id, id).await?;
    desk.note(&mut tx, "api_key.revoked", &format!("API key {}", key.name), json!({})).await?;
    Ok(tx.commit().await?)
}
