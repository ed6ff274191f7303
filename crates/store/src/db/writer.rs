//! SQLite's one writer: a connection of its own, which transactions take in turn.
//!
//! Every statement is a way to the connection's thread and back, and the others wait meanwhile. So a transaction begins
//! with its first statements, and may end with its last.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _, SqlStr};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::Result;

/// How long a transaction waits for those before it.
const TURN: Duration = Duration::from_secs(10);
/// For each statement the number of rows changed, and the rows returned.
pub(super) type Answers = Vec<(u64, Vec<SqliteRow>)>;

/// When a transaction's commit is on the disk. Each says so of itself, so that none depends on how the former ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    /// Before anybody hears of it.
    AtOnce,
    /// With the next that is at once, or when the log is brought into the file.
    Later,
}

impl Synced {
    /// The statements with which a transaction begins.
    fn begin(self) -> [&'static str; 2] {
        let synchronous = match self {
            Self::AtOnce => "PRAGMA synchronous = FULL",
            Self::Later => "PRAGMA synchronous = NORMAL",
        };
        [synchronous, "BEGIN IMMEDIATE"]
    }
}

/// The writer; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    options: Arc<SqliteConnectOptions>,
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    closed: Arc<AtomicBool>,
}

impl Writer {
    /// Connects.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let connection = options.connect().await?;
        let connection = Arc::new(Mutex::new(Some(connection)));
        Ok(Self { options: Arc::new(options), connection, closed: Arc::default() })
    }

    /// Waits for the writer; nothing is begun yet.
    pub(super) async fn take(&self) -> Result<Writing> {
        self.take_for(Synced::AtOnce).await
    }

    /// Waits for the writer, for a transaction that is synced then.
    pub(super) async fn take_for(&self, synced: Synced) -> Result<Writing> {
        let taken = tokio::time::timeout(TURN, Arc::clone(&self.connection).lock_owned());
        let mut connection = taken.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        if self.closed.load(Ordering::Acquire) {
            return Err(sqlx::Error::PoolClosed.into());
        }
        if connection.is_none() {
            *connection = Some(self.options.connect().await?);
        }
        Ok(Writing { connection: Some(connection), begun: false, synced })
    }

    /// Closes the connection, which writes the log back to the file; whoever asks for it from now on is refused.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Some(connection) = self.connection.lock().await.take() {
            // What is committed is in the log, whatever becomes of this.
            let _ = connection.close().await;
        }
    }
}

/// A transaction on the writer; rolled back unless it is committed.
pub struct Writing {
    /// Empty only while it is dropped.
    connection: Option<OwnedMutexGuard<Option<SqliteConnection>>>,
    begun: bool,
    synced: Synced,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl Writing {
    /// Runs a text of any number of statements, with parameters numbered through all of them.
    pub(super) async fn run(&mut self, text: SqlStr, arguments: SqliteArguments) -> Result<Answers> {
        if self.begun {
            return self.send(text, arguments).await;
        }
        let begin = self.synced.begin();
        let text = joined(&[&begin[..], &[text.as_str()]].concat());
        self.begun = true;
        let mut answers = self.send(text, arguments).await?;
        answers.drain(..begin.len());
        Ok(answers)
    }

    /// Runs a script without parameters.
    pub(super) async fn run_script(&mut self, text: String) -> Result<()> {
        self.run(joined(&[]), SqliteArguments::default()).await?;
        self.connection()?.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
        Ok(())
    }

    /// Runs statements as [`Writing::run`] does, and commits with them.
    pub(super) async fn run_last(mut self, text: SqlStr, arguments: SqliteArguments) -> Result<Answers> {
        let mut answers = self.run(joined(&[text.as_str(), "COMMIT"]), arguments).await?;
        self.begun = false;
        answers.pop();
        Ok(answers)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        if self.begun {
            self.send(joined(&["COMMIT"]), SqliteArguments::default()).await?;
            self.begun = false;
        }
        Ok(())
    }

    async fn send(&mut self, text: SqlStr, arguments: SqliteArguments) -> Result<Answers> {
        let mut stream = self.connection()?.fetch_many(sqlx::query_with(text, arguments));
        let (mut answers, mut rows) = (Vec::new(), Vec::new());
        while let Some(answer) = stream.try_next().await? {
            match answer {
                Either::Right(row) => rows.push(row),
                Either::Left(done) => answers.push((done.rows_affected(), std::mem::take(&mut rows))),
            }
        }
        Ok(answers)
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let connection = self.connection.as_mut().and_then(|guard| guard.as_mut());
        Ok(connection.ok_or(sqlx::Error::PoolClosed)?)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut guard) = self.connection.take().filter(|_| self.begun) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // The next transaction waits until this one is undone.
        runtime.spawn(async move {
            let Some(connection) = guard.as_mut() else { return };
            let undone = connection.execute("ROLLBACK").await.is_ok();
            // There may have been nothing left to undo; a connection that does not answer is made anew.
            if !undone && connection.ping().await.is_err() {
                *guard = None;
            }
        });
    }
}

fn joined(texts: &[&str]) -> SqlStr {
    use sqlx::SqlSafeStr as _;
    AssertSqlSafe(texts.join(";\n")).into_sql_str()
}

#[cfg(test)]
mod tests {
    use sqlx::SqlSafeStr as _;
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;

    async fn run(writing: &mut Writing, text: &'static str) -> Result<Answers> {
        writing.run(text.into_sql_str(), SqliteArguments::default()).await
    }

    async fn count(writer: &Writer) -> usize {
        let mut writing = writer.take().await.unwrap();
        run(&mut writing, "SELECT n FROM t").await.unwrap()[0].1.len()
    }

    #[tokio::test]
    async fn what_is_dropped_or_fails_is_undone() {
        let folder = std::env::temp_dir().join(format!("usher-writer-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let options = SqliteConnectOptions::new().filename(folder.join("db")).create_if_missing(true);
        let writer = Writer::open(options.journal_mode(SqliteJournalMode::Wal)).await.unwrap();
        let made = writer.take().await.unwrap();
        made.run_last("CREATE TABLE t (n BIGINT UNIQUE)".into_sql_str(), SqliteArguments::default()).await.unwrap();

        let mut dropped = writer.take().await.unwrap();
        run(&mut dropped, "INSERT INTO t VALUES (1)").await.unwrap();
        drop(dropped);
        assert_eq!(count(&writer).await, 0);

        let mut kept = writer.take().await.unwrap();
        let answers = run(&mut kept, "INSERT INTO t VALUES (1); SELECT n FROM t; INSERT INTO t VALUES (2), (3)").await;
        let answers: Vec<_> = answers.unwrap().iter().map(|(changed, rows)| (*changed, rows.len())).collect();
        assert_eq!(answers[0], (1, 0));
        assert_eq!((answers[1].1, answers[2].0), (1, 2));
        kept.commit().await.unwrap();
        assert_eq!(count(&writer).await, 3);

        let failing = writer.take().await.unwrap();
        let text = "INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)".into_sql_str();
        assert!(failing.run_last(text, SqliteArguments::default()).await.is_err());
        assert_eq!(count(&writer).await, 3, "nothing of a transaction that fails stays");

        for synced in [Synced::Later, Synced::AtOnce, Synced::Later] {
            let mut undone = writer.take_for(synced).await.unwrap();
            let is_full = run(&mut undone, "SELECT 1 FROM pragma_synchronous WHERE synchronous = 2").await.unwrap();
            assert_eq!(is_full[0].1.len(), usize::from(synced == Synced::AtOnce));
        }

        writer.close().await;
        assert!(writer.take().await.is_err(), "a closed writer is not opened again");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
