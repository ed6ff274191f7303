//! Seals stored secrets anew, once the master key was rotated.

use std::collections::BTreeMap;

use secrecy::SecretString;
use usher_engine::Environment;
use usher_store::{ApiChange, ChannelChange, ConnectionChange};

use super::{Desk, audit, workspaces};
use crate::app::Core;
use crate::auth::Actor;
use crate::problem::Problem;
use crate::secrets::row;

/// Seals every secret that another key than the current one seals, and returns how many rows that were.
///
/// # Errors
///
/// A secret cannot be opened; nothing of its workspace is changed.
pub async fn all(core: &Core) -> Result<u32, Problem> {
    let mut count = 0;
    for workspace in workspaces::all(core).await? {
        let desk = Desk { core: core.clone(), workspace, actor: Actor::CommandLine };
        count += of_workspace(&desk).await?;
    }
    Ok(count)
}

/// Seals anew what needs it; none when it does not.
fn renewed(desk: &Desk, row: &str, sealed: Option<&[u8]>) -> Result<Option<Sealed>, Problem> {
    let stale = |sealed: &&[u8]| std::str::from_utf8(sealed).is_ok_and(|sealed| desk.core.vault.is_stale(sealed));
    let Some(sealed) = sealed.filter(stale) else { return Ok(None) };
    let opened: BTreeMap<String, SecretString> =
        desk.core.vault.open_all(row, Some(sealed)).map_err(|error| Problem::conflict("sealed", error.to_string()))?;
    let names = opened.keys().cloned().collect();
    Ok(Some((Some(desk.core.vault.seal_all(row, &opened)), names)))
}

type Sealed = (Option<Vec<u8>>, Vec<String>);

async fn of_workspace(desk: &Desk) -> Result<u32, Problem> {
    let (id, at) = (&desk.workspace.id, desk.core.clock.now());
    let mut count = 0;
    let mut tx = desk.core.store.begin().await?;
    for api in tx.apis().list(id).await? {
        if let Some(secrets) = renewed(desk, &row::api(id, &api.key), api.secrets.as_deref())? {
            let change = ApiChange { name: None, settings: None, secrets: Some(secrets), at };
            tx.apis().change(id, &api.key, &change).await?;
            count += 1;
        }
    }
    for environment in [Environment::Sandbox, Environment::Production] {
        for channel in tx.channels().list(id, environment).await? {
            let row = row::channel(id, environment, &channel.key);
            if let Some(secrets) = renewed(desk, &row, channel.secrets.as_deref())? {
                let change = ChannelChange { name: None, settings: None, secrets: Some(secrets), at };
                tx.channels().change(id, environment, &channel.key, &change).await?;
                count += 1;
            }
        }
        for connection in tx.connections().list(id, environment).await? {
            let row = row::connection(id, environment, &connection.key);
            if let Some(secrets) = renewed(desk, &row, connection.secrets.as_deref())? {
                let change = ConnectionChange { name: None, settings: None, secrets: Some(secrets), at };
                tx.connections().change(id, environment, &connection.key, &change).await?;
                count += 1;
            }
        }
    }
    if count > 0 {
        let details = serde_json::json!({ "rows": count });
        audit::note(&mut tx, &desk.core, &desk.actor, Some(id), "secrets.resealed", "workspace", details).await?;
    }
    tx.commit().await?;
    Ok(count)
}
