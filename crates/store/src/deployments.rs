//! Deployments: numbered sets of live versions that never change. One of an environment is the current one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use usher_engine::environment::Environment;
use usher_engine::workflow::Kind;

use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Dialect, Executor, Queries, Row, Tx, params, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::workflows::kind;

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub number: u64,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
    /// What is live with it: versions by the workflows' keys.
    pub workflows: BTreeMap<String, u32>,
}

/// A workflow that is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    pub key: String,
    /// As the live version says.
    pub name: String,
    pub kind: Kind,
    pub version: u32,
    /// When this version went live, to stay so until now.
    pub since: Timestamp,
}

/// A live workflow with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveDocument {
    pub key: String,
    pub version: u32,
    /// The document's text.
    pub document: String,
}

/// A deployment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// All that is live with it: versions by the workflows' keys.
    pub versions: BTreeMap<String, u32>,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
}

/// The deployments of all environments.
#[derive(Debug)]
pub struct Deployments<E> {
    pub(crate) db: E,
}

fn deployed(row: &Row) -> Result<Deployed> {
    Ok(Deployed {
        key: row.get("key")?,
        name: row.get("name")?,
        kind: kind(row)?,
        version: row.number("version")?,
        since: row.time("since")?,
    })
}

fn live_document(row: &Row) -> Result<LiveDocument> {
    Ok(LiveDocument { key: row.get("key")?, version: row.number("version")?, document: row.get("document")? })
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl<E: Executor> Deployments<E> {
    /// Returns what is live, by key. Within a transaction, nobody else deploys until the end of that.
    pub async fn live(mut self, workspace: &str, environment: Environment) -> Result<Vec<Deployed>> {
        let name = match self.db.speaks() {
            Dialect::Sqlite => "v.document ->> 'name'",
            Dialect::Postgres => "v.document::json ->> 'name'",
        };
        let lock = self.db.for_update("e");
        if !lock.is_empty() {
            // By itself, so that what is read next is what the one before has left.
            let held =
                sql!("SELECT e.deployment FROM environments e WHERE e.workspace = $1 AND e.environment = $2{lock}");
            self.db.first(held, params![workspace, environment]).await?;
        }
        let rows = self
            .db
            .all(
                sql!(
                    "SELECT w.key, COALESCE({name}, w.name) AS name, w.kind, l.version, l.since FROM environments e
                    JOIN deployed l
                        ON l.workspace = e.workspace AND l.environment = e.environment AND l.number = e.deployment
                    JOIN workflows w ON w.id = l.workflow_id
                    JOIN versions v ON v.workflow_id = l.workflow_id AND v.version = l.version
                    WHERE e.workspace = $1 AND e.environment = $2 ORDER BY w.key"
                ),
                params![workspace, environment],
            )
            .await?;
        rows.iter().map(deployed).collect()
    }

    /// Returns the documents of what is live, by key.
    pub async fn live_documents(mut self, workspace: &str, environment: Environment) -> Result<Vec<LiveDocument>> {
        let rows = self
            .db
            .all(
                "SELECT w.key, l.version, v.document FROM environments e
                JOIN deployed l ON l.workspace = e.workspace AND l.environment = e.environment AND l.number = e.deployment
                JOIN workflows w ON w.id = l.workflow_id
                JOIN versions v ON v.workflow_id = l.workflow_id AND v.version = l.version
                WHERE e.workspace = $1 AND e.environment = $2 ORDER BY w.key",
                params![workspace, environment],
            )
            .await?;
        rows.iter().map(live_document).collect()
    }

    /// Returns the documents of a deployment, the current one or not, by key.
    pub async fn documents(
        mut self,
        workspace: &str,
        environment: Environment,
        number: u64,
    ) -> Result<Vec<LiveDocument>> {
        let rows = self
            .db
            .all(
                "SELECT w.key, l.version, v.document FROM deployed l
                JOIN workflows w ON w.id = l.workflow_id
                JOIN versions v ON v.workflow_id = l.workflow_id AND v.version = l.version
                WHERE l.workspace = $1 AND l.environment = $2 AND l.number = $3 ORDER BY w.key",
                params![workspace, environment, as_i64(number)],
            )
            .await?;
        rows.iter().map(live_document).collect()
    }

    /// Returns which versions a deployment holds, the current one or not, by key.
    pub async fn versions(
        mut self,
        workspace: &str,
        environment: Environment,
        number: u64,
    ) -> Result<BTreeMap<String, u32>> {
        let rows = self
            .db
            .all(
                "SELECT w.key, l.version FROM deployed l JOIN workflows w ON w.id = l.workflow_id
                WHERE l.workspace = $1 AND l.environment = $2 AND l.number = $3",
                params![workspace, environment, as_i64(number)],
            )
            .await?;
        rows.iter().map(|row| Ok((row.get("key")?, row.number("version")?))).collect()
    }

    /// Returns the deployments of an environment, newest first.
    pub async fn list(
        mut self,
        workspace: &str,
        environment: Environment,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Deployment>> {
        let before = after.map_or(i64::MAX, |after| after.parse().unwrap_or(0));
        let rows = self
            .db
            .all(
                "SELECT number, note, created_at, created_by FROM deployments
                WHERE workspace = $1 AND environment = $2 AND number < $3 ORDER BY number DESC LIMIT $4",
                params![workspace, environment, before, i64::from(limit) + 1],
            )
            .await?;
        let found = rows.iter().map(|row| {
            Ok(Deployment {
                number: row.number("number")?,
                note: row.get("note")?,
                created_at: row.time("created_at")?,
                created_by: row.get("created_by")?,
                workflows: BTreeMap::new(),
            })
        });
        let mut page = Page::of(found.collect::<Result<Vec<_>>>()?, limit, |found| found.number.to_string());
        let (Some(newest), Some(oldest)) = (page.items.first(), page.items.last()) else { return Ok(page) };
        let bounds = (as_i64(newest.number), as_i64(oldest.number));
        let rows = self
            .db
            .all(
                "SELECT l.number, w.key, l.version FROM deployed l JOIN workflows w ON w.id = l.workflow_id
                WHERE l.workspace = $1 AND l.environment = $2 AND l.number <= $3 AND l.number >= $4",
                params![workspace, environment, bounds.0, bounds.1],
            )
            .await?;
        let mut versions: BTreeMap<u64, BTreeMap<String, u32>> = BTreeMap::new();
        for row in rows {
            versions.entry(row.number("number")?).or_default().insert(row.get("key")?, row.number("version")?);
        }
        for deployment in &mut page.items {
            deployment.workflows = versions.remove(&deployment.number).unwrap_or_default();
        }
        Ok(page)
    }
}

static DEPLOY: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("key", Text), ("version", Int)],
        5,
        "INSERT INTO deployed (workspace, environment, number, workflow_id, version, since)
        SELECT $1, $2, $3, w.id, s.version, COALESCE(o.since, $4)
        FROM {rows} AS v
        JOIN workflows w ON w.workspace = $1 AND w.key = v.key AND w.deleted_at IS NULL
        JOIN versions s ON s.workflow_id = w.id AND s.version = v.version
        LEFT JOIN deployed o ON o.workspace = $1 AND o.environment = $2 AND o.number = $5
            AND o.workflow_id = w.id AND o.version = s.version",
    )
});

