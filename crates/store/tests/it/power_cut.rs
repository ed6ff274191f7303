//! Power cuts in the midst of random histories on SQLite: what was told to last is there, and nothing is there by half.
//!
//! A history is lived through twice, the first time without a cut, to learn what there is after each step. What is found
//! after a cut must be one of these, and none from before the last step that was told to last.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use usher_engine::effect::EffectKind;
use usher_power_cut::{Disk, Unsynced};
use usher_store::{DeliveryState, DueEffect, Hot as _, Outcome, Result, Settlement, Status, Store};

use crate::conformance::people::at;
use crate::conformance::stage::{Play, answer, key, lease, written};
use crate::database::{Database, own_folder};

const ADDRESSES: [&str; 3] = ["ann", "ben", "cat"];

#[derive(Debug, Clone)]
enum Step {
    /// Commits a turn at each of these addresses, which asks for something.
    Commit {
        at: BTreeSet<usize>,
        sends: u8,
        calls: bool,
    },
    /// Takes what is due.
    Take,
    /// Settles so much of what was taken.
    Settle {
        effects: usize,
        how: u8,
    },
    /// Learns that what was taken first has arrived.
    Status,
    Beat,
    /// Brings the log into the file, as is done now and then.
    Checkpoint,
}

fn step() -> impl Strategy<Value = Step> {
    let some = prop::collection::btree_set(0..ADDRESSES.len(), 1..=ADDRESSES.len());
    prop_oneof![
        4 => (some, 0..3_u8, any::<bool>()).prop_map(|(at, sends, calls)| Step::Commit { at, sends, calls }),
        3 => Just(Step::Take),
        4 => (1..4_usize, 0..4_u8).prop_map(|(effects, how)| Step::Settle { effects, how }),
        1 => Just(Step::Status),
        1 => Just(Step::Beat),
        1 => Just(Step::Checkpoint),
    ]
}

/// When the power is cut, as a part of the history in thousandths, and what becomes of what was not synced.
fn cut() -> impl Strategy<Value = (u64, Unsynced)> {
    let torn = any::<u64>().prop_map(|seed| Unsynced::Torn { seed });
    (0..1_000_u64, prop_oneof![Just(Unsynced::Lost), torn])
}

/// A database on a disk.
struct Machine {
    disk: Disk,
    file: PathBuf,
}

impl Machine {
    fn new(disk: fn(&Path) -> std::io::Result<Disk>, database: &[u8]) -> Self {
        let folder = own_folder();
        let file = folder.join("usher.db");
        std::fs::write(&file, database).unwrap();
        Self { disk: disk(&folder).unwrap(), file }
    }

    async fn open(&self) -> Life {
        let store = Store::open(&format!("sqlite:{}", self.file.display()), 2).await.unwrap();
        let beside = SqliteConnectOptions::new().filename(&self.file).connect().await.unwrap();
        Life { store, beside, now: 10, taken: Vec::new() }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.file.parent().unwrap());
    }
}

/// A process, from its start to its end.
struct Life {
    store: Store,
    beside: SqliteConnection,
    now: i64,
    taken: Vec<DueEffect>,
}

impl Life {
    /// Takes a step; says whether what it changed is to last.
    async fn take(&mut self, step: &Step) -> Result<bool> {
        self.now += 1;
        let now = at(self.now);
        match step {
            Step::Commit { at, sends, calls } => {
                let mut turns = Vec::new();
                for address in at.iter().map(|place| ADDRESSES[*place]) {
                    let loaded = self.store.load(&[key(address)]).await?.remove(0);
                    let mut play = Play::on(&loaded, written(address, &self.now.to_string()), now);
                    for number in 0..*sends {
                        play = play.sends(&number.to_string());
                    }
                    turns.push(if *calls { play.calls() } else { play }.record());
                }
                self.store.commit(turns, None).await?;
            }
            Step::Take => self.taken.extend(self.store.due_effects(now, 10, &lease("one", self.now + 5)).await?),
            Step::Settle { effects, how } => {
                let settled = self.taken.drain(..self.taken.len().min(*effects));
                let settlements =
                    settled.map(|due| Settlement { outcome: outcome(&due, *how, now), effect: due.effect.id });
                return Ok(!self.store.settle(settlements.collect(), now).await?.is_empty());
            }
            Step::Status => {
                let sends = self.taken.iter().filter(|due| matches!(due.effect.kind, EffectKind::Send { .. }));
                let statuses = sends.take(1).map(|due| Status {
                    workspace: due.key.workspace.clone(),
                    channel: due.key.channel.clone(),
                    provider_id: due.effect.id.to_string(),
                    effect: Some(due.effect.id.clone()),
                    state: DeliveryState::Delivered,
                    failure: None,
                    at: now,
                });
                self.store.record_statuses(statuses.collect(), now).await?;
            }
            Step::Beat => {
                self.store.beat("one", now, 1_000_000).await?;
            }
            Step::Checkpoint => {
                sqlx::query("PRAGMA wal_checkpoint(RESTART)").execute(&mut self.beside).await?;
            }
        }
        Ok(true)
    }

