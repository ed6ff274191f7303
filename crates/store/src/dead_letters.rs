//! Effects that were given up: shown to people, who may have them tried again.

use jiff::Timestamp;
use usher_engine::effect::Effect;
use usher_engine::environment::Environment;
use usher_engine::id::{EffectId, SessionId};

use crate::conversations::pattern;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Executor, Param, Queries, Row, Tx, params, sql, to_ms};
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

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// One letter alone.
    pub id: Option<String>,
    /// The channel's key.
    pub channel: Option<String>,
    /// A part of the error.
    pub error: Option<String>,
    /// Given up no later than this.
    pub until: Option<Timestamp>,
}

impl DeadLetterFilter {
    /// Means all of an environment.
    pub fn all(workspace: &str, environment: Environment) -> Self {
        Self { workspace: workspace.to_owned(), environment, id: None, channel: None, error: None, until: None }
    }

    /// Means one of an environment.
    pub fn one(workspace: &str, environment: Environment, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..Self::all(workspace, environment) }
    }

    fn params(&self) -> Vec<Param> {
        params![
            &self.workspace,
            self.environment,
            self.id.as_deref().unwrap_or_default(),
            self.channel.as_deref().unwrap_or_default(),
            pattern(self.error.as_deref().unwrap_or_default()),
            self.until.map_or(i64::MAX, to_ms),
        ]
    }
}

/// What a filter becomes; takes the first six parameters.
const MEANT: &str = "workspace = $1 AND environment = $2 AND dead_at IS NOT NULL AND dead_at <= $6
    AND ($3 = '' OR id = $3) AND ($4 = '' OR channel = $4)
    AND ($5 = '%%' OR lower(COALESCE(error, '')) LIKE $5 ESCAPE '!')";

static REVIVED: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        1,
        "UPDATE effects SET state = 'pending', due_at = $1, asked_at = $1, dead_at = NULL, owner = NULL, attempts = 0
        FROM {rows} AS v WHERE effects.id = v.id AND effects.address_id = v.address_id AND effects.dead_at IS NOT NULL",
    )
});

static PENDING: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("position", Int), ("address_id", Text)],
        0,
        "UPDATE messages SET state = 'pending', error = NULL FROM {rows} AS v
        WHERE messages.session = v.session AND messages.position = v.position AND messages.address_id = v.address_id",
    )
});

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
    /// Returns the dead letters that a filter means, newest first.
    pub async fn list(
        mut self,
        filter: &DeadLetterFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<DeadLetter>> {
        let after = after.map(|after| after.split_once('/').unwrap_or((after, "")));
        let (before, id) = after.map_or((i64::MAX, ""), |(at, id)| (at.parse().unwrap_or(0), id));
        let mut params = filter.params();
        params.extend(params![before, id, i64::from(limit) + 1]);
        let rows = self
            .db
            .all(
                sql!(
                    "SELECT id, workspace, environment, channel, channel_kind, address, session, effect, error, attempts,
                        asked_at, dead_at
                    FROM effects WHERE {MEANT} AND (dead_at < $7 OR dead_at = $7 AND id < $8)
                    ORDER BY dead_at DESC, id DESC LIMIT $9"
                ),
                params,
            )
            .await?;
        let found = rows.iter().map(dead_letter).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, cursor))
    }
}

impl DeadLetters<&mut Tx> {
    /// Has up to `limit` of the effects that a filter means tried again as if they were new, the longest dead first;
    /// gives how many. The sends of a lane go in their order, after those that it has at hand.
    pub async fn retry(self, filter: &DeadLetterFilter, now: Timestamp, limit: u32) -> Result<u64> {
        let mut params = filter.params();
        params.extend(params![i64::from(limit)]);
        let columns = "id, address_id, session, position, kind";
        let chosen = sql!(
            "SELECT {columns} FROM effects WHERE {MEANT} ORDER BY dead_at, id LIMIT $7{}",
            self.db.for_update("effects")
        );
        let rows = self.db.all(chosen, params).await?;
        let effects = rows.iter().map(|row| Ok(params![row.get::<&str, _>("id")?, row.get::<&str, _>("address_id")?]));
        let revived = REVIVED.run(self.db, params![now], effects.collect::<Result<_>>()?).await?;
        let mut messages = Vec::new();
        for row in &rows {
            if row.get::<&str, _>("kind")? == "send" {
                let (session, position): (&str, i64) = (row.get("session")?, row.get("position")?);
                messages.push(params![session, position, row.get::<&str, _>("address_id")?]);
            }
        }
        PENDING.run(self.db, Vec::new(), messages).await?;
        Ok(revived)
    }

    /// Removes a dead letter for good; says whether it was there.
    pub async fn delete(self, workspace: &str, environment: Environment, id: &str) -> Result<bool> {
        let sql = "DELETE FROM effects WHERE id = $3 AND workspace = $1 AND environment = $2 AND dead_at IS NOT NULL";
        Ok(self.db.execute(sql, params![workspace, environment, id]).await? > 0)
    }
}
