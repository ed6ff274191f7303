//! What can go wrong between Usher and its database, named for what the caller can do.

use std::fmt::Display;

/// The result of everything that asks the database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store could not do what it was asked. "Not found" is no error: it is `Ok(None)`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name, key or address that must be unique is in use; the caller asks for another.
    #[error("{what} is taken already; choose another")]
    Taken { what: String },
    /// What the row refers to is not there (any more).
    #[error("{what} refers to something that is not there")]
    Dangling { what: String },
    /// The database has an older schema than this program, or none.
    #[error("the database is at schema {found}, this program needs {needed}; stop Usher and run `usher migrate`")]
    SchemaOlder { found: i64, needed: i64 },
    /// The database has a newer schema than this program.
    #[error("the database is at schema {found}, newer than this program's {needed}; run a newer Usher")]
    SchemaNewer { found: i64, needed: i64 },
    /// A restore into the database was begun and did not end.
    #[error("a restore into this database has not ended; wait for it, or run `usher restore` with the backup again")]
    Restoring,
    /// The address names no database that Usher can use.
    #[error("`{0}` is no database address; use `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`")]
    Address(String),
    /// The database cannot be reached, is busy, full or read-only: trying again later may help. Whether a
    /// commit that ended so took place is unknown; ask with [`crate::Hot::seen`].
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused a statement: a mistake in this program, or a damaged database.
    #[error("the database refused a statement: {0}")]
    Database(#[source] sqlx::Error),
    /// A stored value cannot be read.
    #[error("stored {what} cannot be read: {problem}")]
    Unreadable { what: String, problem: String },
    /// A value cannot be stored.
    #[error("{what} cannot be stored: {problem}")]
    Unstorable { what: String, problem: String },
}

impl Error {
    pub(crate) fn unreadable(what: impl Into<String>, problem: impl Display) -> Self {
        Self::Unreadable { what: what.into(), problem: problem.to_string() }
    }

    pub(crate) fn unstorable(what: impl Into<String>, problem: impl Display) -> Self {
        Self::Unstorable { what: what.into(), problem: problem.to_string() }
    }

    /// Says whether trying the same again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if refusal.is_unique_violation() => {
                Self::Taken { what: refusal.constraint().unwrap_or(refusal.message()).to_owned() }
            }
            sqlx::Error::Database(refusal) if refusal.is_foreign_key_violation() => {
                Self::Dangling { what: refusal.constraint().unwrap_or("the row").to_owned() }
            }
            sqlx::Error::Database(refusal) if passes(refusal.code().as_deref()) => Self::Unavailable(error),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            _ => Self::Database(error),
        }
    }
}

/// Says whether a code of SQLite (a number) or PostgreSQL (five characters) tells of something that passes:
/// busy, locked, out of memory, read-only, I/O error, full, cannot open; serialisation failures, deadlocks,
/// lacking resources, an operator's intervention, a connection that broke.
/// Sources: sqlite.org/rescode.html; PostgreSQL's manual, appendix A.
fn passes(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    if code.len() == 5 {
        let class_passes = ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class));
        return class_passes || ["25006", "55P03"].contains(&code);
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}

/// Says in the caller's words what is taken.
pub(crate) trait TakenAs<T> {
    fn taken_as(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> TakenAs<T> for Result<T> {
    fn taken_as(self, what: impl FnOnce() -> String) -> Self {
        self.map_err(|error| match error {
            Error::Taken { .. } => Error::Taken { what: what() },
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for code in ["5", "261", "13", "8", "40001", "40P01", "57P01", "53300", "55P03", "25006"] {
            assert!(passes(Some(code)), "{code}");
        }
        for code in ["1", "11", "42601", "22P02"] {
            assert!(!passes(Some(code)), "{code}");
        }
        assert!(!passes(None));
    }
}
