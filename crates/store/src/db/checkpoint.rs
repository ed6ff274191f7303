//! Brings what is in SQLite's log into its file, beside the writer, so that no commit waits for it.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::writer::Writer;
use crate::error::Result;

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(200);
/// Pages in the log from which the writer is held for a moment, so that the log begins anew.
const LONG: i64 = 8_000;

/// The task, and how it is told to end.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What is in the log.
struct Log {
    pages: i64,
    /// Those of them that are in the file too.
    copied: i64,
}

impl Checkpoints {
    pub(super) fn start(options: SqliteConnectOptions, writer: Writer) -> Self {
        let stop = watch::Sender::new(false);
        let mut stopped = stop.subscribe();
        let task = tokio::spawn(async move {
            let (mut connection, mut failing) = (None, false);
            while tokio::time::timeout(EVERY, stopped.wait_for(|stop| *stop)).await.is_err() {
                let copied = copy(&options, &writer, &mut connection).await;
                if let Err(error) = &copied {
                    connection = None;
                    if !failing {
                        tracing::warn!(%error, "cannot bring SQLite's log into its file; trying again");
                    }
                }
                failing = copied.is_err();
            }
            if let Some(connection) = connection {
                // The log is whole without it.
                let _ = connection.close().await;
            }
        });
        Self { stop, task: Mutex::new(Some(task)) }
    }

    /// Ends the task, after what it is doing.
    pub(super) async fn finish(&self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.lock().await.take() {
            // One that panicked has ended already.
            let _ = task.await;
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn copy(options: &SqliteConnectOptions, writer: &Writer, kept: &mut Option<SqliteConnection>) -> Result<()> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(options.connect().await?),
    };
    let log = checkpoint(connection).await?;
    if log.pages > LONG && log.copied < log.pages {
        // Little is left to copy now; once all is, the next commit writes the log from its beginning.
        let held = writer.take().await?;
        checkpoint(connection).await?;
        drop(held);
    }
    Ok(())
}

async fn checkpoint(connection: &mut SqliteConnection) -> Result<Log> {
    let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(connection).await?;
    Ok(Log { pages: row.try_get(1)?, copied: row.try_get(2)? })
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;

    #[tokio::test]
    async fn a_long_log_begins_anew() {
        let folder = std::env::temp_dir().join(format!("usher-checkpoint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let options = SqliteConnectOptions::new().filename(folder.join("db")).create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal).pragma("wal_autocheckpoint", "0");
        let writer = Writer::open(options.clone()).await.unwrap();
        let mut other = options.connect().await.unwrap();
        other.execute("CREATE TABLE t (filling TEXT)").await.unwrap();
        let grow = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
            INSERT INTO t SELECT hex(zeroblob(2000)) FROM n";
        other.execute(grow).await.unwrap();
        let length = || std::fs::metadata(folder.join("db-wal")).unwrap().len();
        let long = length();
        assert!(long > 4096 * LONG.unsigned_abs());
        let mut kept = None;
        copy(&options, &writer, &mut kept).await.unwrap();
        for _ in 0..20 {
            other.execute("INSERT INTO t VALUES ('little')").await.unwrap();
        }
        assert_eq!(length(), long, "the log is written from its beginning");
        let log = checkpoint(kept.as_mut().unwrap()).await.unwrap();
        assert!(log.pages < 1_000, "{} pages", log.pages);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
