//! The one writer: everything that waits is one group, one transaction, one flush to the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::outside::Outside;
use super::schema;
use super::turn::{Follow, Group, Session, derived};

/// Jobs of one group.
const GROUP: usize = 512;

/// A message of a contact.
#[derive(Debug)]
pub struct Said {
    /// The event's id, and the provider's of the message.
    pub event: String,
    pub id: String,
    pub number: String,
    pub phone: String,
    pub name: String,
    pub text: Option<String>,
}

/// A call to make after the commit.
#[derive(Debug)]
pub enum Effect {
    Send { id: String, session: String, position: i64, number: String, body: String },
    Call { id: String, address: String, session: String, phone: String },
}

/// What came of a call; status 0 when there was no answer.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Something to commit.
#[derive(Debug)]
pub enum Job {
    Said {
        said: Said,
        committed: oneshot::Sender<()>,
    },
    /// What became of messages: the provider's id and the state of each.
    Told {
        states: Vec<(String, String)>,
        committed: oneshot::Sender<()>,
    },
    Settled {
        effect: Effect,
        answer: Answer,
    },
    Answered {
        event: String,
        effect: String,
        address: String,
        body: Value,
    },
}

impl Job {
    /// The event and the address of a job that is a turn.
    fn turn(&self) -> Option<(&str, String)> {
        match self {
            Self::Said { said, .. } => Some((&said.event, said.address())),
            Self::Answered { event, address, .. } => Some((event, address.clone())),
            Self::Told { .. } | Self::Settled { .. } => None,
        }
    }
}

impl Said {
    pub fn address(&self) -> String {
        derived(&["address", &self.number, &self.phone])
    }
}

/// The way of a turn's events into the database: those that are new, and the sessions of all.
const TAKE: &str = "BEGIN IMMEDIATE;
    INSERT INTO remembered_events (id, address_id, at) SELECT value->>0, value->>1, $2 FROM json_each($1) WHERE true
    ON CONFLICT DO NOTHING RETURNING id;
    SELECT a.id, s.id, a.contact, a.address, a.channel, c.name, s.version, s.position, s.started_at, s.state
    FROM json_each($1) AS j JOIN addresses a ON a.id = j.value->>1
    JOIN sessions s ON s.id = a.session AND s.address_id = a.id JOIN contacts c ON c.id = a.contact";

#[derive(Debug)]
pub struct Writer {
    connection: SqliteConnection,
    checkpoints: Checkpoints,
    outside: Outside,
}

impl Writer {
    /// Opens the database, in the measured server's own schema and set as it sets its own.
    pub async fn open(path: &Path, outside: Outside) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-8192")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "0");
        let mut connection = options.connect().await.with_context(|| format!("cannot open {}", path.display()))?;
        sqlx::raw_sql(AssertSqlSafe(schema::read()?))
            .execute(&mut connection)
            .await
            .context("cannot make the schema")?;
        Ok(Self { connection, checkpoints: Checkpoints::start(options), outside })
    }

    /// Works until nobody can add a job; a failure of the database ends it, and with it the acknowledgements.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Job>) -> Result<()> {
        let mut group = Vec::new();
        loop {
            if group.is_empty() && queue.recv_many(&mut group, GROUP).await == 0 {
                return Ok(());
            }
            while let (true, Ok(job)) = (group.len() < GROUP, queue.try_recv()) {
                group.push(job);
            }
            self.checkpoints.shorten(&mut self.connection).await?;
            let follow = self.commit(std::mem::take(&mut group)).await?;
            for committed in follow.acknowledge {
                // Who waited may have gone away.
                let _ = committed.send(());
            }
            for effect in follow.effects {
                self.outside.carry_out(effect);
            }
            group = follow.answered;
        }
    }

    async fn commit(&mut self, jobs: Vec<Job>) -> Result<Follow> {
        let now = now();
        let turns: Vec<_> = jobs.iter().filter_map(Job::turn).collect();
        let (mut new, mut sessions) = take(&mut self.connection, &turns, now).await?;

        let mut group = Group::new(now);
        for job in jobs {
            match job {
                Job::Said { said, committed } => {
                    group.follow.acknowledge.push(committed);
                    if new.remove(&said.event) {
                        group.say(&said, sessions.entry(said.address()).or_default());
                    }
                }
                Job::Told { states, committed } => {
                    group.follow.acknowledge.push(committed);
                    group.rows.told.extend(states);
                }
                Job::Settled { effect, answer } => group.settle(effect, answer),
                Job::Answered { event, effect, address, body } => {
                    if new.remove(&event) {
                        group.answer(&event, &effect, &body, sessions.entry(address).or_default());
                    }
                }
            }
        }
        let (rows, follow) = group.finish();
        rows.commit(&mut self.connection).await?;
        Ok(follow)
    }
}

/// Opens a transaction and remembers the events; gives those that are new, and the sessions by address.
async fn take(
    connection: &mut SqliteConnection,
    turns: &[(&str, String)],
    now: i64,
) -> Result<(BTreeSet<String>, BTreeMap<String, Session>)> {
    let (mut new, mut sessions) = (BTreeSet::new(), BTreeMap::new());
    for row in sqlx::query(TAKE).bind(json!(turns).to_string()).bind(now).fetch_all(connection).await? {
        if row.len() == 1 {
            new.insert(row.try_get(0)?);
            continue;
        }
        let session = Session {
            address: row.try_get(0)?,
            id: row.try_get(1)?,
            contact: row.try_get(2)?,
            phone: row.try_get(3)?,
            number: row.try_get(4)?,
            name: row.try_get(5)?,
            version: row.try_get(6)?,
            position: row.try_get(7)?,
            started_at: row.try_get(8)?,
        };
        // The state is read, as an engine would.
        let _: Value = serde_json::from_str(row.try_get(9)?)?;
        sessions.insert(session.address.clone(), session);
    }
    Ok((new, sessions))
}

#[expect(clippy::disallowed_methods, reason = "the floor has no clock to hand around")]
fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
