//! What Usher remembers, on SQLite or PostgreSQL.
//!
//! Reading: `store.workflows().get(…)`. Writing: within a transaction, `store.begin()` → `tx.workflows().create(…)`,
//! `tx.audit().append(…)` → `tx.commit()`; what is dropped is rolled back. Every change of configuration that the
//! runner must see raises the workspace's revision in the same transaction.
//!
//! The hot path of turns, effects and timers is the trait [`Hot`].
//!
//! Ids, times and secrets come in as values: ids of rows are made by the caller and rise with time (UUID version 7,
//! also those of sessions), encrypted columns are opaque bytes.
//!
//! # Adding a repository
//!
//! 1. Its tables go into a new file of `migrations/` (one text for both databases).
//! 2. One file with its row types and a `Repository<E>`: reading methods in `impl<E: Executor>`, writing ones in
//!    `impl Repository<&mut Tx>`. Name it in `repositories!` below.
//! 3. A file in `tests/it/conformance/`, which runs on both databases.

mod answers;
mod api_keys;
mod apis;
mod audit;
mod backlog;
mod backup;
mod channel_log;
mod channels;
mod connections;
mod conversations;
mod db;
mod dead_letters;
mod deployments;
mod drafts;
mod error;
mod health;
mod hot;
mod kept;
mod links;
mod logins;
mod memberships;
mod migrations;
mod page;
mod previews;
mod retention;
mod routes;
mod statistics;
mod throttles;
mod users;
mod versions;
mod workflows;
mod workspaces;

use jiff::Timestamp;

pub use answers::{Answer, Answers};
pub use api_keys::{ApiKey, ApiKeys, NewApiKey};
pub use apis::{Api, ApiChange, Apis, NewApi};
pub use audit::{Actor, Audit, Entry};
pub use backlog::{Backlog, Backlogs, COUNTED};
pub use backup::{BackupError, Restored, Summary, Underway};
pub use channel_log::{ChannelLog, ChannelNote};
pub use channels::{Channel, ChannelChange, Channels, NewChannel};
pub use connections::{Connection, ConnectionChange, ConnectionState, Connections, NewConnection};
pub use conversations::{Conversation, Conversations, JournalEntry, Message, Search, Transcript};
pub use db::{Executor, Tx};
pub use dead_letters::{DeadLetter, DeadLetterFilter, DeadLetters};
pub use deployments::{Deploy, Deployed, Deployment, Deployments, LiveDocument};
pub use drafts::{Draft, Drafts, Put};
pub use error::{Error, Result};
pub use health::Health;
pub use hot::*;
pub use kept::{Kept, KeptEvent, KeptThings};
pub use links::{Link, LinkKind, Links};
pub use logins::{Login, Logins};
pub use memberships::{Member, Membership, Memberships};
pub use migrations::Migrated;
pub use page::Page;
pub use previews::{Preview, Previews};
pub use retention::{AUDIT_DAYS, Retention};
pub use routes::{NewRoute, Route, RouteChange, Routes};
pub use statistics::{Count, Statistics};
pub use throttles::{Throttle, Throttles};
pub use users::{User, Users};
pub use versions::{SavedDocument, Version, Versions};
pub use workflows::{Deletion, NewWorkflow, Pointer, Workflow, WorkflowChange, WorkflowSummary, Workflows};
pub use workspaces::{EnvironmentRow, NewWorkspace, Workspace, WorkspaceChange, Workspaces};

use db::Db;

/// The store: a cheap handle to one database.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) db: Db,
}

impl Store {
    /// Opens `sqlite:PATH` (the file is made if it is not there) or `postgres://…`, with at most `connections` at a
    /// time (SQLite has one writer besides). Neither makes nor checks the schema.
    pub async fn open(address: &str, connections: u32) -> Result<Self> {
        Ok(Self { db: Db::open(address, connections).await? })
    }

    /// Brings the schema to the one of this program.
    pub async fn migrate(&self, now: Timestamp) -> Result<Migrated> {
        migrations::migrate(&self.db, now).await
    }

    /// Fails with [`Error::SchemaOlder`] or [`Error::SchemaNewer`] unless the schema is the one of this program.
    pub async fn check_schema(&self) -> Result<()> {
        migrations::check(&self.db).await
    }

    /// Asks the database something small, to learn whether it answers.
    pub async fn ping(&self) -> Result<()> {
        use db::Queries;
        (&self.db).first("SELECT 1", Vec::new()).await.map(|_| ())
    }

    /// Begins a transaction. On SQLite it waits for the one before to end: keep it short.
    pub async fn begin(&self) -> Result<Tx> {
        self.db.begin().await
    }

    /// Closes all connections, once what runs on them is done.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Makes `store.name()` (reading) and `tx.name()` (reading and writing) for each repository.
macro_rules! repositories {
    ($($name:ident: $Repository:ident,)*) => {
        impl Store {
            $(#[doc = concat!("Reads `", stringify!($name), "`.")]
            pub fn $name(&self) -> $Repository<impl Executor + use<'_>> {
                $Repository { db: &self.db }
            })*
        }

        impl Tx {
            $(#[doc = concat!("Reads and writes `", stringify!($name), "`.")]
            pub fn $name(&mut self) -> $Repository<&mut Tx> {
                $Repository { db: self }
            })*
        }
    };
}

repositories! {
    answers: Answers,
    api_keys: ApiKeys,
    apis: Apis,
    audit: Audit,
    backlog: Backlogs,
    channel_log: ChannelLog,
    channels: Channels,
    connections: Connections,
    conversations: Conversations,
    dead_letters: DeadLetters,
    deployments: Deployments,
    drafts: Drafts,
    kept: KeptThings,
    links: Links,
    logins: Logins,
    memberships: Memberships,
    previews: Previews,
    routes: Routes,
    statistics: Statistics,
    throttles: Throttles,
    users: Users,
    versions: Versions,
    workflows: Workflows,
    workspaces: Workspaces,
}
