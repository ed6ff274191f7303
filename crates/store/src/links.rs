//! Links that open a door once: the first administrator's, invitations, new passwords.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Row, Tx, params, sql};
use crate::error::{Error, Result};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    SetUp,
    Invitation,
    PasswordReset,
}

impl LinkKind {
    /// Returns the kind's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
        }
    }
}

/// A link, known by the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub token_hash: String,
    pub kind: LinkKind,
    /// The workspace's id, for an invitation.
    pub workspace: Option<String>,
    /// Whose password, for a reset.
    pub user_id: Option<String>,
    /// Who is invited.
    pub email: Option<String>,
    /// As what.
    pub role: Option<String>,
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// The links of the whole installation.
#[derive(Debug)]
pub struct Links<E> {
    pub(crate) db: E,
}

const COLUMNS: &str = "token_hash, kind, workspace, user_id, email, role, created_by, created_at, expires_at, used_at";

fn link(row: &Row) -> Result<Link> {
    let kind = match row.get("kind")? {
        "set_up" => LinkKind::SetUp,
        "invitation" => LinkKind::Invitation,
        "password_reset" => LinkKind::PasswordReset,
        other => return Err(Error::unreadable("link", format_args!("there is no kind `{other}`"))),
    };
    Ok(Link {
        token_hash: row.get("token_hash")?,
        kind,
        workspace: row.get("workspace")?,
        user_id: row.get("user_id")?,
        email: row.get("email")?,
        role: row.get("role")?,
        created_by: row.get("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
    })
}

impl<E: Executor> Links<E> {
    /// Returns a link; whether it still works is the caller's to judge.
    pub async fn get(mut self, token_hash: &str) -> Result<Option<Link>> {
        let row = self.db.first(sql!("SELECT {COLUMNS} FROM links WHERE token_hash = $1"), params![token_hash]).await?;
        row.as_ref().map(link).transpose()
    }

    /// Returns the invitations to a workspace, used ones and expired ones too, oldest first.
    pub async fn invitations(mut self, workspace: &str) -> Result<Vec<Link>> {
        let sql = sql!(
            "SELECT {COLUMNS} FROM links WHERE workspace = $1 AND kind = 'invitation' ORDER BY created_at, token_hash"
        );
        self.db.all(sql, params![workspace]).await?.iter().map(link).collect()
    }
}

impl Links<&mut Tx> {
    /// Adds a link.
    pub async fn create(self, link: &Link) -> Result<()> {
        self.db
            .execute(
                sql!("INSERT INTO links ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
                params![
                    &link.token_hash,
                    link.kind.as_str(),
                    link.workspace.clone(),
                    link.user_id.clone(),
                    link.email.clone(),
                    link.role.clone(),
                    link.created_by.clone(),
                    link.created_at,
                    link.expires_at,
                    link.used_at,
                ],
            )
            .await?;
        Ok(())
    }

    /// Uses a link up. Says whether that was still possible: of two who hold it, one is told yes.
    pub async fn claim(self, token_hash: &str, now: Timestamp) -> Result<bool> {
        let claimed = self
            .db
            .execute(
                "UPDATE links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
                params![token_hash, now],
            )
            .await?;
        Ok(claimed > 0)
    }

    /// Removes the unused invitations of an e-mail address to a workspace.
    pub async fn delete_invitations(self, workspace: &str, email: &str) -> Result<()> {
        self.db
            .execute(
                "DELETE FROM links WHERE workspace = $1 AND kind = 'invitation' AND email = $2 AND used_at IS NULL",
                params![workspace, email],
            )
            .await?;
        Ok(())
    }
}
