//! One server over SQLite, killed again and again.

use super::kills;
use super::place::Place;
use super::stage::Stage;
use crate::cli::Usher;

/// Contacts that converse at a time.
const CONTACTS: u32 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing() {
    let mut stage = Stage::set("sqlite", Usher::bare(), Place::Data).await;
    let mut server = stage.server("usher");
    let serve = ["--unknown-wait", "2"];
    server.start(stage.serve(&serve));
    server.ready().await;
    let load = stage.load(CONTACTS);
    for _ in 0..kills(25) {
        tokio::time::sleep(stage.chance.millis(300..=1_600)).await;
        server.kill();
        if stage.chance.one_in(4) {
            tokio::time::sleep(stage.chance.millis(0..=700)).await;
        }
        server.start(stage.serve(&serve));
        // Now and then it dies while it starts.
        if !stage.chance.one_in(6) {
            server.ready().await;
        }
        if stage.witness.has_failed() {
            break;
        }
    }
    load.finish().await;
    stage.settle().await;
    server.stop().await;
    stage.check().await;
}
