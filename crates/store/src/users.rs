//! People who can log in.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Row, Tx, params, sql};
use crate::error::{Result, TakenAs};

/// Somebody who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    /// In lower case; unique.
    pub email: String,
    pub name: String,
    /// None until a password was chosen.
    pub password_hash: Option<String>,
    pub disabled: bool,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

/// The users of the whole installation.
#[derive(Debug)]
pub struct Users<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "id, email, name, password_hash, disabled, created_at, last_login_at";

pub(crate) fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        password_hash: row.get("password_hash")?,
        disabled: row.flag("disabled")?,
        created_at: row.time("created_at")?,
        last_login_at: row.maybe_time("last_login_at")?,
    })
}

impl<E: Executor> Users<E> {
    /// Returns a user by id.
    pub async fn get(mut self, id: &str) -> Result<Option<User>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM users WHERE id = $1"), params![id]).await?;
        row.as_ref().map(user).transpose()
    }

    /// Returns a user by e-mail address, given in lower case.
    pub async fn by_email(mut self, email: &str) -> Result<Option<User>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM users WHERE email = $1"), params![email]).await?;
        row.as_ref().map(user).transpose()
    }

    /// Returns all users, by e-mail address.
    pub async fn list(mut self) -> Result<Vec<User>> {
        self.db.all(sql!("SELECT {COLUMNS} FROM users ORDER BY email"), params![]).await?.iter().map(user).collect()
    }

    /// Returns how many users there are.
    pub async fn count(mut self) -> Result<i64> {
        let row = self.db.first("SELECT count(*) AS number FROM users", params![]).await?;
        row.map_or(Ok(0), |row| row.get("number"))
    }
}

impl Users<&mut Tx> {
    /// Adds a user.
    pub async fn create(self, user: &User) -> Result<()> {
        let inserted = self
            .db
            .execute(
                sql!("INSERT INTO users ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
                params![
                    &user.id,
                    &user.email,
                    &user.name,
                    user.password_hash.clone(),
                    user.disabled,
                    user.created_at,
                    user.last_login_at,
                ],
            )
            .await;
        inserted.taken_as(|| format!("the e-mail address {}", user.email)).map(|_| ())
    }

    /// Writes a user's address, name, password and whether it is disabled; says whether there is such a user.
    pub async fn update(self, user: &User) -> Result<bool> {
        let updated = self
            .db
            .execute(
                "UPDATE users SET email = $2, name = $3, password_hash = $4, disabled = $5 WHERE id = $1",
                params![&user.id, &user.email, &user.name, user.password_hash.clone(), user.disabled],
            )
            .await;
        Ok(updated.taken_as(|| format!("the e-mail address {}", user.email))? > 0)
    }

    /// Notes that a user logged in.
    pub async fn note_login(self, id: &str, at: Timestamp) -> Result<()> {
        self.db.execute("UPDATE users SET last_login_at = $2 WHERE id = $1", params![id, at]).await?;
        Ok(())
    }
}
