use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::output::{self, Failure};
use crate::documents;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder to write to; it is made if it is not there.
    folder: PathBuf,
}

impl Arguments {
    /// Writes one schema a kind of file, such as `workflow-1.json`.
    pub fn run(self) -> Result<(), Failure> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        for (kind, schema) in documents::schemas() {
            let path = self.folder.join(format!("{}.json", kind.replace('/', "-")));
            let text = serde_json::to_string_pretty(&schema).context("a schema is JSON")?;
            fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
            output::line(path.display());
        }
        Ok(())
    }
}
