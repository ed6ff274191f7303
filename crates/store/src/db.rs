//! A small layer over SQLite and PostgreSQL, so that every query is written once.
//!
//! One SQL text with `$1` parameters serves both; types are those that both have: `BIGINT`, `TEXT`, `BYTEA`
//! (`BLOB` in SQLite). Times are milliseconds since the epoch, yes/no is 0 or 1, JSON is text. Statements that
//! carry many rows are in [`many`].

pub(crate) mod at_once;
pub(crate) mod batch;
mod checkpoint;
pub(crate) mod many;
mod param;
mod row;
mod writer;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, Postgres, SqlSafeStr, SqlStr, SqlitePool, Transaction};

pub(crate) use param::{Param, params, sql};
pub(crate) use row::{Row, json, to_json, to_ms};

use crate::error::{Error, Result};
use checkpoint::Checkpoints;
use writer::{Answers, Synced, Writer, Writing};

/// How long a statement waits for SQLite's write lock that another process holds.
const BUSY: Duration = Duration::from_secs(10);
/// How long a caller waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// SQLite's page cache of the writer, in KiB: it is gone through with each commit that splits a page.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
/// That of each reader, of which there are many: it is empty after each commit, and what is not in it is read from the
/// system's.
const READER_CACHE_KIB: i64 = 2 * 1024;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 400;
/// How long a connection to PostgreSQL rests before it is asked whether it is still there.
const RESTED: Duration = Duration::from_secs(1);
/// How PostgreSQL plans. A statement is planned once per connection, when its tables may still be empty: so the plan has to
/// be by index however small they are, and must not be thrown away for what it costs on paper.
const PLANNING: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_memoize", "off"),
    ("random_page_cost", "1.1"),
    ("jit", "off"),
];

/// A database: a SQLite file with one writer and many readers, or a pool of PostgreSQL connections.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite { writer: Writer, readers: SqlitePool, checkpoints: Arc<Checkpoints> },
    Postgres { pool: PgPool },
}

/// The two dialects, where they must differ.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Db {
    /// Opens `sqlite:PATH` (made if it is not there) or `postgres://…`, with at most `connections` readers or
    /// PostgreSQL connections.
    pub(crate) async fn open(address: &str, connections: u32) -> Result<Self> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            Self::open_sqlite(path.strip_prefix("//").unwrap_or(path), connections).await
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let options: PgConnectOptions = address.parse().map_err(|_| Error::Address(without_password(address)))?;
            let options = options.application_name("usher").statement_cache_capacity(STATEMENTS).options(PLANNING);
            let pool = PgPoolOptions::new().max_connections(connections.max(2)).acquire_timeout(ACQUIRE);
            let pool = pool.test_before_acquire(false).before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
            Ok(Self::Postgres { pool: pool.connect_with(options).await? })
        } else {
            Err(Error::Address(without_password(address)))
        }
    }

    async fn open_sqlite(path: &str, connections: u32) -> Result<Self> {
        if path.is_empty() || path.contains('?') || path == ":memory:" {
            return Err(Error::Address(format!("sqlite:{path}")));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "0")
            .pragma("journal_size_limit", "67108864")
            .statement_cache_capacity(STATEMENTS);
        let writer = Writer::open(options.clone()).await?;
        let checkpoints = Arc::new(Checkpoints::start(options.clone(), writer.clone()));
        let readers = SqlitePoolOptions::new()
            .max_connections(connections.max(1))
            .acquire_timeout(ACQUIRE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let of_readers = options
            .create_if_missing(false)
            .pragma("cache_size", format!("-{READER_CACHE_KIB}"))
            .pragma("query_only", "ON");
        let readers = readers.connect_lazy_with(of_readers);
        Ok(Self::Sqlite { writer, readers, checkpoints })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Begins a transaction that may write; SQLite takes the write lock at once, so that it cannot fail later
    /// for having read before it wrote.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.take().await?),
            Self::Postgres { pool } => Tx::Postgres(begun(pool.clone()).await?),
        })
    }

    /// Begins a transaction that may be lost when the power fails before the next one that [`Db::begin`] began is
    /// committed, or a moment later. On PostgreSQL it is like any other.
    pub(crate) async fn begin_synced_later(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { writer, .. } => Ok(Tx::Sqlite(writer.take_for(Synced::Later).await?)),
            Self::Postgres { .. } => self.begin().await,
        }
    }

    /// Closes all connections; SQLite's log is written back to its file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, checkpoints } => {
                checkpoints.finish().await;
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool } => pool.close().await,
        }
    }
}

/// Begins a transaction in a task of its own, which ends it again if nobody waits for it any more. sqlx 0.9 does not: a
/// `BEGIN` that is given up while it is under way leaves its connection inside a transaction, and what others write on
/// that connection later is not committed (<https://github.com/transact-rs/sqlx/issues/4393>).
async fn begun(pool: PgPool) -> Result<Transaction<'static, Postgres>> {
    match tokio::spawn(async move { pool.begin().await }).await {
        Ok(begun) => Ok(begun?),
        // The runtime ends, or sqlx panicked.
        Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
    }
}

