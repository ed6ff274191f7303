use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use usher_store::{Store, Summary, Underway};

use super::core;
use super::output::{self, Failure};
use crate::actions::sealed;
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The backup.
    file: PathBuf,
    /// Only reads the file from end to end and says what is in it; changes nothing.
    #[arg(long)]
    check: bool,
    /// No server ran since the backup was taken, as when moving to another database: what was under way is carried out.
    /// Otherwise it may have been since, and becomes dead letters for people to look at.
    #[arg(long)]
    moving: bool,
}

impl Arguments {
    /// Fills an empty database from a backup.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        // Read whole before anything is touched: a file that is damaged at its end is refused at once.
        let summary = Store::check_backup(open(&self.file)?).with_context(|| shown(&self.file))?;
        describe(&self.file, &summary);
        if self.check {
            return Ok(());
        }
        let core = core::connect(options.resolve()?, 2).await?;
        let underway = if self.moving { Underway::GoesOn } else { Underway::GivenUp };
        let restored = core.store.restore(open(&self.file)?, underway, core.clock.now()).await;
        let restored = restored.with_context(|| shown(&self.file))?;
        output::line(format_args!("restored into {}", core.configuration.shown_database()));
        if restored.given_up > 0 {
            output::line(format_args!(
                "{} that were under way are dead letters now; see each environment's and try again what was not done",
                restored.given_up
            ));
        }
        let sealed = sealed::look(&core).await?;
        if !sealed.closed.is_empty() {
            output::line(format_args!(
                "{} of {} secrets cannot be opened with this master key: {}; put the master key of the old installation \
                 into {} (or after the new one there), or enter them anew",
                sealed.closed.len(),
                sealed.all,
                sealed.closed.join(", "),
                core.configuration.master_key_file.display()
            ));
        }
        core.store.close().await;
        Ok(())
    }
}

fn open(file: &Path) -> Result<BufReader<File>, Failure> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(BufReader::with_capacity(256 * 1024, opened))
}

fn shown(file: &Path) -> String {
    format!("{} was not restored", file.display())
}

fn describe(file: &Path, summary: &Summary) {
    let of = |table: &str| summary.rows.get(table).copied().unwrap_or_default();
    output::line(format_args!(
        "{}: of {}, by Usher {}, schema {}: {} rows; {} workspaces, {} contacts, {} conversations, {} messages",
        file.display(),
        summary.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        summary.program,
        summary.schema,
        summary.total(),
        of("workspaces"),
        of("contacts"),
        of("sessions"),
        of("messages"),
    ));
}
