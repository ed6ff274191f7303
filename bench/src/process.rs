//! Measured servers as processes of their own: started, read from `/proc`, stopped.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::connection::Connection;

/// A process with all that it started; dropping it kills them.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

/// How a server says that it is ready.
#[derive(Debug, Clone, Copy)]
pub enum Ready {
    /// By answering this path with 200.
    At(&'static str),
    /// By taking connections.
    Listening,
}

impl Process {
    /// Starts it, with its output in a file.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Waits until it is ready; gives how long that took.
    pub async fn ready(&mut self, address: SocketAddr, ready: Ready, patience: Duration) -> Result<Duration> {
        let began = Instant::now();
        while !is_ready(address, ready).await {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", tail(&self.log));
            }
            if began.elapsed() > patience {
                bail!("the server was not ready within {} s:\n{}", patience.as_secs(), tail(&self.log));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(began.elapsed())
    }

    /// Waits until it has ended well.
    pub async fn ended(mut self, patience: Duration) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("it ended with {status}:\n{}", tail(&self.log)),
                None if began.elapsed() > patience => {
                    bail!("it had not ended after {} s:\n{}", patience.as_secs(), tail(&self.log))
                }
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The CPU time that it has used so far, in seconds, with all that it started.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let ticks: u64 = tree(self.id())?.iter().map(|process| process.ticks).sum();
        #[expect(clippy::cast_precision_loss, reason = "ticks of minutes")]
        Ok(ticks as f64 / ticks_per_second()?)
    }

    /// Its resident memory, in mebibytes: now, and the most that it ever was.
    pub fn memory(&self) -> Result<Memory> {
        let mut memory = Memory::default();
        for process in tree(self.id())? {
            // A process may have ended since it was listed.
            let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", process.id)) else { continue };
            memory.now += mebibytes(&status, "VmRSS:");
            memory.peak += mebibytes(&status, "VmHWM:");
        }
        Ok(memory)
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) -> Result<()> {
        self.stop_by("TERM").await
    }

    /// Asks it by a signal of its own liking.
    pub async fn stop_by(mut self, name: &str) -> Result<()> {
        signal(name, &self.id().to_string())?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > Duration::from_secs(30) {
                bail!("the server did not stop within 30 s:\n{}", tail(&self.log));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Nobody is left to be told.
            let _ = signal("KILL", &format!("-{}", self.id()));
            let _ = self.child.wait();
        }
    }
}

fn signal(name: &str, whom: &str) -> Result<()> {
    let sent = Command::new("kill").args([&format!("-{name}"), "--", whom]).stderr(Stdio::null()).status()?;
    ensure!(sent.success(), "cannot signal {whom}");
    Ok(())
}

async fn is_ready(address: SocketAddr, ready: Ready) -> bool {
    match ready {
        Ready::At(path) => {
            let asked =
                tokio::time::timeout(Duration::from_secs(2), async { Connection::new(address).get(path, None).await });
            matches!(asked.await, Ok(Ok((200, _))))
        }
        Ready::Listening => tokio::net::TcpStream::connect(address).await.is_ok(),
    }
}

/// Resident memory in mebibytes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

fn mebibytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

/// A process as `/proc` tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    id: u32,
    parent: u32,
    /// CPU time, its own and that of children that have ended.
    ticks: u64,
}

impl Told {
    /// Reads a line of `/proc/<id>/stat`. The second field, the name, may hold anything; after its bracket stand the
    /// fields from the third on.
    fn read(stat: &str) -> Option<Self> {
        let (id, rest) = stat.split_once(' ')?;
        let fields: Vec<_> = rest.rsplit(')').next()?.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = field(14)? + field(15)? + field(16)? + field(17)?;
        Some(Self { id: id.parse().ok()?, parent: u32::try_from(field(4)?).ok()?, ticks })
    }
}

/// A process and all its descendants.
fn tree(root: u32) -> Result<Vec<Told>> {
    let mut children: HashMap<u32, Vec<Told>> = HashMap::new();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").context("cannot read /proc")?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        // It may have ended since it was listed.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some(told) = Told::read(&stat) else { continue };
        if told.id == root {
            found.push(told);
        } else {
            children.entry(told.parent).or_default().push(told);
        }
    }
    ensure!(!found.is_empty(), "the process {root} is gone");
    let mut next = 0;
    while let Some(told) = found.get(next).copied() {
        found.extend(children.remove(&told.id).unwrap_or_default());
        next += 1;
    }
    Ok(found)
}

fn ticks_per_second() -> Result<f64> {
    let output = Command::new("getconf").arg("CLK_TCK").output().context("cannot run getconf")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// A loopback address that was free a moment ago.
pub fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let stat = "4711 (a b) c) S 12 4711 4711 0 -1 4194560 5 6 7 8 100 20 3 4 20 0 1 0 99 1 2";
        assert_eq!(Told::read(stat), Some(Told { id: 4_711, parent: 12, ticks: 127 }));
        assert_eq!(Told::read("nothing"), None);
    }

    #[test]
    fn children_are_counted() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 5 & wait"]);
        let log = std::env::temp_dir().join(format!("usher-bench-tree.{}", std::process::id()));
        let process = Process::start(command, &log).unwrap();
        let began = Instant::now();
        while tree(process.id()).unwrap().len() < 2 {
            assert!(began.elapsed() < Duration::from_secs(5), "the child never came");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(process.memory().unwrap().peak > 0.0);
        drop(process);
        std::fs::remove_file(log).unwrap();
    }
}
