//! Answers to requests that carry an idempotency key, so that a repeat gets the first answer again.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Tx, params};
use crate::error::Result;

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The hash of what was asked, to tell a repeat from another request under the same key.
    pub content_hash: String,
    /// The HTTP status; none while the request is under way.
    pub status: Option<u16>,
    pub etag: Option<String>,
    /// The body, as the caller sealed it.
    pub body: String,
    /// When the request began.
    pub at: Timestamp,
}

/// The answers of the whole installation.
#[derive(Debug)]
pub struct Answers<E> {
    pub(crate) db: E,
}

impl<E: Executor> Answers<E> {
    /// Returns what is known of a request.
    pub async fn get(mut self, request: &str) -> Result<Option<Answer>> {
        let sql = "SELECT content_hash, status, etag, body, at FROM answers WHERE request = $1";
        let Some(row) = self.db.first(sql, params![request]).await? else { return Ok(None) };
        Ok(Some(Answer {
            content_hash: row.get("content_hash")?,
            status: Some(row.number("status")?).filter(|status| *status > 0),
            etag: row.get("etag")?,
            body: row.get("body")?,
            at: row.time("at")?,
        }))
    }
}

impl Answers<&mut Tx> {
    /// Notes that a request is under way, and forgets those from before `forget`. Says whether it is the first under
    /// its key.
    pub async fn begin(self, request: &str, content_hash: &str, now: Timestamp, forget: Timestamp) -> Result<bool> {
        self.db.execute("DELETE FROM answers WHERE at < $1", params![forget]).await?;
        let inserted = self
            .db
            .execute(
                "INSERT INTO answers (request, content_hash, status, body, at) VALUES ($1, $2, 0, '', $3)
                ON CONFLICT (request) DO NOTHING",
                params![request, content_hash, now],
            )
            .await?;
        Ok(inserted > 0)
    }

    /// Keeps the answer to a request.
    pub async fn finish(self, request: &str, status: u16, etag: Option<&str>, body: &str) -> Result<()> {
        let sql = "UPDATE answers SET status = $2, etag = $3, body = $4 WHERE request = $1";
        self.db.execute(sql, params![request, i64::from(status), etag, body]).await.map(|_| ())
    }

    /// Forgets a request, so that it can be made again.
    pub async fn forget(self, request: &str) -> Result<()> {
        self.db.execute("DELETE FROM answers WHERE request = $1", params![request]).await.map(|_| ())
    }
}
