//! The schema, in numbered steps that are taken once and recorded.

use jiff::Timestamp;

use crate::db::{Db, Dialect, Executor, Queries, Tx, params};
use crate::error::{Error, Result};

/// The steps, in order; a step never changes once it was released.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "answers", include_str!("migrations/0002_answers.sql")),
    (3, "processes", include_str!("migrations/0003_processes.sql")),
    (4, "kept", include_str!("migrations/0004_kept.sql")),
    (5, "retention", include_str!("migrations/0005_retention.sql")),
    (6, "waiting", include_str!("migrations/0006_waiting.sql")),
    (7, "lanes", include_str!("migrations/0007_lanes.sql")),
    (8, "statistics", include_str!("migrations/0008_statistics.sql")),
    (9, "storage", include_str!("migrations/0009_storage.sql")),
    (10, "expiring", include_str!("migrations/0010_expiring.sql")),
];

/// Guards against two processes that migrate at once; any number that no other program on the database uses.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7305808869232150)";

/// What `migrate` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The schema that was found; 0 for an empty database.
    pub from: i64,
    /// The schema of this program.
    pub to: i64,
}

/// The table in which the steps are recorded.
pub(crate) const STEPS_TABLE: &str = "schema_steps";
/// The number under which the mark stands in it that a restore is under way.
const MARK: i64 = -1;

/// Returns the schema of this program.
pub(crate) fn needed() -> i64 {
    STEPS.last().map_or(0, |step| step.0)
}

pub(crate) async fn migrate(db: &Db, now: Timestamp) -> Result<Migrated> {
    let mut tx = db.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.execute(POSTGRES_LOCK, params![]).await?;
    }
    make_steps_table(&mut tx).await?;
    if is_marked(&mut tx).await? {
        return Err(Error::Restoring);
    }
    let from = take(&mut tx, needed(), now).await?;
    tx.commit().await?;
    Ok(Migrated { from, to: needed() })
}

/// Takes the steps up to a number that were not taken yet; gives the last that was.
pub(crate) async fn take(tx: &mut Tx, to: i64, now: Timestamp) -> Result<i64> {
    let from = taken(tx).await?;
    if from > needed() {
        return Err(Error::SchemaNewer { found: from, needed: needed() });
    }
    for (number, name, sql) in STEPS.iter().filter(|step| step.0 > from && step.0 <= to) {
        tx.run_script(for_dialect(sql, tx.dialect())).await?;
        tx.execute(
            "INSERT INTO schema_steps (number, name, taken_at) VALUES ($1, $2, $3)",
            params![*number, *name, now],
        )
        .await?;
    }
    Ok(from)
}

/// Returns the last step that was taken; 0 for none.
async fn taken(db: &mut impl Executor) -> Result<i64> {
    let row = db.first("SELECT max(number) AS number FROM schema_steps WHERE number > 0", params![]).await?;
    Ok(row.map(|row| row.get::<Option<i64>, _>("number")).transpose()?.flatten().unwrap_or(0))
}

async fn make_steps_table(tx: &mut Tx) -> Result<()> {
    let sql = "CREATE TABLE IF NOT EXISTS schema_steps (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, taken_at BIGINT NOT NULL)";
    tx.execute(sql, params![]).await.map(|_| ())
}

/// Marks a database as not to be worked on, and forgets its schema: a restore begins.
pub(crate) async fn mark(tx: &mut Tx, now: Timestamp) -> Result<()> {
    make_steps_table(tx).await?;
    tx.execute("DELETE FROM schema_steps", params![]).await?;
    let sql = "INSERT INTO schema_steps (number, name, taken_at) VALUES ($1, 'a restore is under way', $2)";
    tx.execute(sql, params![MARK, now]).await.map(|_| ())
}

/// Takes the mark away: the restore is done.
pub(crate) async fn unmark(tx: &mut Tx) -> Result<()> {
    tx.execute("DELETE FROM schema_steps WHERE number = $1", params![MARK]).await.map(|_| ())
}

/// Says whether a restore was begun and not done.
pub(crate) async fn is_marked(db: &mut impl Executor) -> Result<bool> {
    if !has_steps_table(db).await? {
        return Ok(false);
    }
    Ok(db.first("SELECT 1 FROM schema_steps WHERE number = $1", params![MARK]).await?.is_some())
}

async fn has_steps_table(db: &mut impl Executor) -> Result<bool> {
    let sql = match db.speaks() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_steps'",
        Dialect::Postgres => "SELECT 'schema_steps' AS name WHERE to_regclass('schema_steps') IS NOT NULL",
    };
    Ok(db.first(sql, params![]).await?.is_some())
}

pub(crate) async fn check(mut db: &Db) -> Result<()> {
    let found = if has_steps_table(&mut db).await? { taken(&mut db).await? } else { 0 };
    if is_marked(&mut db).await? {
        return Err(Error::Restoring);
    }
    match found.cmp(&needed()) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(Error::SchemaOlder { found, needed: needed() }),
        std::cmp::Ordering::Greater => Err(Error::SchemaNewer { found, needed: needed() }),
    }
}

/// Gives a step's text as the dialect reads it; lines that end with another dialect's name are left out.
fn for_dialect(sql: &str, dialect: Dialect) -> String {
    let (mine, clustered, bytes) = match dialect {
        Dialect::Sqlite => ("/*+ sqlite */", "WITHOUT ROWID", "BLOB"),
        Dialect::Postgres => ("/*+ postgres */", "", "BYTEA"),
    };
    let is_read = |line: &&str| line.ends_with(mine) || !line.ends_with("sqlite */") && !line.ends_with("postgres */");
    let lines: Vec<&str> = sql.lines().filter(is_read).collect();
    lines.join("\n").replace("/*+ clustered */", clustered).replace("BYTEA", bytes)
}
