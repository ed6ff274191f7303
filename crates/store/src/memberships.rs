//! Who belongs to which workspace, and as what.

use jiff::Timestamp;

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;
use crate::users::{User, user};
use crate::workspaces;

/// A user's place in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The workspace's id.
    pub workspace: String,
    pub user_id: String,
    pub role: String,
    pub created_at: Timestamp,
}

/// A member of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: User,
    pub role: String,
    /// Since when.
    pub since: Timestamp,
}

/// The memberships of all workspaces.
#[derive(Debug)]
pub struct Memberships<E> {
    pub(crate) db: E,
}

fn membership(row: &Row) -> Result<Membership> {
    Ok(Membership {
        workspace: row.get("workspace")?,
        user_id: row.get("user_id")?,
        role: row.get("role")?,
        created_at: row.time("created_at")?,
    })
}

fn member(row: &Row) -> Result<Member> {
    Ok(Member { user: user(row)?, role: row.get("role")?, since: row.time("since")? })
}

impl<E: Executor> Memberships<E> {
    /// Returns a user's place in a workspace.
    pub async fn get(mut self, workspace: &str, user: &str) -> Result<Option<Membership>> {
        let row = self
            .db
            .first(
                "SELECT workspace, user_id, role, created_at FROM memberships WHERE user_id = $2 AND workspace = $1",
                params![workspace, user],
            )
            .await?;
        row.as_ref().map(membership).transpose()
    }

    /// Returns the places of a user.
    pub async fn of_user(mut self, user: &str) -> Result<Vec<Membership>> {
        let rows = self
            .db
            .all(
                "SELECT workspace, user_id, role, created_at FROM memberships WHERE user_id = $1 ORDER BY workspace",
                params![user],
            )
            .await?;
        rows.iter().map(membership).collect()
    }

    /// Returns the members of a workspace, by e-mail address.
    pub async fn of_workspace(mut self, workspace: &str) -> Result<Vec<Member>> {
        let rows = self
            .db
            .all(
                "SELECT u.id, u.email, u.name, u.password_hash, u.disabled, u.created_at, u.last_login_at,
                    m.role, m.created_at AS since
                FROM memberships m JOIN users u ON u.id = m.user_id
                WHERE m.workspace = $1 ORDER BY u.email",
                params![workspace],
            )
            .await?;
        rows.iter().map(member).collect()
    }
}

impl Memberships<&mut Tx> {
    /// Makes a user a member, or gives a member another role. Until the end of the transaction nobody else changes
    /// who belongs to the workspace, so that what must stay true of its members can be checked after.
    pub async fn put(self, membership: &Membership) -> Result<()> {
        workspaces::hold(self.db, &membership.workspace).await?;
        self.db
            .execute(
                "INSERT INTO memberships (workspace, user_id, role, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (user_id, workspace) DO UPDATE SET role = excluded.role",
                params![&membership.workspace, &membership.user_id, &membership.role, membership.created_at],
            )
            .await?;
        Ok(())
    }

    /// Takes a user out of a workspace, as [`Memberships::put`]; says whether it was a member.
    pub async fn delete(self, workspace: &str, user: &str) -> Result<bool> {
        workspaces::hold(self.db, workspace).await?;
        let sql = "DELETE FROM memberships WHERE user_id = $2 AND workspace = $1";
        Ok(self.db.execute(sql, params![workspace, user]).await? > 0)
    }
}
