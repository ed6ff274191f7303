//! What happened at the nodes of workflows. Turns append deltas, so that no two of them write the same row; from time to
//! time these are folded into sums by the hour.

use jiff::Timestamp;
use usher_engine::environment::Environment;

use crate::db::{Dialect, Executor, Queries, Row, Tx, params};
use crate::error::Result;

/// How often something happened at a node within an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// When the hour began.
    pub hour: Timestamp,
    pub version: u32,
    pub node: u32,
    /// `entered`, `left`, `dropped_off` or `failed`.
    pub what: String,
    /// By which exit, for `left`; else empty.
    pub exit: String,
    pub count: u64,
}

/// The statistics of all workflows.
#[derive(Debug)]
pub struct Statistics<E> {
    pub(crate) db: E,
}

impl<E: Executor> Statistics<E> {
    /// Returns what happened in a workflow in the hours that began from `from` on and before `to`, by hour, version and
    /// node. All turns that are committed are counted.
    pub async fn of_workflow(
        mut self,
        workspace: &str,
        environment: Environment,
        workflow: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Count>> {
        let sql = "SELECT hour, version, node, what, exit, CAST(sum(count) AS BIGINT) AS count FROM (
                SELECT hour, version, node, what, exit, count FROM statistics
                WHERE workspace = $1 AND environment = $2 AND workflow = $3 AND hour >= $4 AND hour < $5
                UNION ALL
                SELECT hour, version, node, what, exit, count FROM statistics_deltas
                WHERE workspace = $1 AND environment = $2 AND workflow = $3 AND hour >= $4 AND hour < $5
            ) AS counted
            GROUP BY hour, version, node, what, exit ORDER BY hour, version, node, what, exit";
        let rows = self.db.all(sql, params![workspace, environment, workflow, from, to]).await?;
        rows.iter().map(count).collect()
    }
}

impl Statistics<&mut Tx> {
    /// Folds up to `limit` deltas into the sums, and gives how many. Several may fold at once: each takes deltas of its own.
    pub async fn fold(self, limit: u32) -> Result<u64> {
        let limit = i64::from(limit);
        match self.db.dialect() {
            Dialect::Postgres => {
                let folded = self.db.first(FOLD_POSTGRES, params![limit]).await?;
                folded.map_or(Ok(0), |row| row.number("folded"))
            }
            Dialect::Sqlite => {
                let last = self.db.first(LAST_SQLITE, params![limit]).await?;
                let Some(last) = last.map(|row| row.get::<Option<i64>, _>("last")).transpose()?.flatten() else {
                    return Ok(0);
                };
                self.db.execute(FOLD_SQLITE, params![last]).await?;
                self.db.execute("DELETE FROM statistics_deltas WHERE rowid <= $1", params![last]).await
            }
        }
    }
}

/// Sums are written in the order of their keys, so that two who fold do not wait for each other in a ring.
const FOLD_POSTGRES: &str = "WITH taken AS (
        DELETE FROM statistics_deltas WHERE ctid IN (
            SELECT ctid FROM statistics_deltas LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        RETURNING workspace, environment, workflow, hour, version, node, what, exit, count
    ), folded AS (
        INSERT INTO statistics (workspace, environment, workflow, hour, version, node, what, exit, count)
        SELECT workspace, environment, workflow, hour, version, node, what, exit, sum(count) FROM taken
        GROUP BY workspace, environment, workflow, hour, version, node, what, exit
        ORDER BY workspace, environment, workflow, hour, version, node, what, exit
        ON CONFLICT (workspace, environment, workflow, hour, version, node, what, exit)
            DO UPDATE SET count = statistics.count + excluded.count
    )
    SELECT count(*) AS folded FROM taken";

const LAST_SQLITE: &str =
    "SELECT max(rowid) AS last FROM (SELECT rowid FROM statistics_deltas ORDER BY rowid LIMIT $1)";

const FOLD_SQLITE: &str =
    "INSERT INTO statistics (workspace, environment, workflow, hour, version, node, what, exit, count)
    SELECT workspace, environment, workflow, hour, version, node, what, exit, sum(count)
    FROM statistics_deltas WHERE rowid <= $1
    GROUP BY workspace, environment, workflow, hour, version, node, what, exit
    ON CONFLICT (workspace, environment, workflow, hour, version, node, what, exit)
        DO UPDATE SET count = count + excluded.count";

fn count(row: &Row) -> Result<Count> {
    Ok(Count {
        hour: row.time("hour")?,
        version: row.number("version")?,
        node: row.number("node")?,
        what: row.get("what")?,
        exit: row.get("exit")?,
        count: row.number("count")?,
    })
}
