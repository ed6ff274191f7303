//! Opening a database and bringing its schema along.

use usher_store::{Error, Migrated, Store, WorkspaceChange};

use crate::conformance::people::at;
use crate::database::{Database, run};

async fn an_older_or_newer_schema_is_said_so(database: Database) {
    let store = &database.store;
    store.check_schema().await.unwrap();
    store.ping().await.unwrap();
    let again = store.migrate(at(1)).await.unwrap();
    assert_eq!(again.from, again.to);
    run(store, "UPDATE schema_steps SET number = number + 1000 WHERE number = (SELECT max(number) FROM schema_steps)")
        .await;
    let newer = store.check_schema().await.unwrap_err();
    assert!(matches!(newer, Error::SchemaNewer { found, needed } if found == needed + 1000), "{newer}");
    assert!(matches!(store.migrate(at(2)).await, Err(Error::SchemaNewer { .. })));
    run(store, "DELETE FROM schema_steps").await;
    let older = store.check_schema().await.unwrap_err();
    assert!(older.to_string().contains("run `usher migrate`"), "{older}");
    run(store, "DROP TABLE schema_steps").await;
    let older = store.check_schema().await.unwrap_err();
    assert!(matches!(older, Error::SchemaOlder { found: 0, .. }), "{older}");
    database.remove().await;
}

async fn two_may_migrate_at_once(database: Database) {
    let other = Store::open(&database.address, 2).await.unwrap();
    let (one, two) = tokio::join!(database.store.migrate(at(1)), other.migrate(at(1)));
    let Migrated { from, to } = one.unwrap();
    assert_eq!((from, two.unwrap().to), (to, to));
    other.close().await;
    database.remove().await;
}

#[tokio::test]
async fn an_older_or_newer_schema_is_said_so_on_sqlite() {
    an_older_or_newer_schema_is_said_so(Database::sqlite().await).await;
}

#[tokio::test]
async fn an_older_or_newer_schema_is_said_so_on_postgres() {
    an_older_or_newer_schema_is_said_so(Database::postgres().await).await;
}

#[tokio::test]
async fn two_may_migrate_at_once_on_sqlite() {
    two_may_migrate_at_once(Database::sqlite().await).await;
}

#[tokio::test]
async fn two_may_migrate_at_once_on_postgres() {
    two_may_migrate_at_once(Database::postgres().await).await;
}

#[tokio::test]
async fn an_address_that_names_no_database_is_refused_without_its_password() {
    for address in ["", "mysql://a:secret@b/c", "sqlite:", "usher.db", "postgres://a:secret@b:port/c"] {
        let error = Store::open(address, 2).await.unwrap_err();
        assert!(matches!(error, Error::Address(_)), "{address}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let nowhere = Store::open("sqlite:/nowhere/usher.db", 2).await.unwrap_err();
    assert!(nowhere.is_transient(), "{nowhere:?}");
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_anew() {
    let database = Database::sqlite().await;
    let key = crate::conformance::people::workspace(&database.store, "shop").await;
    // What is dropped is rolled back.
    let mut tx = database.store.begin().await.unwrap();
    let change = WorkspaceChange { name: Some("Stall".to_owned()), ..WorkspaceChange::default() };
    tx.workspaces().change(&key, &change).await.unwrap();
    drop(tx);
    let reader = Store::open(&database.address, 2).await.unwrap();
    let workspace = reader.workspaces().get(&key).await.unwrap().unwrap();
    assert_eq!((workspace.revision, workspace.name.as_str()), (1, "SHOP"));
    reader.close().await;
    database.remove().await;
}
