//! Counts of failures by subject, for who slows down guessing across processes.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Tx, params};
use crate::error::Result;

/// The failures of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    pub failures: u32,
    /// When the first of them was.
    pub since: Timestamp,
}

/// The failures of all subjects.
#[derive(Debug)]
pub struct Throttles<E> {
    pub(crate) db: E,
}

impl<E: Executor> Throttles<E> {
    /// Returns the failures of a subject.
    pub async fn get(mut self, subject: &str) -> Result<Option<Throttle>> {
        let row = self.db.first("SELECT failures, since FROM throttles WHERE subject = $1", params![subject]).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Throttle { failures: row.number("failures")?, since: row.time("since")? }))
    }
}

impl Throttles<&mut Tx> {
    /// Counts a failure; those that began before `forget` are forgotten.
    pub async fn fail(self, subject: &str, now: Timestamp, forget: Timestamp) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO throttles (subject, failures, since) VALUES ($1, 1, $2)
                ON CONFLICT (subject) DO UPDATE SET
                    failures = CASE WHEN throttles.since < $3 THEN 1 ELSE throttles.failures + 1 END,
                    since = CASE WHEN throttles.since < $3 THEN excluded.since ELSE throttles.since END",
                params![subject, now, forget],
            )
            .await?;
        Ok(())
    }

    /// Forgets the failures of a subject.
    pub async fn clear(self, subject: &str) -> Result<()> {
        self.db.execute("DELETE FROM throttles WHERE subject = $1", params![subject]).await.map(|_| ())
    }
}
