//! Who is logged in, by the hash of the token in the cookie.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Tx, params};
use crate::error::Result;
use crate::users::{User, user};

/// A log-in that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub token_hash: String,
    pub user_id: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The log-ins of all users.
#[derive(Debug)]
pub struct Logins<E> {
    pub(crate) db: E,
}

impl<E: Executor> Logins<E> {
    /// Returns a log-in with its user; whether it still counts is the caller's to judge.
    pub async fn get(mut self, token_hash: &str) -> Result<Option<(Login, User)>> {
        let row = self
            .db
            .first(
                "SELECT l.token_hash, l.created_at AS login_at, l.last_seen_at, l.expires_at,
                    u.id, u.email, u.name, u.password_hash, u.disabled, u.created_at, u.last_login_at
                FROM logins l JOIN users u ON u.id = l.user_id WHERE l.token_hash = $1",
                params![token_hash],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let login = Login {
            token_hash: row.get("token_hash")?,
            user_id: row.get("id")?,
            created_at: row.time("login_at")?,
            last_seen_at: row.time("last_seen_at")?,
            expires_at: row.time("expires_at")?,
        };
        Ok(Some((login, user(&row)?)))
    }
}

impl Logins<&mut Tx> {
    /// Adds a log-in.
    pub async fn create(self, login: &Login) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO logins (token_hash, user_id, created_at, last_seen_at, expires_at)
                VALUES ($1, $2, $3, $4, $5)",
                params![&login.token_hash, &login.user_id, login.created_at, login.last_seen_at, login.expires_at],
            )
            .await?;
        Ok(())
    }

    /// Notes a request under a log-in.
    pub async fn note_seen(self, token_hash: &str, at: Timestamp) -> Result<()> {
        self.db.execute("UPDATE logins SET last_seen_at = $2 WHERE token_hash = $1", params![token_hash, at]).await?;
        Ok(())
    }

    /// Ends a log-in.
    pub async fn delete(self, token_hash: &str) -> Result<()> {
        self.db.execute("DELETE FROM logins WHERE token_hash = $1", params![token_hash]).await?;
        Ok(())
    }

    /// Ends all log-ins of a user but, if given, one.
    pub async fn delete_of_user(self, user: &str, except: Option<&str>) -> Result<()> {
        self.db
            .execute(
                "DELETE FROM logins WHERE user_id = $1 AND token_hash <> $2",
                params![user, except.unwrap_or_default()],
            )
            .await?;
        Ok(())
    }
}
