use clap::Subcommand;

use super::core;
use super::output::{self, Failure};
use crate::actions::workspaces;
use crate::config::Options;

#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Creates a workspace.
    Create {
        /// Names it in addresses: lower-case letters, digits and dashes.
        key: String,
        /// How people see it; the key unless given.
        #[arg(long)]
        name: Option<String>,
    },
    /// Lists the workspaces.
    List,
    /// Changes a workspace's settings.
    Set {
        key: String,
        #[arg(long)]
        name: Option<String>,
        /// Whether what goes live must be approved first.
        #[arg(long, value_name = "true|false")]
        approval_required: Option<bool>,
    },
}

impl Arguments {
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        match self {
            Self::Create { key, name } => {
                let name = name.unwrap_or_else(|| key.clone());
                let workspace = workspaces::create(&core, &crate::auth::Actor::CommandLine, &key, &name).await?;
                output::line(format_args!("created the workspace {}", workspace.key));
            }
            Self::List => {
                let mut rows = vec![["key", "name", "approval required"].map(str::to_owned).to_vec()];
                for workspace in workspaces::all(&core).await? {
                    let approval = if workspace.approval_required { "yes" } else { "no" };
                    rows.push(vec![workspace.key, workspace.name, approval.to_owned()]);
                }
                output::table(&rows);
            }
            Self::Set { key, name, approval_required } => {
                let desk = core::desk(&core, Some(&key)).await?;
                let change = workspaces::Change { name, approval_required };
                let workspace = workspaces::change(&desk, change).await?;
                output::line(format_args!("changed the workspace {}", workspace.key));
            }
        }
        Ok(())
    }
}