fn without_password(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &address[..scheme], &address[at..]),
        _ => address.to_owned(),
    }
}

/// A transaction: rolled back unless it is committed. Repositories that write are methods of it.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite's one writer.
    #[doc(hidden)]
    Sqlite(Writing),
    /// On a connection of PostgreSQL.
    #[doc(hidden)]
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes everything that was done in this transaction last, or nothing of it.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs SQL of any number of statements, without parameters.
    pub(crate) async fn run_script(&mut self, sql: String) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.run_script(sql).await?,
            Self::Postgres(tx) => {
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }
}

/// Something that runs SQL: the database itself, for reading, or a transaction.
pub trait Executor: sealed::Sealed + Send {
    /// Runs a statement and gives all rows that it returns.
    #[doc(hidden)]
    fn rows(&mut self, sql: SqlStr, params: Vec<Param>) -> impl Future<Output = Result<Vec<Row>>> + Send;
    /// Runs a statement and gives the number of rows that it changed.
    #[doc(hidden)]
    fn run(&mut self, sql: SqlStr, params: Vec<Param>) -> impl Future<Output = Result<u64>> + Send;
    /// Tells the dialect.
    #[doc(hidden)]
    fn speaks(&self) -> Dialect;
    /// Returns the end of a `SELECT` that keeps others from changing a table's rows until the end of the transaction;
    /// nothing outside a transaction, and nothing on SQLite, where one writes at a time.
    #[doc(hidden)]
    fn for_update(&self, table: &str) -> String;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for &super::Db {}
    impl Sealed for &mut super::Tx {}
    impl Sealed for super::Tx {}
}

impl Executor for &Db {
    async fn rows(&mut self, sql: SqlStr, params: Vec<Param>) -> Result<Vec<Row>> {
        Ok(match self {
            Db::Sqlite { readers, .. } => {
                sqlite_rows(sqlx::query_with(sql, param::sqlite(params)?).fetch_all(readers).await?)
            }
            Db::Postgres { pool } => pg_rows(sqlx::query_with(sql, param::postgres(params)?).fetch_all(pool).await?),
        })
    }

    async fn run(&mut self, sql: SqlStr, params: Vec<Param>) -> Result<u64> {
        Ok(match self {
            Db::Sqlite { writer, .. } => last(writer.take().await?.run_last(sql, param::sqlite(params)?).await?).0,
            Db::Postgres { pool } => {
                sqlx::query_with(sql, param::postgres(params)?).execute(pool).await?.rows_affected()
            }
        })
    }

    fn speaks(&self) -> Dialect {
        self.dialect()
    }

    fn for_update(&self, _: &str) -> String {
        String::new()
    }
}

impl Executor for Tx {
    async fn rows(&mut self, sql: SqlStr, params: Vec<Param>) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(tx) => sqlite_rows(last(tx.run(sql, param::sqlite(params)?).await?).1),
            Self::Postgres(tx) => pg_rows(sqlx::query_with(sql, param::postgres(params)?).fetch_all(&mut **tx).await?),
        })
    }

    async fn run(&mut self, sql: SqlStr, params: Vec<Param>) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => last(tx.run(sql, param::sqlite(params)?).await?).0,
            Self::Postgres(tx) => {
                sqlx::query_with(sql, param::postgres(params)?).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    fn speaks(&self) -> Dialect {
        self.dialect()
    }

    fn for_update(&self, table: &str) -> String {
        match self {
            Self::Sqlite(_) => String::new(),
            Self::Postgres(_) => format!(" FOR UPDATE OF {table}"),
        }
    }
}

impl Executor for &mut Tx {
    fn rows(&mut self, sql: SqlStr, params: Vec<Param>) -> impl Future<Output = Result<Vec<Row>>> + Send {
        (**self).rows(sql, params)
    }

    fn run(&mut self, sql: SqlStr, params: Vec<Param>) -> impl Future<Output = Result<u64>> + Send {
        (**self).run(sql, params)
    }

    fn speaks(&self) -> Dialect {
        self.dialect()
    }

    fn for_update(&self, table: &str) -> String {
        (**self).for_update(table)
    }
}

/// Returns what the last statement did; there is one at least.
fn last(mut answers: Answers) -> (u64, Vec<SqliteRow>) {
    answers.pop().unwrap_or_default()
}

fn sqlite_rows(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn pg_rows(rows: Vec<PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

/// What every executor can do, in the words that repositories use.
pub(crate) trait Queries: Executor {
    fn all(&mut self, sql: impl SqlSafeStr, params: Vec<Param>) -> impl Future<Output = Result<Vec<Row>>> + Send {
        self.rows(sql.into_sql_str(), params)
    }

    fn first(&mut self, sql: impl SqlSafeStr, params: Vec<Param>) -> impl Future<Output = Result<Option<Row>>> + Send {
        let rows = self.rows(sql.into_sql_str(), params);
        async move { Ok(rows.await?.into_iter().next()) }
    }

    fn execute(&mut self, sql: impl SqlSafeStr, params: Vec<Param>) -> impl Future<Output = Result<u64>> + Send {
        self.run(sql.into_sql_str(), params)
    }
}

impl<E: Executor> Queries for E {}
