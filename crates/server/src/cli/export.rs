use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::core;
use super::output::{self, Failure};
use crate::config::Options;
use crate::documents::export;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder to write to; it is made if it is not there. Without one, a list of documents goes to standard output.
    folder: Option<PathBuf>,
    /// The workspace; may be left out where there is one.
    #[arg(long, value_name = "KEY")]
    workspace: Option<String>,
    /// Only these workflows, by their keys; nothing else is written.
    #[arg(long, value_name = "KEY")]
    workflow: Vec<String>,
}

impl Arguments {
    /// Writes workflows and configuration. Secrets become references to variables of the environment.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let desk = core::desk(&core, self.workspace.as_deref()).await?;
        let documents = if self.workflow.is_empty() {
            export::all(&desk).await?
        } else {
            export::workflows(&desk, &self.workflow).await?
        };
        let Some(folder) = self.folder else {
            let list: Vec<_> = documents.into_iter().map(|written| written.document).collect();
            return output::json(&list);
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for written in documents {
            let path = folder.join(written.file_name);
            let text = serde_json::to_string_pretty(&written.document).context("a document is JSON")?;
            std::fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
            output::line(path.display());
        }
        Ok(())
    }
}
