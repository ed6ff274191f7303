//! Brings what is in SQLite's log into its file, beside the writer, so that no commit waits for it.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::writer::Writer;
use crate::error::Result;

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(100);
/// Pages in the log from which it is to begin anew: 8 MB, so that there is never much to copy at a time. The file stays far
/// below the size from which SQLite cuts it off, which holds the commit that does it.
const LONG: i64 = 2_000;
/// How often the rest is copied before the writer is held. Who copies all before the next commit flushes the file too, which
/// takes the longest by far.
const TRIES: usize = 3;
/// How long the writer is held for those who still read from the log.
const READERS: Duration = Duration::from_millis(20);

/// The task, and how it is told to end.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// Who copies the log.
struct Copier {
    options: SqliteConnectOptions,
    writer: Writer,
    connection: Option<SqliteConnection>,
    /// Pages in the log from which it is to begin anew.
    long: i64,
    /// Pages that were in the log when it was made to begin anew, as there still are until the next commit.
    done: i64,
}

/// What is in the log.
struct Log {
    pages: i64,
    /// Whether somebody who reads from it kept it from beginning anew.
    is_busy: bool,
}

impl Checkpoints {
    pub(super) fn start(options: SqliteConnectOptions, writer: Writer) -> Self {
        let stop = watch::Sender::new(false);
        let mut stopped = stop.subscribe();
        let task = tokio::spawn(async move {
            let (mut copier, mut failing) = (Copier::new(options, writer), false);
            while tokio::time::timeout(EVERY, stopped.wait_for(|stop| *stop)).await.is_err() {
                let copied = copier.copy().await;
                if let Err(error) = &copied {
                    copier.connection = None;
                    if !failing {
                        tracing::warn!(%error, "cannot bring SQLite's log into its file; trying again");
                    }
                }
                failing = copied.is_err();
            }
            if let Some(connection) = copier.connection {
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

impl Copier {
    fn new(options: SqliteConnectOptions, writer: Writer) -> Self {
        Self { options: options.busy_timeout(READERS), writer, connection: None, long: LONG, done: 0 }
    }

    /// Copies what is in the log; if that is much, the next commit writes the log from its beginning. Where somebody reads
    /// for long, that is tried again once it is twice as long.
    async fn copy(&mut self) -> Result<()> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.options.connect().await?),
        };
        let log = checkpoint(connection, "PASSIVE").await?;
        if log.pages < self.long || log.pages == self.done {
            return Ok(());
        }
        for _ in 0..TRIES {
            checkpoint(connection, "PASSIVE").await?;
        }
        let held = self.writer.take().await?;
        let log = checkpoint(connection, "RESTART").await?;
        drop(held);
        (self.long, self.done) = if log.is_busy { (log.pages * 2, 0) } else { (LONG, log.pages) };
        Ok(())
    }
}

async fn checkpoint(connection: &mut SqliteConnection, mode: &str) -> Result<Log> {
    let text = AssertSqlSafe(format!("PRAGMA wal_checkpoint({mode})"));
    let row = sqlx::query(text).fetch_one(connection).await?;
    Ok(Log { is_busy: row.try_get::<i64, _>(0)? != 0, pages: row.try_get(1)? })
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;

    async fn checkpoint_pages(copier: &mut Copier) -> i64 {
        checkpoint(copier.connection.as_mut().unwrap(), "PASSIVE").await.unwrap().pages
    }

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
        let mut copier = Copier::new(options, writer);
        let mut reader = other.begin().await.unwrap();
        reader.execute("SELECT count(*) FROM t").await.unwrap();
        copier.copy().await.unwrap();
        assert!(copier.long > 2 * LONG, "somebody reads from the log");
        reader.rollback().await.unwrap();
        copier.long = LONG;
        copier.copy().await.unwrap();
        assert_eq!((copier.long, copier.done), (LONG, checkpoint_pages(&mut copier).await));
        for _ in 0..20 {
            other.execute("INSERT INTO t VALUES ('little')").await.unwrap();
        }
        assert_eq!(length(), long, "the log is written from its beginning");
        let pages = checkpoint_pages(&mut copier).await;
        assert!(pages < 1_000, "{pages} pages");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
