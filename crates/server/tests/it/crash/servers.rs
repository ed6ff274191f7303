//! Server processes: the built program, started, found ready, killed without a warning, told to stop.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::front::Front;
use super::witness::Witness;
use crate::ports;

/// How long a server may take to stop: it gives what is under way 20 seconds.
const STOPPED: Duration = Duration::from_secs(40);

/// A server by its name: running, or to be started.
#[derive(Debug)]
pub struct Server {
    name: String,
    log: PathBuf,
    front: Front,
    witness: Arc<Witness>,
    ready_within: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    address: SocketAddr,
    started: Instant,
    is_ready: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or nobody is left to be told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn new(name: &str, folder: &Path, front: &Front, witness: &Arc<Witness>, ready_within: Duration) -> Self {
        Self {
            name: name.to_owned(),
            log: folder.join(format!("{name}.log")),
            front: front.clone(),
            witness: Arc::clone(witness),
            ready_within,
            running: None,
        }
    }

    /// Starts it with a command that lacks only the address to listen on: every time another one. It is not ready yet.
    pub fn start(&mut self, mut command: Command) {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()));
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("the log can be written");
        command.args(["--listen", &address.to_string()]).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("the log can be written")).stderr(log);
        let started = Instant::now();
        let child = command.spawn().expect("the program runs");
        self.running = Some(Running { child, address, started, is_ready: false });
        self.front.lead_to(&self.name, address);
    }

    /// Waits until it is ready.
    pub async fn ready(&mut self) {
        let began = Instant::now();
        let running = self.running.as_mut().expect("it was started");
        if running.is_ready {
            return;
        }
        while self.front.readiness(running.address).await != Some(200) {
            if let Some(status) = running.child.try_wait().expect("it is our child") {
                panic!("{} ended with {status}:\n{}", self.name, self.last_lines());
            }
            assert!(began.elapsed() < self.ready_within, "{} was not ready in time:\n{}", self.name, self.last_lines());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.is_ready = true;
        self.witness.seen().ready_after.push(running.started.elapsed());
    }

    /// Returns what it answers to the question whether it is ready, if anything.
    pub async fn readiness(&self) -> Option<u16> {
        self.front.readiness(self.running.as_ref()?.address).await
    }

    /// Returns the address of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.as_ref().expect("it was started").address)
    }

    /// Returns how much memory it has, in KiB.
    pub fn resident(&self) -> u64 {
        let pid = self.running.as_ref().expect("it was started").child.id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let told = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        told.and_then(|told| told.parse().ok()).expect("proc(5) describes it so")
    }

    /// Kills it as the machine's death would: at once, without a word.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("it was started");
        if let Some(status) = running.child.try_wait().expect("it is our child") {
            panic!("{} had ended by itself, with {status}:\n{}", self.name, self.last_lines());
        }
        // On Unix this is SIGKILL.
        running.child.kill().expect("it is our child");
        running.child.wait().expect("it is our child");
        self.witness.note_kill(&self.name);
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(&mut self) {
        let mut running = self.running.take().expect("it was started");
        let pid = running.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill is there").success());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = running.child.try_wait().expect("it is our child") {
                break status;
            }
            assert!(began.elapsed() < STOPPED, "{} did not stop:\n{}", self.name, self.last_lines());
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(status.success(), "{} stopped with {status}:\n{}", self.name, self.last_lines());
    }

    /// Returns the end of what it logged.
    pub fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}
