//! Backups: taken while others write, restored into either database.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::MultiGzDecoder;
use serde_json::json;
use usher_engine::environment::Environment::Production;
use usher_engine::event::{Answer, EventKind};
use usher_store::{
    BackupError, DeadLetterFilter, DeliveryState, Error, Hot, Kept, Restored, Standing, Store, Underway,
};

use crate::conformance::people::{at, workspace};
use crate::conformance::stage::{Play, key, lease, load};
use crate::database::{Database, run};

async fn backup(store: &Store) -> Vec<u8> {
    store.backup(Vec::new(), at(100), "0.1.0").await.unwrap().0
}

async fn restore(store: &Store, backup: &[u8], underway: Underway) -> Result<Restored, BackupError> {
    store.restore(backup, underway, at(200)).await
}

/// The lines of a backup: the header, and the rows of each table in some order.
fn lines(backup: &[u8]) -> (String, BTreeMap<String, BTreeSet<String>>) {
    let mut lines = BufReader::new(MultiGzDecoder::new(backup)).lines().map(Result::unwrap);
    let header = lines.next().unwrap();
    let mut rows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in lines {
        if let Some(name) = line.strip_prefix("{\"table\":\"") {
            table = name.trim_end_matches("\"}").to_owned();
        } else if line.starts_with('[') {
            rows.entry(table.clone()).or_default().insert(line);
        }
    }
    (header, rows)
}

/// Fills a database with something of everything that a turn writes.
async fn stage(store: &Store) {
    let shop = workspace(store, "shop").await;
    Play::written(store, "ann", "hi \u{1F600} \"there\"", 10).await.named("Ann").sends("Hello").commit(store).await;
    Play::written(store, "ben", "hi", 11).await.sends("Bye").ends().commit(store).await;
    let call = Play::written(store, "cid", "hi", 12).await.calls().expires(700);
    call.commit_leased(store, &lease("one", 1000)).await;
    let kept = Kept {
        id: "1".to_owned(),
        workspace: shop,
        environment: Production,
        channel: "main".to_owned(),
        at: at(20),
        problem: "no JSON".to_owned(),
        body: vec![0, 159, 255],
        bytes: 3,
        event: None,
    };
    let mut tx = store.begin().await.unwrap();
    tx.kept().keep(&kept).await.unwrap();
    tx.commit().await.unwrap();
    store.beat("one", at(20), 5_000).await.unwrap();
}

#[tokio::test]
async fn from_one_database_to_the_other_and_back_nothing_changes() {
    let first = Database::sqlite().await;
    stage(&first.store).await;
    let taken = backup(&first.store).await;
    let told = Store::check_backup(&*taken).unwrap();
    assert_eq!((told.taken_at, told.rows["sessions"], told.rows["messages"]), (at(100), 3, 5));

    let second = Database::postgres().await;
    let restored = restore(&second.store, &taken, Underway::GoesOn).await.unwrap();
    assert_eq!((restored.summary, restored.given_up), (told, 0));
    let taken_there = backup(&second.store).await;
    let third = Database::sqlite().await;
    restore(&third.store, &taken_there, Underway::GoesOn).await.unwrap();
    let taken_back = backup(&third.store).await;

    let (one, two, three) = (lines(&taken), lines(&taken_there), lines(&taken_back));
    assert_eq!((&one.0, &two.0), (&two.0, &three.0));
    assert_eq!(two.1, three.1);
    // A lease is over, for who held it is not there; everything else is as it was.
    let (mut before, mut after) = (one.1, two.1);
    assert_ne!(before.remove("effects"), after.remove("effects"));
    assert_eq!(before, after);
    assert!(before.values().map(BTreeSet::len).sum::<usize>() > 20, "{before:#?}");
    let due = third.store.due_effects(at(300), 10, &lease("two", 400)).await.unwrap();
    let standings: Vec<Standing> = due.iter().map(|due| due.standing).collect();
    assert_eq!(standings, [Standing::Interrupted, Standing::Fresh, Standing::Fresh]);
    for database in [first, second, third] {
        database.remove().await;
    }
}

