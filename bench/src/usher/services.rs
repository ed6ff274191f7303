//! PostgreSQL and NATS for one measurement: in a folder of their own, on free loopback ports, as durable as they are
//! when nobody sets anything.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{Process, Ready, free_address};

const PATIENCE: Duration = Duration::from_secs(30);
/// Eight processes have their connections.
const CONNECTIONS: u32 = 300;

/// Both servers; dropping them kills them.
#[derive(Debug)]
pub struct Services {
    postgres: Process,
    postgres_at: SocketAddr,
    nats: Process,
    nats_at: SocketAddr,
}

impl Services {
    /// Starts both in a new folder.
    pub async fn start(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (postgres, postgres_at) = start_postgres(folder).await.context("PostgreSQL does not start")?;
        let (nats, nats_at) = start_nats(folder).await.context("NATS does not start")?;
        Ok(Self { postgres, postgres_at, nats, nats_at })
    }

    pub fn database(&self) -> String {
        format!("postgres://usher@{}/postgres", self.postgres_at)
    }

    pub fn nats(&self) -> String {
        format!("nats://{}", self.nats_at)
    }

    pub fn processes(&self) -> [(&'static str, &Process); 2] {
        [("PostgreSQL", &self.postgres), ("NATS", &self.nats)]
    }

    pub async fn stop(self) -> Result<()> {
        self.nats.stop().await?;
        self.postgres.stop_by("INT").await
    }
}

async fn start_postgres(folder: &Path) -> Result<(Process, SocketAddr)> {
    let programs = programs()?;
    let home = folder.join("postgres");
    std::fs::create_dir_all(&home)?;
    let owner = Owner::of_postgres(&home)?;
    let data = home.join("data");
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.arg("--pgdata").arg(&data).args(["--username=usher", "--auth=trust", "--encoding=UTF8", "--no-locale"]);
    let output = owner.of(initdb, &home).output().context("cannot run initdb")?;
    ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));

    let address = free_address()?;
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &address.port().to_string(), "-k", ""]);
    command.args(["-c", &format!("max_connections={CONNECTIONS}")]);
    let mut process = Process::start(owner.of(command, &home), &folder.join("postgres.log"))?;
    process.ready(address, Ready::Listening, PATIENCE).await?;
    Ok((process, address))
}

async fn start_nats(folder: &Path) -> Result<(Process, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new("nats-server");
    command.args(["--addr", "127.0.0.1", "--port", &address.port().to_string(), "--jetstream", "--store_dir"]);
    command.arg(folder.join("nats"));
    let mut process = Process::start(command, &folder.join("nats.log"))?;
    process.ready(address, Ready::Listening, PATIENCE).await?;
    Ok((process, address))
}

/// The newest of PostgreSQL's server programs; Debian keeps them out of the PATH.
fn programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> =
        std::env::split_paths(&path).chain(versions.map(|entry| entry.path().join("bin"))).collect();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        version.and_then(|name| name.parse::<u32>().ok())
    });
    let found = folders.into_iter().rev().find(|folder| folder.join("initdb").is_file());
    found.context("PostgreSQL's server is missing; `scripts/services install` brings it")
}

/// As whom PostgreSQL runs, which refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Owner(Option<(u32, u32)>);

impl Owner {
    /// Gives the folder to PostgreSQL's own user, if this is root.
    fn of_postgres(folder: &Path) -> Result<Self> {
        if std::fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(Self(None));
        }
        let users = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let user =
            users.lines().find_map(|line| line.strip_prefix("postgres:")).context("there is no user `postgres`")?;
        let mut ids = user.split(':').skip(1).map(str::parse::<u32>);
        let (Some(Ok(user)), Some(Ok(group))) = (ids.next(), ids.next()) else {
            anyhow::bail!("the user `postgres` has no ids");
        };
        std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        Ok(Self(Some((user, group))))
    }

    /// Lets a command run as it.
    fn of(self, mut command: Command, home: &Path) -> Command {
        command.current_dir(home);
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command
    }
}
