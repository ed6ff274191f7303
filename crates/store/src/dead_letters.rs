//! Effects that were given up: shown to people, who may have them tried again.

use jiff::Timestamp;
use usher_engine::effect::Effect;
use usher_engine::environment::Environment;
use usher_engine::id::{EffectId, SessionId};

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;
use crate::hot::AddressKey;
use crate::page::Page;

/// An effect that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    pub id: EffectId,
    pub key: AddressKey,
    pub channel_kind: String,
    pub session: SessionId,
    pub effect: Effect,
    pub error: String,
    pub attempts: u32,
    pub asked_at: Timestamp,
    pub dead_at: Timestamp,
}

/// The dead letters of all environments.
#[derive(Debug)]
pub struct DeadLetters<E> {
    pub(crate) db: E,
}

fn dead_letter(row: &Row) -> Result<DeadLetter> {
    Ok(DeadLetter {
        id: EffectId(row.get("id")?),
        key: AddressKey {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            channel: row.get("channel")?,
            address: row.get("address")?,
        },
        channel_kind: row.get("channel_kind")?,
        session: SessionId(row.get("session")?),
        effect: row.json("effect")?,
        error: row.get::<Option<String>, _>("error")?.unwrap_or_default(),
        attempts: row.number("attempts")?,
        asked_at: row.time("asked_at")?,
        dead_at: row.time("dead_at")?,
    })
}

/// Makes the cursor of a dead letter: when it was given up, and its id.
fn cursor(letter: &DeadLetter) -> String {
    format!("{}/{}", letter.dead_at.as_millisecond(), letter.id)
}

impl<E: Executor> DeadLetters<E> {
    /// Returns the dead letters of an environment, newest first.
    pub async fn list(
        mut self,
        workspace: &str,
        environment: Environment,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<DeadLetter>> {
        let after = after.map(|after| after.split_once('/').unwrap_or((after, "")));
        let (before, id) = after.map_or((i64::MAX, ""), |(at, id)| (at.parse().unwrap_or(0), id));
        let rows = self
            .db
            .all(
                "SELECT id, workspace, environment, channel, channel_kind, address, session, effect, error, attempts,
                    asked_at, dead_at
                FROM effects WHERE workspace = $1 AND environment = $2 AND dead_at IS NOT NULL
                    AND (dead_at < $3 OR dead_at = $3 AND id < $4)
                ORDER BY dead_at DESC, id DESC LIMIT $5",
                params![workspace, environment, before, id, i64::from(limit) + 1],
            )
            .await?;
        let found = rows.iter().map(dead_letter).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, cursor))
    }
}

impl DeadLetters<&mut Tx> {
    /// Has an effect tried again as if it were new; says whether it was there. A send goes after those that its lane
    /// has at hand.
    pub async fn retry(self, workspace: &str, environment: Environment, id: &str, now: Timestamp) -> Result<bool> {
        let revived = self
            .db
            .first(
                "UPDATE effects SET state = 'pending', due_at = $4, dead_at = NULL, owner = NULL, attempts = 0
                WHERE id = $3 AND workspace = $1 AND environment = $2 AND dead_at IS NOT NULL
                RETURNING session, position, kind",
                params![workspace, environment, id, now],
            )
            .await?;
        let Some(row) = revived else { return Ok(false) };
        if row.get::<&str, _>("kind")? == "send" {
            let (session, position): (String, i64) = (row.get("session")?, row.get("position")?);
            self.db
                .execute(
                    "UPDATE messages SET state = 'pending', error = NULL WHERE session = $1 AND position = $2",
                    params![session, position],
                )
                .await?;
        }
        Ok(true)
    }

    /// Removes a dead letter for good; says whether it was there.
    pub async fn delete(self, workspace: &str, environment: Environment, id: &str) -> Result<bool> {
        let sql = "DELETE FROM effects WHERE id = $3 AND workspace = $1 AND environment = $2 AND dead_at IS NOT NULL";
        Ok(self.db.execute(sql, params![workspace, environment, id]).await? > 0)
    }
}