async fn what_was_under_way_is_given_up(from: Database, to: Database) {
    stage(&from.store).await;
    let taken = backup(&from.store).await;
    let store = &to.store;
    let restored = restore(store, &taken, Underway::GivenUp).await.unwrap();
    assert_eq!(restored.given_up, 3);
    assert_eq!(store.due_effects(at(300), 10, &lease("two", 400)).await.unwrap(), []);
    let all = DeadLetterFilter::all("id-shop", Production);
    let letters = store.dead_letters().list(&all, None, 10).await.unwrap().items;
    assert_eq!(letters.len(), 3);
    assert!(letters[0].error.contains("in the backup of 1970-01-01T00:01:40Z"), "{}", letters[0].error);
    let ann = load(store, "ann").await;
    let messages = store.conversations().messages(&ann.running().unwrap().id, 0, 10).await.unwrap();
    assert_eq!(messages[1].state, Some(DeliveryState::Failed));
    // The session that waits for a call learns that it failed, and does not wait for ever.
    let events = store.pending_events(at(300), at(400), 10).await.unwrap();
    let [event] = events.as_slice() else { panic!("one event, not {events:?}") };
    assert_eq!(event.key, key("cid"));
    assert!(matches!(&event.event.kind, EventKind::CallAnswered { answer: Answer::Failed { message, .. }, .. }
        if message.contains("may have been carried out since")));
    from.remove().await;
    to.remove().await;
}

#[tokio::test]
async fn what_was_under_way_is_given_up_on_sqlite() {
    what_was_under_way_is_given_up(Database::sqlite().await, Database::sqlite().await).await;
}

#[tokio::test]
async fn what_was_under_way_is_given_up_on_postgres() {
    what_was_under_way_is_given_up(Database::postgres().await, Database::postgres().await).await;
}

async fn an_interrupted_restore_is_known(from: Database, to: Database) {
    stage(&from.store).await;
    let taken = backup(&from.store).await;
    let store = &to.store;
    let torn = restore(store, &taken[..taken.len() - 30], Underway::GivenUp).await.unwrap_err();
    assert!(torn.to_string().contains("the file ends in it"), "{torn}");
    assert!(matches!(store.check_schema().await, Err(Error::Restoring)));
    assert!(matches!(store.migrate(at(300)).await, Err(Error::Restoring)));
    let refused = store.backup(Vec::new(), at(300), "0.1.0").await.unwrap_err();
    assert!(refused.to_string().contains("run `usher restore`"), "{refused}");

    restore(store, &taken, Underway::GivenUp).await.unwrap();
    store.check_schema().await.unwrap();
    assert!(load(store, "ann").await.known);
    let again = restore(store, &taken, Underway::GivenUp).await.unwrap_err();
    assert!(matches!(&again, BackupError::NotEmpty(table) if table == "workspaces"), "{again}");
    from.remove().await;
    to.remove().await;
}

#[tokio::test]
async fn an_interrupted_restore_is_known_on_sqlite() {
    an_interrupted_restore_is_known(Database::sqlite().await, Database::sqlite().await).await;
}

#[tokio::test]
async fn an_interrupted_restore_is_known_on_postgres() {
    an_interrupted_restore_is_known(Database::postgres().await, Database::postgres().await).await;
}

