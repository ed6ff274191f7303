//! A real PostgreSQL server that keeps its promises to the disk, and can be killed and started again.

use std::fs::File;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::is_root;
use crate::ports;
use crate::server::new_folder;

/// How long the server may take to recover from what was done to it.
const RECOVERED: Duration = Duration::from_secs(60);
/// The database of whoever asks for none.
const FIRST: &str = "postgres";

/// A server; it is killed when it is dropped, and its data is removed unless the test has failed.
pub struct PostgresServer {
    folder: PathBuf,
    data: PathBuf,
    programs: PathBuf,
    port: u16,
    postmaster: Option<Child>,
}

impl PostgresServer {
    /// Makes a cluster of databases and starts a server on it, with `fsync` and all else as it is by default.
    pub async fn start() -> Self {
        let folder = new_folder();
        let data = folder.join("data");
        Self::start_in(folder, data).await
    }

    /// Makes the cluster on a disk of its own.
    pub async fn start_on(disk: &Path) -> Self {
        Self::start_in(new_folder(), disk.join("data")).await
    }

    async fn start_in(folder: PathBuf, data: PathBuf) -> Self {
        let mut server = Self { folder, data, programs: programs(), port: ports::free(), postmaster: None };
        if let Some((user, group)) = owner() {
            chown(&server.folder, Some(user), Some(group)).expect("root may give a folder away");
        }
        let mut command = server.command("initdb");
        command.args(["--username=usher", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        let Output { status, stderr, .. } = command.output().expect("initdb runs");
        assert!(status.success(), "initdb failed: {}", String::from_utf8_lossy(&stderr));
        server.restart();
        server.recovered().await;
        server
    }

    /// Makes a database; returns its address.
    pub async fn database(&self, name: &str) -> String {
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        self.address(name)
    }

    /// Takes nothing more, or takes it again; whoever is connected learns it at their next transaction.
    pub async fn set_read_only(&self, is_read_only: bool) {
        self.execute(&format!("ALTER SYSTEM SET default_transaction_read_only = {is_read_only}")).await;
        self.execute("SELECT pg_reload_conf()").await;
    }

    /// Kills the server with all its processes: none of them writes anything more.
    pub fn kill(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // It stands still first, so that no process is begun while the others die.
        signal("STOP", &[postmaster.id()]);
        let others = children_of(postmaster.id());
        signal("KILL", &others);
        let _ = postmaster.kill();
        let _ = postmaster.wait();
        // They hold the memory that they share, without which the server does not start.
        while others.iter().any(|other| is_running(*other)) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Starts a server that was killed, with what it had on its disk.
    pub fn restart(&mut self) {
        let log =
            File::options().create(true).append(true).open(self.folder.join("log")).expect("a log can be written");
        let mut command = self.command("postgres");
        command.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-p",
            &self.port.to_string(),
        ]);
        command.stdout(log.try_clone().expect("the log can be written")).stderr(log);
        self.postmaster = Some(command.spawn().expect("PostgreSQL runs"));
    }

    /// Starts the server if it has ended by itself, and waits until it takes connections.
    pub async fn revive(&mut self) {
        let ended = |postmaster: &mut Child| postmaster.try_wait().expect("it is our child").is_some();
        if self.postmaster.as_mut().is_some_and(ended) {
            self.restart();
        }
        self.recovered().await;
    }

    /// Waits until the server takes connections.
    pub async fn recovered(&self) {
        let give_up = Instant::now() + RECOVERED;
        while PgConnection::connect(&self.address(FIRST)).await.is_err() {
            assert!(Instant::now() < give_up, "PostgreSQL does not recover; its log is in {}", self.folder.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.address(FIRST)).await.expect("the server is there");
        connection.execute(AssertSqlSafe(sql.to_owned())).await.expect("the statement is right");
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://usher@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the command that runs a program on the data.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(&self.data).current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            println!("data and log of PostgreSQL are kept in {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Returns the folder of PostgreSQL's server programs, of the newest version that is there. Debian keeps them out of the
/// path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = folders.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
    let is_there = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file());
    folders.find(is_there).expect("PostgreSQL is installed; scripts/services installs it")
}

/// Returns whose the server and its data have to be: PostgreSQL refuses to run as root.
pub fn owner() -> Option<(u32, u32)> {
    let id = |of: &str| {
        let output = Command::new("id").args([of, "postgres"]).output().expect("id is there");
        let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        told.parse().expect("PostgreSQL's package made the user postgres")
    };
    is_root().then(|| (id("-u"), id("-g")))
}

fn signal(name: &str, processes: &[u32]) {
    // One that has ended meanwhile needs none.
    let _ = Command::new("kill").args(["-s", name]).args(processes.iter().map(u32::to_string)).output();
}

fn children_of(process: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("/proc is there").flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|other| matches!(state_of(*other), Some((_, parent)) if parent == process)).collect()
}

/// Says whether a process is there, and not only waits for somebody to notice its end.
fn is_running(process: u32) -> bool {
    matches!(state_of(process), Some((state, _)) if !["Z", "X"].contains(&state.as_str()))
}

/// Returns the state of a process and its parent, as proc(5) describes them.
fn state_of(process: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}
