//! The built server, set up by its own command line: on SQLite, or as processes on PostgreSQL and NATS.

mod services;
mod written;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::conversation::{NUMBERS, SECRET, TOKEN, number_id};
use crate::load::Target;
use crate::measure::{Running, Subject};
use crate::process::{Process, Ready, free_address};
use crate::results::Written;
use services::Services;

pub use written::{open, read, written};

const WORKSPACE: &str = "bench";
const WORKFLOW: &str = include_str!("../../setup/bench.workflow.json");
/// The variables by which the secrets reach `usher apply`.
const TOKEN_VARIABLE: &str = "BENCH_TOKEN";
const SECRET_VARIABLE: &str = "BENCH_SECRET";

/// Until a process must be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server, as it lies beside this program.
#[derive(Debug)]
pub struct Usher {
    name: String,
    program: PathBuf,
    processes: usize,
    /// PostgreSQL and NATS, where it stands on them.
    services: Option<Services>,
}

impl Usher {
    /// One process on SQLite.
    pub fn on_sqlite(name: &str) -> Result<Self> {
        Ok(Self { name: name.to_owned(), program: program()?, processes: 1, services: None })
    }

    /// So many processes on PostgreSQL and NATS, which are started in a folder of their own.
    pub async fn on_services(name: &str, processes: usize, folder: &Path) -> Result<Self> {
        let services = Services::start(folder).await?;
        Ok(Self { name: name.to_owned(), program: program()?, processes, services: Some(services) })
    }

    /// From the next start on there are so many processes.
    pub fn set_processes(&mut self, processes: usize) {
        self.processes = processes;
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("USHER_") {
                command.env_remove(name);
            }
        }
        command.arg("--data").arg(data(folder));
        if let Some(services) = &self.services {
            command.args(["--database", &services.database()]);
        }
        command.env(TOKEN_VARIABLE, TOKEN).env(SECRET_VARIABLE, SECRET);
        command
    }

    async fn start_process(&self, folder: &Path, index: usize) -> Result<(Process, SocketAddr)> {
        let address = free_address()?;
        let mut command = self.command(folder);
        command.args(["--listen", &address.to_string(), "--allow-private", "127.0.0.0/8", "--log", "warn"]);
        if let Some(services) = &self.services {
            command.args(["--nats", &services.nats()]);
        }
        command.arg("serve");
        let mut process = Process::start(command, &folder.join(format!("usher-{index}.log")))?;
        process.ready(address, Ready::At("/readyz"), PATIENCE).await?;
        Ok((process, address))
    }

    /// Where WhatsApp's webhooks are taken. One callback URL serves all numbers: the first channel's.
    async fn path(&self, folder: &Path, address: SocketAddr) -> Result<String> {
        let key = std::fs::read_to_string(folder.join("key"))?;
        let path = format!("/api/v1/workspaces/{WORKSPACE}/environments/production/channels/whatsapp-0");
        let (status, body) = Connection::new(address).get(&path, Some(&key)).await?;
        ensure!(status == 200, "{path} was answered with {status}: {}", String::from_utf8_lossy(&body));
        let channel: Value = serde_json::from_slice(&body)?;
        let url = channel["callback_url"].as_str().context("the channel has no callback URL")?;
        let (_, path) =
            url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).context("the callback URL has no path")?;
        Ok(format!("/{path}"))
    }

    /// Runs a command of the server's and gives what it printed.
    fn tell(&self, folder: &Path, arguments: &[&str]) -> Result<String> {
        let output = self.command(folder).args(arguments).output().context("cannot run usher")?;
        let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "`usher {}` failed: {told}{printed}", arguments.join(" "));
        Ok(printed.trim().to_owned())
    }
}

/// The definition of the order API, and a channel with its route for each number.
fn configuration(stand_in: SocketAddr) -> Value {
    let mut documents = vec![json!({
        "usher": "api/1", "key": "shop", "name": "Shop", "base_url": { "production": format!("http://{stand_in}") },
    })];
    for index in 0..NUMBERS {
        let key = format!("whatsapp-{index}");
        documents.push(json!({
            "usher": "channel/1", "key": key, "name": format!("Number {index}"), "environment": "production",
            "kind": "whatsapp",
            "settings": {
                "phone_number_id": number_id(index), "api_base": format!("http://{stand_in}/v25.0"),
                "verify_token": "bench", "messages_per_second": 100_000, "pair_seconds": 0, "pair_burst": 10_000,
            },
            "secrets": { "access_token": { "env": TOKEN_VARIABLE }, "app_secret": { "env": SECRET_VARIABLE } },
        }));
        documents.push(json!({
            "usher": "route/1", "key": key, "name": format!("Number {index}"), "environment": "production",
            "channel": key, "workflow": "bench",
        }));
    }
    Value::Array(documents)
}

/// The program; it is built in the same folder and profile as the bench.
fn program() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("usher");
    ensure!(program.is_file(), "{} is missing; build it with the bench, as scripts/bench does", program.display());
    Ok(program)
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// The database of a server on SQLite.
pub fn database(folder: &Path) -> PathBuf {
    data(folder).join("usher.db")
}

impl Subject for Usher {
    fn name(&self) -> &str {
        &self.name
    }

    async fn prepare(&mut self, folder: &Path, stand_in: SocketAddr) -> Result<()> {
        let files = folder.join("files");
        std::fs::create_dir_all(&files)?;
        std::fs::write(files.join("bench.workflow.json"), WORKFLOW)?;
        std::fs::write(files.join("configuration.json"), configuration(stand_in).to_string())?;

        self.tell(folder, &["migrate"])?;
        self.tell(folder, &["workspace", "create", WORKSPACE])?;
        let files = files.to_str().context("the folder's name is not text")?;
        self.tell(folder, &["apply", files])?;
        self.tell(folder, &["deploy", "bench"])?;
        let key = self.tell(folder, &["api-key", "create", "bench", "--role", "admin"])?;
        std::fs::write(folder.join("key"), key)?;
        Ok(())
    }

    async fn start(&mut self, folder: &Path, _: SocketAddr) -> Result<Running> {
        let began = Instant::now();
        let (mut processes, mut addresses) = (Vec::new(), Vec::new());
        for index in 0..self.processes {
            let (process, address) = self.start_process(folder, index).await?;
            processes.push(process);
            addresses.push(address);
        }
        let ready_after = began.elapsed();
        let path = self.path(folder, addresses[0]).await?;
        Ok(Running { processes, target: Target { addresses, path, redelivered: true }, ready_after })
    }

    fn beside(&self) -> Vec<(&'static str, &Process)> {
        self.services.iter().flat_map(Services::processes).collect()
    }

    async fn written(&self, folder: &Path, conversations: u32) -> Result<Option<Written>> {
        if self.services.is_some() {
            return Ok(None);
        }
        written(&database(folder), conversations).await.map(Some)
    }

    async fn read(&self, folder: &Path) -> Result<(u64, u64)> {
        read(&database(folder)).await
    }

    async fn finish(&mut self) -> Result<()> {
        match self.services.take() {
            Some(services) => services.stop().await,
            None => Ok(()),
        }
    }
}