#[tokio::test]
async fn what_is_no_backup_is_refused_before_anything_is_touched() {
    let database = Database::sqlite().await;
    let told = restore(&database.store, b"PK\x03\x04", Underway::GivenUp).await.unwrap_err();
    assert!(matches!(told, BackupError::Form(_)), "{told}");
    let mut newer = backup(&database.store).await;
    run(&database.store, "INSERT INTO schema_steps VALUES (1000, 'later', 0)").await;
    let refused = database.store.backup(Vec::new(), at(1), "0.1.0").await.unwrap_err();
    assert!(matches!(refused, BackupError::Store(Error::SchemaNewer { .. })), "{refused}");
    run(&database.store, "DELETE FROM schema_steps WHERE number = 1000").await;
    newer.extend_from_slice(b"more");
    let told = Store::check_backup(&*newer).unwrap_err();
    assert!(told.to_string().contains("something follows the end"), "{told}");
    database.store.check_schema().await.unwrap();
    database.remove().await;
}

/// Customers write all the time; the backup shows each conversation as it was at one moment.
async fn a_backup_while_others_write_is_of_one_moment(from: Database, to: Database) {
    workspace(&from.store, "shop").await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, stop) = (from.store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut turns = 0;
            while !stop.load(Ordering::Relaxed) {
                let customers = (0..20).map(|customer| format!("c{customer}"));
                let mut plays = Vec::new();
                for customer in customers {
                    let words = format!("{turns}");
                    plays.push(Play::written(&store, &customer, &words, 10 + turns).await.sends("Hello").record());
                }
                store.commit(plays, None).await.unwrap();
                turns += 1;
            }
            turns
        })
    };
    let turns = async || {
        let loaded = load(&from.store, "c0").await;
        loaded.position / 2
    };
    while turns().await < 3 {
        tokio::task::yield_now().await;
    }
    let mut latest = Vec::new();
    for _ in 0..5 {
        let before = turns().await;
        latest = backup(&from.store).await;
        while turns().await < before + 2 {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let all = writer.await.unwrap();
    restore(&to.store, &latest, Underway::GoesOn).await.unwrap();
    let mut seen = BTreeSet::new();
    for customer in 0..20 {
        let loaded = load(&to.store, &format!("c{customer}")).await;
        let session = loaded.running().unwrap().id.clone();
        let kept =
            to.store.conversations().get("id-shop", Production, session.as_str(), 10_000).await.unwrap().unwrap();
        let versions: Vec<i64> = kept.journal.iter().map(|turn| turn.version).collect();
        assert_eq!(versions, (1..=kept.conversation.version).collect::<Vec<_>>());
        let positions: Vec<i64> = kept.messages.iter().map(|message| message.position).collect();
        assert_eq!(positions, (1..=2 * kept.conversation.version).collect::<Vec<_>>());
        seen.insert(kept.conversation.version);
    }
    // All twenty are committed together, so all are equally far.
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen.iter().all(|version| *version < all), "the writer went on after the backup: {seen:?} of {all}");
    from.remove().await;
    to.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_while_others_write_is_of_one_moment_on_sqlite() {
    a_backup_while_others_write_is_of_one_moment(Database::sqlite().await, Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_while_others_write_is_of_one_moment_on_postgres() {
    a_backup_while_others_write_is_of_one_moment(Database::postgres().await, Database::sqlite().await).await;
}

/// Whoever adds a table says whether it belongs into a backup.
async fn every_table_is_taken_or_left_out(database: Database) {
    let (header, _) = lines(&backup(&database.store).await);
    let header: serde_json::Value = serde_json::from_str(&header).unwrap();
    let mut known: BTreeSet<String> =
        header["tables"].as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap().to_owned()).collect();
    known.extend(["schema_steps", "processes", "logins", "throttles"].map(str::to_owned));
    assert_eq!(database.tables().await, known, "name new tables in src/backup/tables.rs");
    assert_eq!(header["usher"], json!("backup/1"));
    database.remove().await;
}

#[tokio::test]
async fn every_table_is_taken_or_left_out_on_sqlite() {
    every_table_is_taken_or_left_out(Database::sqlite().await).await;
}

#[tokio::test]
async fn every_table_is_taken_or_left_out_on_postgres() {
    every_table_is_taken_or_left_out(Database::postgres().await).await;
}
