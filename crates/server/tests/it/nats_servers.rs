//! Real NATS servers that form a cluster, or one by itself, each of which can be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::stream::{self, ClusterInfo};
use tokio::net::TcpStream;

use crate::ports;
use crate::server::new_folder;

/// How long the servers may take to agree on who leads.
const AGREED: Duration = Duration::from_secs(90);

/// A cluster of servers with JetStream; they are killed when it is dropped, and their data is removed unless the test
/// has failed.
pub struct NatsServers {
    folder: PathBuf,
    servers: Vec<Server>,
}

struct Server {
    port: u16,
    config: PathBuf,
    child: Option<Child>,
}

impl NatsServers {
    /// Starts so many servers, and waits until they have a leader.
    pub async fn start(count: usize) -> Self {
        let folder = new_folder();
        let [ports, routes] = [(); 2].map(|()| Vec::from_iter(std::iter::repeat_with(ports::free).take(count)));
        let all: Vec<String> = routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
        let servers = ports.iter().zip(&routes).enumerate().map(|(place, (&port, route))| {
            let config = folder.join(format!("{place}.conf"));
            let store = folder.join(place.to_string());
            let text = format!(
                "server_name: n{place}\nlisten: \"127.0.0.1:{port}\"\n\
                 jetstream {{ store_dir: \"{}\", max_mem: 64M, max_file: 1G }}\n\
                 cluster {{ name: usher, listen: \"127.0.0.1:{route}\", routes: [{}] }}\n",
                store.display(),
                all.iter().map(|route| format!("\"{route}\"")).collect::<Vec<_>>().join(", "),
            );
            std::fs::write(&config, text).expect("the file can be written");
            Server { port, config, child: None }
        });
        let mut cluster = Self { servers: servers.collect(), folder };
        for place in 0..count {
            cluster.restart(place);
        }
        cluster.agreed().await;
        cluster
    }

    /// Starts one server by itself, with this in its configuration, which is told of a folder; waits until it listens.
    pub async fn alone(more: impl FnOnce(&Path) -> String) -> Self {
        let folder = new_folder();
        let (port, config) = (ports::free(), folder.join("0.conf"));
        let text = format!("server_name: n0\nlisten: \"127.0.0.1:{port}\"\n{}\n", more(&folder));
        std::fs::write(&config, text).expect("the file can be written");
        let mut server = Self { folder, servers: vec![Server { port, config, child: None }] };
        server.restart(0);
        let give_up = Instant::now() + AGREED;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < give_up, "the server does not start; its log is in {}", server.folder.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// Returns the addresses of all servers.
    pub fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(|server| format!("nats://127.0.0.1:{}", server.port)).collect()
    }

    /// Kills a server: it writes nothing more.
    pub fn kill(&mut self, place: usize) {
        if let Some(mut child) = self.servers[place].child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts a server that was killed, with what it had on its disk.
    pub fn restart(&mut self, place: usize) {
        let server = &mut self.servers[place];
        let mut command = Command::new("nats-server");
        command.arg("--config").arg(&server.config).arg("--log").arg(self.folder.join(format!("{place}.log")));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        server.child = Some(command.spawn().expect("nats-server is installed; scripts/services installs it"));
    }

    /// Returns the place of the server that leads a stream.
    pub async fn leader_of(&self, stream: &str) -> usize {
        self.when(stream, |cluster| {
            let leader = cluster.leader.as_ref()?;
            Some(leader.trim_start_matches('n').parse().expect("servers are called by their place"))
        })
        .await
        .expect("the stream gets a leader in time")
    }

    /// Waits until every server is there and has all of a stream; says whether they came together in time, which servers
    /// that are short of the machine's time may not.
    pub async fn is_whole(&self, stream: &str) -> bool {
        let whole = self.when(stream, |cluster| {
            let others = &cluster.replicas;
            let is_whole = others.len() + 1 == self.servers.len() && others.iter().all(|o| o.current && !o.offline);
            is_whole.then_some(())
        });
        whole.await.is_some()
    }

    /// Waits for a while until those who keep a stream are as wanted.
    async fn when<T>(&self, stream: &str, wanted: impl Fn(&ClusterInfo) -> Option<T>) -> Option<T> {
        let give_up = Instant::now() + AGREED;
        loop {
            if let Ok(client) = async_nats::connect(self.addresses()).await
                && let Ok(found) = async_nats::jetstream::new(client).get_stream(stream).await
                && let Some(found) = found.cached_info().cluster.as_ref().and_then(&wanted)
            {
                return Some(found);
            }
            if Instant::now() >= give_up {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until each of them keeps a copy of a stream: the first to have a leader may not know of all others yet.
    async fn agreed(&self) {
        let give_up = Instant::now() + AGREED;
        let name = "agreed";
        let wanted = stream::Config { name: name.to_owned(), num_replicas: self.servers.len(), ..Default::default() };
        loop {
            if let Ok(client) = async_nats::connect(self.addresses()).await {
                let context = async_nats::jetstream::new(client);
                if context.create_stream(&wanted).await.is_ok() && context.delete_stream(name).await.is_ok() {
                    return;
                }
            }
            assert!(Instant::now() < give_up, "the servers do not agree; their logs are in {}", self.folder.display());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for NatsServers {
    fn drop(&mut self) {
        for place in 0..self.servers.len() {
            self.kill(place);
        }
        if std::thread::panicking() {
            println!("data and logs of NATS are kept in {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
