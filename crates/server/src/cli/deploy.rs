use std::collections::BTreeMap;

use clap::Args;
use usher_engine::Environment;

use super::core;
use super::output::{self, Failure};
use crate::actions::{deployments, versions, workflows};
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Workflows by their keys, each in its latest version or in the one that is given; all unless given.
    #[arg(value_name = "WORKFLOW[=VERSION]")]
    workflows: Vec<String>,
    /// The workspace; may be left out where there is one.
    #[arg(long, value_name = "KEY")]
    workspace: Option<String>,
    /// Where to: production or sandbox.
    #[arg(long, default_value = "production")]
    environment: Environment,
    /// What to remember of it.
    #[arg(long)]
    note: Option<String>,
}

impl Arguments {
    /// Puts saved versions live.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let desk = core::desk(&core, self.workspace.as_deref()).await?;
        let mut chosen = BTreeMap::new();
        let named = if self.workflows.is_empty() {
            let all = workflows::list(&desk).await?;
            all.into_iter()
                .filter(|item| !item.archived && item.latest_version.is_some())
                .map(|item| item.key)
                .collect()
        } else {
            self.workflows
        };
        for word in named {
            let (key, version) = match word.split_once('=') {
                Some((key, version)) => {
                    let number = version.trim_start_matches('v').parse();
                    let number = number.map_err(|_| Failure::new(format!("`{version}` is no version number")))?;
                    (key.to_owned(), number)
                }
                None => {
                    let latest = versions::latest(&desk, &word).await?;
                    (word, latest)
                }
            };
            chosen.insert(key, Some(version));
        }
        let number = deployments::deploy(&desk, self.environment, &chosen, self.note).await?;
        let told: Vec<String> =
            chosen.iter().map(|(key, version)| format!("{key} v{}", version.unwrap_or_default())).collect();
        output::line(format_args!("deployment {number} in {}: {}", self.environment, told.join(", ")));
        Ok(())
    }
}
