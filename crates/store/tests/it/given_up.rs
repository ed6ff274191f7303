//! Who asks the database may be gone before it answers.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::{Connection as _, PgConnection};

use crate::database::Database;

/// How long a connection may take to leave a transaction that nobody wants any more.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_given_up_while_it_begins_leaves_no_connection_inside_it() {
    let database = Database::postgres().await;
    for _ in 0..50 {
        // So that a connection is at hand.
        database.store.ping().await.unwrap();
        // The database is asked, and its answer is not waited for.
        drop(database.store.begin().now_or_never());
    }
    let mut outside = PgConnection::connect(&database.address).await.unwrap();
    let give_up = Instant::now() + SOON;
    loop {
        let sql = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let open: i64 = sqlx::query_scalar(sql).fetch_one(&mut outside).await.unwrap();
        if open == 0 {
            break;
        }
        assert!(Instant::now() < give_up, "{open} connections are in a transaction that nobody wants");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    outside.close().await.unwrap();
    database.remove().await;
}
