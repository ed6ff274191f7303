use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::core;
use super::output::{self, Failure};
use crate::config::Options;
use crate::documents::apply::{self, Outcome};
use crate::documents::{self, File};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders of which all `.json` files are read.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The workspace; may be left out where there is one.
    #[arg(long, value_name = "KEY")]
    workspace: Option<String>,
}

impl Arguments {
    /// Applies files and prints what became of each.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let mut files: Vec<(PathBuf, File)> = Vec::new();
        for path in &self.files {
            for path in within(path)? {
                let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let read =
                    documents::read(&text).map_err(|problem| Failure::new(format!("{}: {problem}", path.display())))?;
                files.extend(read.into_iter().map(|file| (path.clone(), file)));
            }
        }
        let core = core::open(options).await?;
        let desk = core::desk(&core, self.workspace.as_deref()).await?;
        apply::sort(&mut files, |(_, file)| file);
        let variable = |name: &str| std::env::var(name).ok();
        for (path, file) in files {
            let (kind, key) = (file.kind(), file.key().to_owned());
            let outcome = apply::apply(&desk, file, &variable)
                .await
                .map_err(|problem| Failure::new(format!("{}: {kind} {key}: {problem}", path.display())))?;
            match outcome {
                Outcome::Created(more) => output::line(format_args!("created  {kind} {key}{more}")),
                Outcome::Changed(more) => output::line(format_args!("changed  {kind} {key}{more}")),
                Outcome::Same => output::line(format_args!("same     {kind} {key}")),
            }
        }
        Ok(())
    }
}

/// Returns the file, or the JSON files of the folder in the order of their names.
fn within(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let entry = entry.with_context(|| format!("cannot read {}", path.display()))?.path();
        if entry.is_dir() {
            found.extend(within(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "json") {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}
