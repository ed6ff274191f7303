//! Where what the servers remember is, to be looked at from outside.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::Info;
use futures_util::TryStreamExt as _;

use super::database::Database;
use crate::cli::Usher;

/// How long NATS servers may take to tell of a stream: those that were killed choose first who leads them.
const TOLD: Duration = Duration::from_secs(120);

/// Where the database is, and the stream if there is one.
pub enum Place {
    /// In the data folder, as the program has it by itself.
    Data,
    /// In the data folder, on a disk that this test sees as this folder; SQLite does not, so it reads a copy.
    OnDisk(PathBuf),
    /// At an address of a PostgreSQL server.
    Postgres(String),
    /// At an address of a PostgreSQL server, and on a stream beside it.
    Shared(String, Stream),
}

/// A stream of NATS servers.
pub struct Stream {
    pub servers: Vec<String>,
    pub name: String,
    /// Whether its servers may come back with messages that they had deleted: those whose disk was full do. Nobody is given
    /// these, and they stay.
    pub has_ghosts: bool,
}

impl Place {
    /// Opens the database for reading.
    pub async fn open(&self, usher: &Usher) -> Database {
        let folder = match self {
            Self::Postgres(address) | Self::Shared(address, _) => return Database::open(address).await,
            Self::Data => usher.data(),
            Self::OnDisk(seen) => {
                let copy = usher.folder.join("copy");
                std::fs::create_dir_all(&copy).expect("the folder can be made");
                for file in ["usher.db", "usher.db-wal"] {
                    let _ = std::fs::remove_file(copy.join(file));
                    if seen.join(file).exists() {
                        std::fs::copy(seen.join(file), copy.join(file)).expect("the database can be copied");
                    }
                }
                copy
            }
        };
        Database::open(&format!("sqlite:{}", folder.join("usher.db").display())).await
    }

    /// Returns the program, told where to remember.
    pub fn told_to(&self, usher: Usher) -> Usher {
        match self {
            Self::Data | Self::OnDisk(_) => usher,
            Self::Postgres(address) => usher.with("USHER_DATABASE", address),
            Self::Shared(address, stream) => usher
                .with("USHER_DATABASE", address)
                .with("USHER_NATS", &stream.servers.join(","))
                .with("USHER_NATS_STREAM", &stream.name)
                .with("USHER_NATS_REPLICAS", &stream.servers.len().to_string())
                // What the servers of this test have room for.
                .with("USHER_NATS_MAX_BYTES", &(64 << 20).to_string()),
        }
    }

    /// Returns how many messages are on the stream, as soon as its servers tell.
    pub async fn on_stream(&self) -> u64 {
        let Self::Shared(_, stream) = self else { return 0 };
        let give_up = Instant::now() + TOLD;
        loop {
            if let Some(count) = stream.count().await {
                return count;
            }
            assert!(Instant::now() < give_up, "nobody tells what is on the stream");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Stream {
    /// Returns how many messages wait on it, if its servers tell.
    async fn count(&self) -> Option<u64> {
        let client = async_nats::connect(&self.servers).await.ok()?;
        let found = async_nats::jetstream::new(client).get_stream(&self.name).await.ok()?;
        if !self.has_ghosts {
            return Some(found.cached_info().state.messages);
        }
        let consumers: Vec<Info> = found.consumers().try_collect().await.ok()?;
        Some(consumers.iter().map(|consumer| consumer.num_pending + consumer.num_ack_pending as u64).sum())
    }
}
