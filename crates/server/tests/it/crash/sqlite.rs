//! One server over SQLite, killed again and again.

use super::kills;
use super::place::Place;
use super::stage::Stage;
use crate::cli::{Usher, shown};

/// Contacts that converse at a time.
const CONTACTS: u32 = 24;
/// A file in the server's folder.
const BACKUP: &str = "midway.backup";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing() {
    let mut stage = Stage::set("sqlite", Usher::bare(), Place::Data).await;
    let mut server = stage.server("usher");
    let serve = ["--unknown-wait", "2"];
    server.start(stage.serve(&serve));
    server.ready().await;
    let load = stage.load(CONTACTS);
    let all = kills(25);
    for kill in 0..all {
        if kill == all / 2 {
            server.ready().await;
            back_up(&stage);
        }
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
    if !stage.witness.has_failed() {
        Usher::bare().run(&["restore", &shown(&stage.usher.folder.join(BACKUP))]);
    }
    stage.check().await;
}

/// Makes a backup while the server serves.
fn back_up(stage: &Stage) {
    let told = tokio::task::block_in_place(|| stage.usher.run(&["backup", BACKUP]));
    stage.witness.note(told);
}
