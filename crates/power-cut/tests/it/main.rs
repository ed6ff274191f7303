//! What SQLite finds after its power was cut.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Executor as _, SqliteConnection};
use usher_power_cut::{Disk, Unsynced};

/// A database in a folder of its own, on a disk.
struct Machine {
    disk: Disk,
    folder: PathBuf,
    options: SqliteConnectOptions,
}

impl Machine {
    async fn new(journal: SqliteJournalMode, synchronous: SqliteSynchronous) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("usher-power-cut-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let disk = Disk::under(&folder).unwrap();
        let options = SqliteConnectOptions::new().filename(folder.join("db")).create_if_missing(true);
        let options = options.journal_mode(journal).pragma("wal_autocheckpoint", "0");
        // The table is there in any case.
        let mut connection = options.clone().synchronous(SqliteSynchronous::Full).connect().await.unwrap();
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, filling TEXT)").await.unwrap();
        Self { disk, folder, options: options.synchronous(synchronous) }
    }

    async fn connect(&self) -> SqliteConnection {
        self.options.connect().await.unwrap()
    }

    /// Lets the power return and looks what is there.
    async fn found(&self) -> Vec<i64> {
        self.disk.restore().unwrap();
        let mut connection = self.connect().await;
        let whole: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(whole, "ok");
        sqlx::query_scalar("SELECT n FROM t ORDER BY n").fetch_all(&mut connection).await.unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Writes a row that takes several pages.
async fn insert(connection: &mut SqliteConnection, n: i64) -> sqlx::Result<()> {
    let insert = sqlx::query("INSERT INTO t VALUES ($1, hex(zeroblob(5000)))").bind(n);
    insert.execute(connection).await.map(|_| ())
}

/// Writes rows and brings the log into the file now and then, until the power is gone; gives how many rows were committed.
async fn write(connection: &mut SqliteConnection) -> i64 {
    for n in 1..=6 {
        if insert(connection, n).await.is_err() {
            return n - 1;
        }
        let checkpoint = ["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(RESTART)"];
        if n % 2 == 0 && connection.execute(checkpoint[n as usize / 2 % 2]).await.is_err() {
            return n;
        }
    }
    6
}

#[tokio::test]
async fn what_is_committed_is_there_if_it_was_synced() {
    for (synchronous, left) in [(SqliteSynchronous::Full, vec![1, 2]), (SqliteSynchronous::Off, vec![])] {
        let machine = Machine::new(SqliteJournalMode::Wal, synchronous).await;
        let mut connection = machine.connect().await;
        insert(&mut connection, 1).await.unwrap();
        insert(&mut connection, 2).await.unwrap();
        machine.disk.cut(Unsynced::Lost);
        assert_eq!(machine.found().await, left, "{synchronous:?}");
    }
}

#[tokio::test]
async fn a_disk_that_lies_has_nothing() {
    let folder = std::env::temp_dir().join(format!("usher-power-cut-lies-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let disk = Disk::that_lies_under(&folder).unwrap();
    let options = SqliteConnectOptions::new().filename(folder.join("db")).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    options.connect().await.unwrap().execute("CREATE TABLE t (n INTEGER PRIMARY KEY)").await.unwrap();
    disk.cut(Unsynced::Lost);
    disk.restore().unwrap();
    assert_eq!(std::fs::metadata(folder.join("db")).unwrap().len(), 0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn what_was_open_is_broken_for_good() {
    let machine = Machine::new(SqliteJournalMode::Wal, SqliteSynchronous::Full).await;
    let mut before = machine.connect().await;
    before.execute("BEGIN IMMEDIATE").await.unwrap();
    insert(&mut before, 1).await.unwrap();
    machine.disk.cut(Unsynced::Lost);
    assert!(machine.disk.is_off());
    assert!(machine.options.connect().await.is_err(), "nothing can be opened without power");
    assert!(before.execute("COMMIT").await.is_err());
    assert_eq!(machine.found().await, Vec::<i64>::new());
    assert!(!machine.disk.is_off());
    assert!(insert(&mut before, 2).await.is_err(), "it does not come back with the power");
    let mut after = machine.connect().await;
    insert(&mut after, 3).await.unwrap();
    drop(before);
    machine.disk.cut(Unsynced::Lost);
    assert_eq!(machine.found().await, [3]);
}

#[tokio::test]
async fn what_is_elsewhere_is_left_alone() {
    let machine = Machine::new(SqliteJournalMode::Wal, SqliteSynchronous::Off).await;
    let elsewhere = machine.folder.join("deeper");
    std::fs::create_dir(&elsewhere).unwrap();
    let options = machine.options.clone().filename(elsewhere.join("db"));
    let mut connection = options.connect().await.unwrap();
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, filling TEXT)").await.unwrap();
    machine.disk.cut(Unsynced::Lost);
    insert(&mut connection, 1).await.unwrap();
    machine.disk.restore().unwrap();
    insert(&mut connection, 2).await.unwrap();
}

/// Cuts the power in place of every operation there is, in the midst of transactions and of checkpoints.
async fn at_every_operation(journal: SqliteJournalMode) -> u64 {
    for operation in 0.. {
        let mut lived = true;
        for unsynced in (0..2).map(|seed| Unsynced::Torn { seed }).chain([Unsynced::Lost]) {
            let machine = Machine::new(journal, SqliteSynchronous::Full).await;
            let mut connection = machine.connect().await;
            machine.disk.cut_at(machine.disk.operations() + operation, unsynced);
            let committed = write(&mut connection).await;
            lived &= !machine.disk.is_off();
            let found = machine.found().await;
            assert_eq!(found, (1..=found.len() as i64).collect::<Vec<_>>(), "one after the other");
            let may_be = committed..=committed + 1;
            assert!(may_be.contains(&(found.len() as i64)), "{found:?} of {committed} at {operation} {unsynced:?}");
        }
        if lived {
            return operation;
        }
    }
    unreachable!("it ends")
}

#[tokio::test]
async fn a_log_is_whole_whenever_the_power_is_cut() {
    assert!(at_every_operation(SqliteJournalMode::Wal).await > 40);
}

#[tokio::test]
async fn a_journal_is_whole_whenever_the_power_is_cut() {
    assert!(at_every_operation(SqliteJournalMode::Delete).await > 40);
}

/// Nobody waits for the disk, but the log keeps its order.
#[tokio::test]
async fn the_end_of_a_log_may_be_torn_anywhere() {
    let mut ends = BTreeSet::new();
    for seed in 0..40 {
        let machine = Machine::new(SqliteJournalMode::Wal, SqliteSynchronous::Normal).await;
        let mut connection = machine.connect().await;
        for n in 1..=4 {
            insert(&mut connection, n).await.unwrap();
        }
        machine.disk.cut(Unsynced::Torn { seed });
        let found = machine.found().await;
        assert_eq!(found, (1..=found.len() as i64).collect::<Vec<_>>(), "one after the other");
        ends.insert(found.len());
    }
    assert!(ends.len() > 2, "{ends:?}");
}
