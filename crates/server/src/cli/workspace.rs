use clap::Subcommand;
use usher_engine::Environment;

use super::core;
use super::output::{self, Failure};
use crate::actions::{environments, workspaces};
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
        /// How many messages a second are taken in; 0 for as many as the installation takes.
        #[arg(long, value_name = "MESSAGES")]
        messages_per_second: Option<u32>,
        /// After how many seconds without a message from the customer a conversation ends.
        #[arg(long, value_name = "SECONDS")]
        session_seconds: Option<i64>,
        /// Where the session's length is changed: in both environments unless one is given.
        #[arg(long, requires = "session_seconds")]
        environment: Option<Environment>,
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
            Self::Set { key, name, approval_required, messages_per_second, session_seconds, environment } => {
                let desk = core::desk(&core, Some(&key)).await?;
                if let Some(seconds) = session_seconds {
                    let both = [Environment::Sandbox, Environment::Production];
                    for one in both.into_iter().filter(|one| environment.is_none_or(|only| only == *one)) {
                        environments::change(&desk, one, seconds).await?;
                    }
                }
                let change = workspaces::Change { name, approval_required, messages_per_second };
                let workspace = workspaces::change(&desk, change).await?;
                output::line(format_args!("changed the workspace {}", workspace.key));
            }
        }
        Ok(())
    }
}
