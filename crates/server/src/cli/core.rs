//! What commands start from: the data, opened.

use std::os::unix::fs::DirBuilderExt as _;

use anyhow::Context as _;
use secrecy::SecretString;
use usher_connect::call::Caller;
use usher_connect::http;
use usher_store::Store;

use super::output::Failure;
use crate::actions::{Desk, workspaces};
use crate::app::{Core, CoreParts};
use crate::auth::Actor;
use crate::auth::password::Passwords;
use crate::clock::Clock;
use crate::config::{Configuration, Options};
use crate::ids::Ids;
use crate::secrets::{Keys, VARIABLE, Vault};

/// Connections to the database that a command may have open.
const CONNECTIONS: u32 = 4;

/// Opens the data for a command; the schema must be this program's.
pub async fn open(options: Options) -> Result<Core, Failure> {
    let core = connect(options.resolve()?, CONNECTIONS).await?;
    core.store.check_schema().await?;
    Ok(core)
}

/// Opens the data, whatever its schema.
pub async fn connect(configuration: Configuration, connections: u32) -> Result<Core, Failure> {
    if configuration.is_sqlite() {
        let folder = &configuration.data;
        // What customers wrote is nobody else's business on this machine.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    }
    let vault = vault(&configuration)?;
    let store = Store::open(&configuration.database, connections)
        .await
        .with_context(|| format!("cannot open the database {}", configuration.shown_database()))?;
    let clock = Clock::system();
    let rules = http::Rules::allowing(configuration.allow_private.iter().copied());
    let client = http::Client::new(rules).context("cannot prepare outgoing HTTP")?;
    Ok(Core::new(CoreParts {
        store,
        vault,
        ids: Ids::new(clock.clone()),
        clock,
        caller: Caller::new(client.clone()),
        http: client,
        passwords: Passwords::default(),
        configuration,
    }))
}

fn vault(configuration: &Configuration) -> Result<Vault, Failure> {
    let variable = std::env::var(VARIABLE).ok().map(SecretString::from);
    let keys = Keys::load(variable.as_ref(), &configuration.master_key_file).map_err(anyhow::Error::from)?;
    Ok(Vault::new(keys))
}

/// Sits somebody at the command line down at a workspace: the one that is named, or the only one there is.
pub async fn desk(core: &Core, workspace: Option<&str>) -> Result<Desk, Failure> {
    let workspace = workspaces::named_or_only(core, workspace).await?;
    Ok(Desk { core: core.clone(), workspace, actor: Actor::CommandLine })
}
