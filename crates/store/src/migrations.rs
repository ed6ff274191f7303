//! The schema, in numbered steps that are taken once and recorded.

use jiff::Timestamp;

use crate::db::{Db, Dialect, Queries, params};
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

fn needed() -> i64 {
    STEPS.last().map_or(0, |step| step.0)
}

pub(crate) async fn migrate(db: &Db, now: Timestamp) -> Result<Migrated> {
    let mut tx = db.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.execute(POSTGRES_LOCK, params![]).await?;
    }
    tx.execute(
        "CREATE TABLE IF NOT EXISTS schema_steps (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, taken_at BIGINT NOT NULL)",
        params![],
    )
    .await?;
    let from = tx.first("SELECT max(number) AS number FROM schema_steps", params![]).await?;
    let from = from.map(|row| row.get::<Option<i64>, _>("number")).transpose()?.flatten().unwrap_or(0);
    if from > needed() {
        return Err(Error::SchemaNewer { found: from, needed: needed() });
    }
    for (number, name, sql) in STEPS.iter().filter(|step| step.0 > from) {
        tx.run_script(for_dialect(sql, tx.dialect())).await?;
        tx.execute(
            "INSERT INTO schema_steps (number, name, taken_at) VALUES ($1, $2, $3)",
            params![*number, *name, now],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Migrated { from, to: needed() })
}

pub(crate) async fn check(db: &Db) -> Result<()> {
    let mut reader = db;
    let tables = match db.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_steps'",
        Dialect::Postgres => "SELECT 'schema_steps' AS name WHERE to_regclass('schema_steps') IS NOT NULL",
    };
    let found = match reader.first(tables, params![]).await? {
        None => 0,
        Some(_) => {
            let row = reader.first("SELECT max(number) AS number FROM schema_steps", params![]).await?;
            row.map(|row| row.get::<Option<i64>, _>("number")).transpose()?.flatten().unwrap_or(0)
        }
    };
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
