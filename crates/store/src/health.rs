//! How the database is set up and how it is doing, for who looks after it.

use jiff::Timestamp;

use crate::Store;
use crate::db::{Dialect, Queries, params};
use crate::error::Result;

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `SQLite` or `PostgreSQL`, and its version.
    pub version: String,
    /// How many bytes it takes on its disk.
    pub bytes: u64,
    /// What time it is there; SQLite has the clock of this machine.
    pub now: Option<Timestamp>,
    /// What it is set to, as far as it decides about what lasts: by name.
    pub settings: Vec<(&'static str, String)>,
    /// How many connections there are, and how many there may be; PostgreSQL alone.
    pub connections: Option<(u64, u64)>,
    /// Whether it only reads.
    pub is_read_only: bool,
}

impl Store {
    /// Asks the database how it is set up.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub async fn health(&self) -> Result<Health> {
        match self.db.dialect() {
            Dialect::Sqlite => self.sqlite_health().await,
            Dialect::Postgres => self.postgres_health().await,
        }
    }

    async fn sqlite_health(&self) -> Result<Health> {
        let mut db = &self.db;
        // The writer is opened with the same settings as the readers that are asked here.
        let asked =
            "SELECT sqlite_version() AS version, (SELECT journal_mode FROM pragma_journal_mode) AS journal_mode,
            (SELECT synchronous FROM pragma_synchronous) AS synchronous,
            (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes";
        let row = db.first(asked, params![]).await?;
        let row = row.ok_or_else(|| crate::Error::unreadable("health", "SQLite says nothing"))?;
        let synchronous = match row.get::<i64, _>("synchronous")? {
            0 => "off",
            1 => "normal",
            2 => "full",
            _ => "extra",
        };
        Ok(Health {
            version: format!("SQLite {}", row.get::<&str, _>("version")?),
            bytes: row.number("bytes")?,
            now: None,
            settings: vec![("journal_mode", row.get("journal_mode")?), ("synchronous", synchronous.to_owned())],
            connections: None,
            is_read_only: false,
        })
    }

    async fn postgres_health(&self) -> Result<Health> {
        let mut db = &self.db;
        let asked = "SELECT current_setting('server_version') AS version,
            pg_database_size(current_database())::bigint AS bytes,
            (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
            current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('full_page_writes') AS full_page_writes,
            (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::bigint AS used,
            current_setting('max_connections')::bigint AS allowed,
            CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END::bigint AS read_only";
        let row = db.first(asked, params![]).await?;
        let row = row.ok_or_else(|| crate::Error::unreadable("health", "PostgreSQL says nothing"))?;
        let settings = ["fsync", "synchronous_commit", "full_page_writes"];
        let settings = settings.map(|name| Ok((name, row.get::<String, _>(name)?)));
        Ok(Health {
            version: format!("PostgreSQL {}", row.get::<&str, _>("version")?),
            bytes: row.number("bytes")?,
            now: Some(row.time("now")?),
            settings: settings.into_iter().collect::<Result<_>>()?,
            connections: Some((row.number("used")?, row.number("allowed")?)),
            is_read_only: row.flag("read_only")?,
        })
    }

    /// Returns about how many conversations are stored, by what the database knows without counting them; SQLite counts
    /// the first hundred thousand.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub async fn conversations_about(&self) -> Result<u64> {
        let mut db = &self.db;
        let asked = match self.db.dialect() {
            Dialect::Sqlite => "SELECT count(*) AS many FROM (SELECT 1 FROM sessions LIMIT 100000) AS s",
            Dialect::Postgres => {
                "SELECT greatest(reltuples, 0)::bigint AS many FROM pg_class WHERE oid = 'sessions'::regclass"
            }
        };
        let row = db.first(asked, params![]).await?;
        row.map_or(Ok(0), |row| row.number("many"))
    }
}
