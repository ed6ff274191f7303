use clap::Subcommand;

use super::core;
use super::output::{self, Failure};
use crate::actions::api_keys;
use crate::auth::Role;
use crate::config::Options;

#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Creates an API key and prints it, once.
    Create {
        /// What it is for.
        name: String,
        /// What it may do.
        #[arg(long, value_enum)]
        role: Role,
        /// The workspace; may be left out where there is one.
        #[arg(long, value_name = "KEY")]
        workspace: Option<String>,
    },
    /// Lists API keys.
    List {
        /// The workspace; may be left out where there is one.
        #[arg(long, value_name = "KEY")]
        workspace: Option<String>,
    },
    /// Revokes an API key, at once.
    Revoke {
        /// Its id, as the list shows it.
        id: String,
        /// The workspace; may be left out where there is one.
        #[arg(long, value_name = "KEY")]
        workspace: Option<String>,
    },
}

impl Arguments {
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        match self {
            Self::Create { name, role, workspace } => {
                let desk = core::desk(&core, workspace.as_deref()).await?;
                let (_, key) = api_keys::create(&desk, &name, role).await?;
                output::line(key);
            }
            Self::List { workspace } => {
                let desk = core::desk(&core, workspace.as_deref()).await?;
                let mut rows = vec![["id", "name", "role", "key", "last used"].map(str::to_owned).to_vec()];
                for key in api_keys::list(&desk).await? {
                    let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
                    rows.push(vec![key.id, key.name, key.role.to_string(), format!("{}…", key.prefix), used]);
                }
                output::table(&rows);
            }
            Self::Revoke { id, workspace } => {
                let desk = core::desk(&core, workspace.as_deref()).await?;
                api_keys::revoke(&desk, &id).await?;
                output::line("revoked");
            }
        }
        Ok(())
    }
}
