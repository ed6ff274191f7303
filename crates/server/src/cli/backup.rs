use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use usher_store::{Store, Summary};

use super::core;
use super::output::{self, Failure};
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to write, or a folder: then the file is named by the time. A file that is there is replaced once the
    /// new one is whole.
    file: PathBuf,
}

impl Arguments {
    /// Writes everything but the master key to a file, while servers run.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let now = core.clock.now();
        let file = if self.file.is_dir() {
            self.file.join(now.strftime("usher-%Y%m%dT%H%M%SZ.backup").to_string())
        } else {
            self.file
        };
        let part = part_of(&file, &core.ids.word());
        let written = write(&core.store, &part, now).await;
        let (summary, bytes) = match written {
            Ok(written) => written,
            Err(failure) => {
                let _ = std::fs::remove_file(&part);
                return Err(failure);
            }
        };
        rename(&part, &file).with_context(|| format!("cannot give {} its name {}", part.display(), file.display()))?;
        output::line(format_args!(
            "{}: {} rows, {bytes} bytes, schema {}; the master key is not in it, keep that apart",
            file.display(),
            summary.total(),
            summary.schema
        ));
        core.store.close().await;
        Ok(())
    }
}

/// Names the file as long as it is not whole; it lies beside the other, so that it can take its name.
fn part_of(file: &Path, word: &str) -> PathBuf {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    file.with_file_name(format!("{name}.part-{word}"))
}

async fn write(store: &Store, part: &Path, now: jiff::Timestamp) -> Result<(Summary, u64), Failure> {
    // What customers wrote is nobody else's business on this machine.
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    let opened = opened.with_context(|| format!("cannot write {}", part.display()))?;
    let backup = store.backup(BufWriter::new(opened), now, env!("CARGO_PKG_VERSION")).await;
    let (mut file, summary) = backup.context("the backup was not written")?;
    file.flush().context("the backup was not written")?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).context("the backup was not written")?;
    file.sync_all().with_context(|| format!("cannot bring {} to the disk", part.display()))?;
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    Ok((summary, bytes))
}

/// Gives a file its name, for good.
fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
