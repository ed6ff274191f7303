//! Databases for tests: each test has its own, and takes it away.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor as _, PgConnection, SqlSafeStr as _};
use usher_store::{Executor as _, Store};

use crate::conformance::people::at;

/// A database of one test.
pub(crate) struct Database {
    pub(crate) store: Store,
    /// What `Store::open` opens.
    pub(crate) address: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Server { address: String, name: String },
}

static MADE: AtomicU32 = AtomicU32::new(0);

fn own_name() -> String {
    format!("usher_store_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

/// Makes a folder of its own.
pub(crate) fn own_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(own_name());
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Database {
    /// Makes a SQLite database in a folder of its own.
    pub(crate) async fn sqlite() -> Self {
        let folder = own_folder();
        let address = format!("sqlite:{}", folder.join("usher.db").display());
        Self::migrated(address, Place::Folder(folder)).await
    }

    /// Makes a PostgreSQL database on the server that the tests are given.
    pub(crate) async fn postgres() -> Self {
        let server = std::env::var("USHER_TEST_POSTGRES").expect(
            "USHER_TEST_POSTGRES is not set: run the tests under `scripts/services run -- …`, which starts PostgreSQL for them",
        );
        let name = own_name();
        let mut connection = PgConnection::connect(&server).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.unwrap();
        connection.close().await.unwrap();
        let (base, _) = server.rsplit_once('/').expect("the address names a database");
        let address = format!("{base}/{name}");
        Self::migrated(address, Place::Server { address: server, name }).await
    }

    async fn migrated(address: String, place: Place) -> Self {
        let store = Store::open(&address, 4).await.unwrap();
        store.migrate(at(0)).await.unwrap();
        Self { store, address, place }
    }

    /// Returns the names of the tables; a part of a table is no table.
    pub(crate) async fn tables(&self) -> BTreeSet<String> {
        let names: Vec<String> = match self.address.strip_prefix("sqlite:") {
            Some(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
            None => {
                let mut connection = PgConnection::connect(&self.address).await.unwrap();
                let sql = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
                    AND relnamespace = current_schema()::regnamespace";
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
        };
        names.into_iter().collect()
    }

    /// Closes the database and takes it away.
    pub(crate) async fn remove(self) {
        self.store.close().await;
        match self.place {
            Place::Folder(folder) => std::fs::remove_dir_all(folder).unwrap(),
            Place::Server { address, name } => {
                let mut connection = PgConnection::connect(&address).await.unwrap();
                connection.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
            }
        }
    }
}

/// Runs SQL as somebody would who is not Usher.
pub(crate) async fn run(store: &Store, sql: &'static str) {
    let mut tx = store.begin().await.unwrap();
    tx.run(sql.into_sql_str(), Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}
