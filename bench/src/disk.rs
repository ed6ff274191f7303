//! What the machine's own disk takes: a block is appended to a file and flushed, as a database does at every commit.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::results::Spread;

/// Blocks between which a commit of one turn and of a full group lies.
const BLOCKS: [usize; 4] = [4 * 1024, 8 * 1024, 16 * 1024, 32 * 1024];

/// Times of single flushes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Of the file system, as the system calls it.
    pub file_system: String,
    pub flushes: usize,
    pub time: Spread,
}

/// A probe that runs beside something else.
#[derive(Debug)]
pub struct Probe {
    ends: Arc<AtomicBool>,
    result: tokio::task::JoinHandle<Result<Disk>>,
}

impl Probe {
    /// Begins to flush one block after the other, with pauses, so that the probe is no load itself.
    pub fn start(folder: &Path, pause: Duration) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (folder, seen) = (folder.to_owned(), ends.clone());
        let result = tokio::task::spawn_blocking(move || flush_until(&folder, pause, &seen));
        Self { ends, result }
    }

    pub async fn stop(self) -> Result<Disk> {
        self.ends.store(true, Ordering::Relaxed);
        self.result.await.map_err(|_| anyhow!("the probe of the disk failed"))?
    }
}

/// Probes the disk for a while.
pub async fn probe(folder: &Path, time: Duration) -> Result<Disk> {
    let probe = Probe::start(folder, Duration::from_millis(1));
    tokio::time::sleep(time).await;
    probe.stop().await
}

fn flush_until(folder: &Path, pause: Duration, ends: &AtomicBool) -> Result<Disk> {
    let path = folder.join("flushes");
    let mut file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let block = vec![7; 32 * 1024];
    let mut times = Vec::new();
    for size in BLOCKS.into_iter().cycle() {
        let began = Instant::now();
        file.write_all(&block[..size])?;
        file.sync_data()?;
        times.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        if ends.load(Ordering::Relaxed) {
            break;
        }
        std::thread::sleep(pause);
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(Disk { file_system: file_system(folder), flushes: times.len(), time: Spread::of(times) })
}

fn file_system(folder: &Path) -> String {
    let output = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn flushes_are_timed() {
        let folder = std::env::temp_dir().join(format!("usher-bench-disk.{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let disk = probe(&folder, Duration::from_millis(20)).await.unwrap();
        assert!(disk.flushes > 0 && disk.time.p99 >= disk.time.p50, "{disk:?}");
        assert!(!disk.file_system.is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
