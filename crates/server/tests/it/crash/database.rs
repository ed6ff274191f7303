//! The servers' database, read by plain SQL from outside.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _, SqliteConnection};

/// A connection for reading.
#[derive(Debug)]
pub enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// Opens `sqlite:PATH` or `postgres://…`.
    pub async fn open(address: &str) -> Self {
        match address.strip_prefix("sqlite:") {
            Some(path) => {
                let options = SqliteConnectOptions::new().filename(path).pragma("query_only", "ON");
                Self::Sqlite(options.connect().await.expect("the database can be read"))
            }
            None => Self::Postgres(PgConnection::connect(address).await.expect("the database can be read")),
        }
    }

    /// Reads rows of texts: the query casts what is none, and has no nulls.
    pub async fn rows<const N: usize>(&mut self, sql: &str) -> Vec<[String; N]> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(sql).fetch_all(connection).await.expect("the query is right");
                rows.iter().map(|row| std::array::from_fn(|column| row.get(column))).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(sql).fetch_all(connection).await.expect("the query is right");
                rows.iter().map(|row| std::array::from_fn(|column| row.get(column))).collect()
            }
        }
    }

    /// Reads one number.
    pub async fn count(&mut self, sql: &str) -> u64 {
        let [[count]] = <[[String; 1]; 1]>::try_from(self.rows(sql).await).expect("a count is one row");
        count.parse().expect("a count is a number")
    }
}
