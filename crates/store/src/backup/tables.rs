//! What goes into a backup, and what does not.

use serde::{Deserialize, Serialize};

use crate::db::{Dialect, Executor, Queries, params};
use crate::error::{Error, Result};

/// The tables of a backup, in an order in which each finds what it refers to.
pub(super) const TAKEN: &[&str] = &[
    "workspaces",
    "environments",
    "users",
    "memberships",
    "links",
    "api_keys",
    "workflows",
    "drafts",
    "versions",
    "pointers",
    "deployments",
    "deployed",
    "routes",
    "channels",
    "apis",
    "connections",
    "audit",
    "kept",
    "channel_log",
    "previews",
    "facts",
    "answers",
    "contacts",
    "contact_attributes",
    "addresses",
    "sessions",
    "journal",
    "messages",
    "remembered_events",
    "effects",
    "own_events",
    "timers",
    "statistics",
    "statistics_deltas",
];

/// The tables that are not taken: which steps made the schema, who works on the database right now, who is logged in
/// (who was logged out since must not be in again), who mistyped a password.
pub(super) const LEFT_OUT: &[&str] = &["schema_steps", "processes", "logins", "throttles"];

/// Those of them that a server fills before anybody uses it.
pub(super) const FILLED_BY_A_START: &[&str] = &["facts", "links"];

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

/// A column and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) holds: Holds,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Holds {
    Number,
    Text,
    Bytes,
}

impl Table {
    /// Reads a table's columns from the database; none if it is not there.
    pub(super) async fn read(db: &mut impl Executor, name: &str) -> Result<Option<Self>> {
        let sql = match db.speaks() {
            Dialect::Sqlite => "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
            Dialect::Postgres => {
                "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
            }
        };
        let rows = db.all(sql, params![name]).await?;
        let columns = rows.iter().map(|row| {
            let column: String = row.get("name")?;
            let holds = match row.get::<String, _>("type")?.to_lowercase().as_str() {
                "bigint" => Holds::Number,
                "text" => Holds::Text,
                "bytea" | "blob" => Holds::Bytes,
                other => return Err(Error::unreadable("schema", format_args!("`{name}.{column}` is of type {other}"))),
            };
            Ok(Column { name: column, holds })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok((!columns.is_empty()).then(|| Self { name: name.to_owned(), columns }))
    }

    /// Returns the names of its columns, as a statement lists them.
    pub(super) fn list(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
