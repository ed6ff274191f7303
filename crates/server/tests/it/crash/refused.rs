//! A disk that is full, a database that only lets itself be read: new work is refused, nothing that was acknowledged is
//! lost, and all goes on by itself once the trouble is over.

use std::time::Duration;

use super::place::Place;
use super::servers::Server;
use super::small_disk::SmallDisk;
use super::stage::Stage;
use crate::cli::Usher;
use crate::postgres_server::PostgresServer;

const CONTACTS: u32 = 8;
/// Room for the database and its log.
const MEBIBYTES: u32 = 64;
/// How long the server may take to notice, on a machine that has much else to do.
const SOON: Duration = Duration::from_secs(30);
/// How long the trouble lasts, once it is noticed.
const TROUBLE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_new_work_and_loses_nothing() {
    let usher = Usher::bare();
    let disk = SmallDisk::mount(&usher.data(), MEBIBYTES);
    let place = Place::OnDisk(disk.seen_from_outside());
    let stage = Stage::set("full-disk", usher.sent(disk.sent_there()), place).await;
    goes_through_trouble(stage, async |is_full| if is_full { disk.fill() } else { disk.free() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_refuses_new_work_and_loses_nothing() {
    let postgres = PostgresServer::start().await;
    let place = Place::Postgres(postgres.database("usher").await);
    let stage = Stage::set("read-only", Usher::bare(), place).await;
    goes_through_trouble(stage, async |is_read_only| postgres.set_read_only(is_read_only).await).await;
}

/// Lets a server get into trouble and out of it, twice, under load.
async fn goes_through_trouble(mut stage: Stage, mut set: impl AsyncFnMut(bool)) {
    let mut server = stage.server("usher");
    server.start(stage.serve(&["--unknown-wait", "2"]));
    server.ready().await;
    let load = stage.load(CONTACTS);
    tokio::time::sleep(Duration::from_secs(2)).await;

    for _ in 0..2 {
        let began = stage.witness.now();
        set(true).await;
        stage.witness.note("the trouble begins");
        is_refused(&stage, &server).await;
        tokio::time::sleep(TROUBLE).await;
        set(false).await;
        stage.witness.note("the trouble is over");
        is_taken(&stage, &server).await;
        stage.witness.note_outage(began, stage.witness.now());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    load.finish().await;
    stage.settle().await;
    server.stop().await;
    stage.check().await;
}

/// Waits until the contacts' webhooks are refused, and the server says that it is not ready.
async fn is_refused(stage: &Stage, server: &Server) {
    let before = stage.witness.seen().webhooks.unavailable;
    until("webhooks are refused", async || stage.witness.seen().webhooks.unavailable > before).await;
    until("the server is not ready", async || server.readiness().await == Some(503)).await;
}

/// Waits until they are taken again.
async fn is_taken(stage: &Stage, server: &Server) {
    until("the server is ready", async || server.readiness().await == Some(200)).await;
    let before = stage.witness.seen().webhooks.acknowledged;
    until("webhooks are taken", async || stage.witness.seen().webhooks.acknowledged > before).await;
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let give_up = tokio::time::Instant::now() + SOON;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < give_up, "it did not happen in time: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
