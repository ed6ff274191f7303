//! What conversations leave in a SQLite database.

use std::path::Path;

use anyhow::Result;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};

use crate::results::{Written, rounded};

pub async fn open(database: &Path) -> Result<SqliteConnection> {
    Ok(SqliteConnectOptions::new().filename(database).connect().await?)
}

/// Rows of each table that a conversation writes to, and bytes of all tables, for one conversation.
#[expect(clippy::cast_precision_loss, reason = "rows and bytes of a run")]
pub async fn written(database: &Path, conversations: u32) -> Result<Written> {
    let mut connection = open(database).await?;
    let conversations = f64::from(conversations.max(1));
    let mut written = Written::default();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    for table in sqlx::query_scalar::<_, String>(tables).fetch_all(&mut connection).await? {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows = sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await? as f64 / conversations;
        // Settings are few, however many converse.
        if rows >= 0.5 {
            written.rows.insert(table, rounded(rows));
        }
    }
    let bytes = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)";
    let bytes = sqlx::query_scalar::<_, i64>(bytes).fetch_one(&mut connection).await? as f64;
    written.bytes = (bytes / conversations).round();
    Ok(written)
}

/// How many messages were sent, and how many of them are known to be read.
pub async fn read(database: &Path) -> Result<(u64, u64)> {
    let mut connection = open(database).await?;
    let counts = "SELECT count(*), count(*) FILTER (WHERE state = 'read') FROM messages WHERE direction = 'out'";
    let (sent, read): (i64, i64) = sqlx::query_as(counts).fetch_one(&mut connection).await?;
    Ok((u64::try_from(sent)?, u64::try_from(read)?))
}
