//! The measured server as a process of its own: started, read from `/proc`, stopped.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::connection::Connection;

/// A started server; dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its start to the first time that it was ready.
    pub ready_after: Duration,
    ticks_per_second: f64,
}

impl Server {
    /// Starts it, with its output in a file, and waits until it is ready.
    pub async fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let ticks_per_second = ticks_per_second()?;
        let mut server = Self { child, address, ready_after: Duration::ZERO, ticks_per_second };
        while !matches!(Connection::new(address).get("/readyz", None).await, Ok((200, _))) {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", tail(log));
            }
            if began.elapsed() > Duration::from_secs(30) {
                bail!("the server was not ready within 30 s:\n{}", tail(log));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.ready_after = began.elapsed();
        Ok(server)
    }

    /// The CPU time that it has used so far, in seconds.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).context("the server is gone")?;
        // The second field, the name, may hold spaces; after its bracket stand the fields from the third on.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| -> Result<f64> { Ok(fields.get(field - 3).context("a field is missing")?.parse()?) };
        Ok((ticks(14)? + ticks(15)?) / self.ticks_per_second)
    }

    /// Its resident memory, in mebibytes.
    pub fn resident(&self) -> Result<f64> {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("the server is gone")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the memory is missing")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes / 1024.0)
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status()?;
        if !asked.success() {
            bail!("cannot stop the server");
        }
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > Duration::from_secs(20) {
                bail!("the server did not stop within 20 s");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, or nobody is left to be told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