    /// Returns all rows of all tables.
    async fn rows(&mut self) -> Vec<String> {
        let sql = "SELECT group_concat(text, ' UNION ALL ') FROM (
                SELECT 'SELECT ''' || t.name || '''' || group_concat(' || '' '' || quote(' || c.name || ')', '') || ' FROM ' || t.name
                    AS text
                FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name
            )";
        let every: String = sqlx::query_scalar(sql).fetch_one(&mut self.beside).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(format!("{every} ORDER BY 1"))).fetch_all(&mut self.beside).await.unwrap()
    }

    async fn is_whole(&mut self) -> bool {
        let said: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut self.beside).await.unwrap();
        said == "ok"
    }
}

fn outcome(due: &DueEffect, how: u8, now: jiff::Timestamp) -> Outcome {
    let error = "no answer".to_owned();
    match (&due.effect.kind, how) {
        (EffectKind::Call { .. }, _) => Outcome::Answered { event: answer(&due.effect.id), at: now },
        (_, 0) => Outcome::Retry { at: now, error },
        (_, 1) => Outcome::Unknown { until: now, error },
        (_, 2) => Outcome::Dead { error, provider: None, event: None, at: now },
        _ => Outcome::Sent { provider_id: Some(due.effect.id.to_string()), provider: None },
    }
}

/// Lives through a history without a cut; gives what is there before and after each step, and how often the disk was used.
async fn foresee(steps: &[Step], database: &[u8]) -> (Vec<Vec<String>>, u64) {
    let machine = Machine::new(Disk::under, database);
    let mut life = machine.open().await;
    let mut states = vec![life.rows().await];
    for step in steps {
        life.take(step).await.unwrap();
        states.push(life.rows().await);
    }
    let operations = machine.disk.operations();
    life.store.close().await;
    (states, operations)
}

/// Lives through a history until the power is cut, and looks what is left.
async fn cut_off(
    machine: &Machine,
    steps: &[Step],
    states: &[Vec<String>],
    operation: u64,
    unsynced: Unsynced,
) -> std::result::Result<(), TestCaseError> {
    let mut life = machine.open().await;
    machine.disk.cut_at(operation, unsynced);
    let (mut lasting, mut begun) = (0, 0);
    for step in steps {
        begun += 1;
        match life.take(step).await {
            // A step that changes nothing leaves nothing to be synced.
            Ok(lasts) if lasts && states[begun] != states[begun - 1] => lasting = begun,
            Ok(_) => {}
            Err(error) => {
                prop_assert!(machine.disk.is_off(), "{step:?}: {error}");
                break;
            }
        }
    }
    machine.disk.cut(unsynced);
    life.store.close().await;
    machine.disk.restore().unwrap();
    let mut after = machine.open().await;
    prop_assert!(after.is_whole().await);
    let rows = after.rows().await;
    let found = states.iter().position(|state| *state == rows);
    let may_be = lasting..=begun;
    prop_assert!(
        states[may_be.clone()].contains(&rows),
        "step {found:?} is there, of {may_be:?}, {operation} {unsynced:?}"
    );
    after.store.close().await;
    Ok(())
}

/// Cuts the power in random histories, a few times in each.
fn histories(cases: u32, disk: fn(&Path) -> std::io::Result<Disk>) -> std::result::Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(async {
        let database = Database::sqlite().await;
        database.store.close().await;
        let bytes = std::fs::read(database.address.strip_prefix("sqlite:").unwrap()).unwrap();
        database.remove().await;
        bytes
    });
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() };
    let cuts = (prop::collection::vec(step(), 1..25), prop::collection::vec(cut(), 4));
    let lived = TestRunner::new(config).run(&cuts, |(steps, cuts)| {
        runtime.block_on(async {
            let (states, operations) = foresee(&steps, &database).await;
            for (part, unsynced) in cuts {
                let machine = Machine::new(disk, &database);
                cut_off(&machine, &steps, &states, operations * part / 1_000, unsynced).await?;
            }
            Ok(())
        })
    });
    lived.map_err(|error| match error {
        TestError::Fail(why, (steps, cuts)) => format!("{why}: {steps:?}, {cuts:?}"),
        TestError::Abort(why) => why.to_string(),
    })
}

#[test]
fn what_was_told_to_last_lasts_and_nothing_is_there_by_half() {
    histories(24, Disk::under).unwrap();
}

#[test]
fn it_would_be_noticed_if_nothing_lasted() {
    // A state from before, or a file that is not whole.
    assert!(histories(24, Disk::that_lies_under).is_err());
}
