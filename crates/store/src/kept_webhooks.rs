//! What came in and could not be used, kept for people to look at.

use jiff::Timestamp;
use usher_engine::environment::Environment;

use crate::db::{Executor, Queries, Row, Tx, params};
use crate::error::Result;
use crate::page::Page;

/// Something that came in and could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWebhook {
    /// Rises with time.
    pub id: String,
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// The channel's key.
    pub channel: String,
    pub at: Timestamp,
    /// Why, in plain words.
    pub problem: String,
    pub body: Vec<u8>,
}

/// What was kept of all channels.
#[derive(Debug)]
pub struct KeptWebhooks<E> {
    pub(crate) db: E,
}

fn kept(row: &Row) -> Result<KeptWebhook> {
    Ok(KeptWebhook {
        id: row.get("id")?,
        workspace: row.get("workspace")?,
        environment: row.environment("environment")?,
        channel: row.get("channel")?,
        at: row.time("at")?,
        problem: row.get("problem")?,
        body: row.get("body")?,
    })
}

impl<E: Executor> KeptWebhooks<E> {
    /// Returns what was kept of a channel, newest first.
    pub async fn list(
        mut self,
        workspace: &str,
        environment: Environment,
        channel: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<KeptWebhook>> {
        let rows = self
            .db
            .all(
                "SELECT id, workspace, environment, channel, at, problem, body FROM kept_webhooks
                WHERE workspace = $1 AND environment = $2 AND channel = $3 AND ($4 = '' OR id < $4)
                ORDER BY id DESC LIMIT $5",
                params![workspace, environment, channel, after.unwrap_or_default(), i64::from(limit) + 1],
            )
            .await?;
        let found = rows.iter().map(kept).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, |kept| kept.id.clone()))
    }
}

impl KeptWebhooks<&mut Tx> {
    /// Keeps something.
    pub async fn keep(self, webhook: &KeptWebhook) -> Result<()> {
        self.db
            .execute(
                "INSERT INTO kept_webhooks (id, workspace, environment, channel, at, problem, body)
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![
                    &webhook.id,
                    &webhook.workspace,
                    webhook.environment,
                    &webhook.channel,
                    webhook.at,
                    &webhook.problem,
                    webhook.body.clone(),
                ],
            )
            .await?;
        Ok(())
    }
}
