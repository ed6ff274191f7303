//! Backups: everything that Usher remembers, in one file that either database can be filled from.
//!
//! The file is lines of JSON, compressed ([`blocks`]): a header, the rows table by table, and an end that says how many
//! there were. It is read in one transaction that sees the database as it was when it began ([`dump`]), and goes into an
//! empty database ([`restore`]). Memory is bounded by a block, whatever the size of the database.

mod blocks;
mod dump;
mod restore;
mod tables;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use restore::{Restored, Underway};

/// The form of the file; a program reads its own and those before.
const FORM: &str = "backup/1";

/// Why a backup could not be written or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read or written.
    #[error("the file cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// The file is something else, or from a newer program.
    #[error("this is no backup that this program reads: {0}")]
    Form(String),
    /// The file is cut off, or not what was written.
    #[error("the backup is damaged in block {block}, which begins at byte {byte}: {problem}; use another backup")]
    Damaged { block: u64, byte: u64, problem: String },
    /// The backup is of a newer program.
    #[error("the backup is of schema {found}, newer than this program's {needed}; restore it with a newer Usher")]
    Newer { found: i64, needed: i64 },
    /// The database holds something already.
    #[error("the database is not empty (there is something in `{0}`); restore into an empty one")]
    NotEmpty(String),
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] crate::Error),
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The moment that it shows.
    pub taken_at: Timestamp,
    /// The schema of the database that it was taken of.
    pub schema: i64,
    /// The version of the program that wrote it.
    pub program: String,
    /// How many rows there are, by table.
    pub rows: BTreeMap<String, u64>,
}

impl Summary {
    /// Returns how many rows there are in all.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// The first line of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    usher: String,
    schema: i64,
    program: String,
    taken_at: Timestamp,
    /// The tables in an order in which each finds what it refers to.
    tables: Vec<tables::Table>,
}

/// What a block is about; its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    /// The next lines are rows of this table.
    Table(String),
    /// This is the end; so many rows came before.
    End(u64),
}
