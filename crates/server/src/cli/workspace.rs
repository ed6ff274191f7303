use std::str::FromStr;

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
        /// For how many days conversations are kept that ended, or `for-ever`.
        #[arg(long)]
        transcript_days: Option<Days>,
        /// For how many days their steps are kept, with what other systems answered, or `for-ever`.
        #[arg(long)]
        trace_days: Option<Days>,
        /// For how many days dead letters, unusable webhooks and events, and channels' logs are kept, or `for-ever`.
        #[arg(long)]
        problem_days: Option<Days>,
        /// For how many days the log of changes is kept, or `for-ever`.
        #[arg(long)]
        audit_days: Option<Days>,
        /// Where length and days are changed: in both environments unless one is given.
        #[arg(long)]
        environment: Option<Environment>,
    },
}

/// A number of days, or none for ever.
#[derive(Debug, Clone, Copy)]
pub struct Days(Option<u32>);

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "for-ever" => Ok(Self(None)),
            number => {
                number.parse().map(|days| Self(Some(days))).map_err(|_| "give a number, or `for-ever`".to_owned())
            }
        }
    }
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
            Self::Set {
                key,
                name,
                approval_required,
                messages_per_second,
                session_seconds,
                transcript_days,
                trace_days,
                problem_days,
                audit_days,
                environment,
            } => {
                let desk = core::desk(&core, Some(&key)).await?;
                let days = |days: Option<Days>| days.map(|Days(days)| days);
                let retention = environments::RetentionChange {
                    transcript_days: days(transcript_days),
                    trace_days: days(trace_days),
                    problem_days: days(problem_days),
                };
                let change = environments::Change { session_seconds, retention };
                if change != environments::Change::default() {
                    let both = [Environment::Sandbox, Environment::Production];
                    for one in both.into_iter().filter(|one| environment.is_none_or(|only| only == *one)) {
                        environments::change(&desk, one, change).await?;
                    }
                }
                let change =
                    workspaces::Change { name, approval_required, messages_per_second, audit_days: days(audit_days) };
                let workspace = workspaces::change(&desk, change).await?;
                output::line(format_args!("changed the workspace {}", workspace.key));
            }
        }
        Ok(())
    }
}
