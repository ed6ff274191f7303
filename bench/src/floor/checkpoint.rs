//! Brings what is in SQLite's log into its file, beside the writer, so that no group waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row, SqliteConnection};

const EVERY: Duration = Duration::from_millis(100);
/// Pages in the log from which the writer does the little that is left, so that the log begins anew.
const LONG: i64 = 2_000;
/// How often the rest is copied before; who copies all before the next commit flushes the file too.
const TRIES: usize = 3;

#[derive(Debug)]
pub struct Checkpoints {
    is_long: Arc<AtomicBool>,
}

impl Checkpoints {
    pub fn start(options: SqliteConnectOptions) -> Self {
        let is_long = Arc::new(AtomicBool::new(false));
        let seen = is_long.clone();
        tokio::spawn(async move {
            if let Err(error) = copy(&options, &seen).await {
                eprintln!("the log is no longer brought into the file: {error}");
            }
        });
        Self { is_long }
    }

    /// Lets the log begin anew, when it is time.
    pub async fn shorten(&self, writer: &mut SqliteConnection) -> sqlx::Result<()> {
        if self.is_long.swap(false, Ordering::Relaxed) {
            checkpoint(writer).await?;
        }
        Ok(())
    }
}

async fn copy(options: &SqliteConnectOptions, is_long: &AtomicBool) -> sqlx::Result<()> {
    let mut connection = options.connect().await?;
    let mut done = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let pages = checkpoint(&mut connection).await?;
        if pages < LONG || pages == done {
            continue;
        }
        for _ in 0..TRIES {
            done = checkpoint(&mut connection).await?;
        }
        is_long.store(true, Ordering::Relaxed);
    }
}

/// Gives the pages in the log.
async fn checkpoint(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(connection).await?;
    row.try_get(1)
}