impl Deployments<&mut Tx> {
    /// Makes a deployment, makes it the current one, and gives its number. What is live is all that it names.
    pub async fn deploy(self, deploy: &Deploy) -> Result<u64> {
        let row = self
            .db
            .first(
                "UPDATE environments SET last_deployment = last_deployment + 1
                WHERE workspace = $1 AND environment = $2 RETURNING last_deployment, deployment",
                params![&deploy.workspace, deploy.environment],
            )
            .await?;
        let dangling = |what: String| Error::Dangling { what };
        let row = row.ok_or_else(|| dangling("the deployment's workspace".to_owned()))?;
        let (number, before): (i64, i64) = (row.get("last_deployment")?, row.get("deployment")?);
        self.db
            .execute(
                "INSERT INTO deployments (workspace, environment, number, note, created_at, created_by)
                VALUES ($1, $2, $3, $4, $5, $6)",
                params![
                    &deploy.workspace,
                    deploy.environment,
                    number,
                    deploy.note.clone(),
                    deploy.created_at,
                    deploy.created_by.clone(),
                ],
            )
            .await?;
        let rows: Vec<_> = deploy.versions.iter().map(|(key, version)| params![key, *version]).collect();
        let wanted = rows.len() as u64;
        let others = params![&deploy.workspace, deploy.environment, number, deploy.created_at, before];
        if DEPLOY.run(self.db, others, rows).await? != wanted {
            return Err(dangling("a workflow or a version of the deployment".to_owned()));
        }
        self.db
            .execute(
                "UPDATE environments SET deployment = $3 WHERE workspace = $1 AND environment = $2",
                params![&deploy.workspace, deploy.environment, number],
            )
            .await?;
        u64::try_from(number).map_err(|_| Error::unreadable("deployment", format_args!("{number} is out of range")))
    }
}
