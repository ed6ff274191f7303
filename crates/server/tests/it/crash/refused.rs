//! A disk that is full or read-only, under the server, PostgreSQL or NATS, a database that only lets itself be read: new
//! work is refused, nothing that was acknowledged is lost, and all goes on once the trouble is over.

use std::time::Duration;

use super::place::{Place, Stream};
use super::servers::Server;
use super::small_disk::SmallDisk;
use super::stage::Stage;
use crate::cli::Usher;
use crate::nats_servers::NatsServers;
use crate::postgres_server::{PostgresServer, owner};

const CONTACTS: u32 = 8;
/// Room for the database and its log; that of PostgreSQL has more in it to begin with.
const MEBIBYTES: u32 = 64;
const MEBIBYTES_OF_POSTGRES: u32 = 192;
const SERVE: [&str; 2] = ["--unknown-wait", "2"];
/// How long the server may take to notice, on a machine that has much else to do.
const SOON: Duration = Duration::from_secs(30);
/// How long the trouble lasts, once it is noticed.
const TROUBLE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_new_work_and_loses_nothing() {
    let (disk, stage) = on_a_small_disk("full-disk").await;
    goes_through_trouble(stage, Readiness::NotReady, async |_, _, is_full| set_full(&disk, is_full)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_disk_refuses_new_work_and_loses_nothing() {
    let (disk, stage) = on_a_small_disk("read-only-disk").await;
    // A disk is found read-only by a server that starts: it does not become so under one that has files open to write.
    goes_through_trouble(stage, Readiness::NotReady, async |stage, server, is_read_only| {
        if is_read_only {
            server.kill();
        }
        disk.set_read_only(is_read_only);
        if is_read_only {
            server.start(stage.serve(&SERVE));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_postgres_refuses_new_work_and_loses_nothing() {
    let usher = Usher::bare();
    let disk = SmallDisk::mount_for(owner(), &usher.folder.join("postgres"), MEBIBYTES_OF_POSTGRES);
    let mut postgres = PostgresServer::start_on(&disk.seen_from_outside()).await;
    let place = Place::Postgres(postgres.database("usher").await);
    let stage = Stage::set("full-postgres", usher, place).await;
    goes_through_trouble(stage, Readiness::Either, async |_, _, is_full| {
        set_full(&disk, is_full);
        if !is_full {
            // Without room for its log it ends.
            postgres.revive().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_nats_refuses_new_work_and_loses_nothing() {
    let usher = Usher::bare();
    let disk = SmallDisk::mount(&usher.folder.join("nats"), MEBIBYTES);
    let store = disk.seen_from_outside();
    let config = format!("jetstream {{ store_dir: \"{}\", max_mem: 64M, max_file: 1G }}", store.display());
    let mut nats = NatsServers::alone(|_| config).await;
    let postgres = PostgresServer::start().await;
    let stream = Stream { servers: nats.addresses(), name: "usher".to_owned(), has_ghosts: true };
    let place = Place::Shared(postgres.database("usher").await, stream);
    let stage = Stage::set("full-nats", usher, place).await;
    goes_through_trouble(stage, Readiness::Either, async |_, _, is_full| {
        set_full(&disk, is_full);
        if !is_full {
            // One that found no room for what it knows of its consumers has given its streams up.
            nats.kill(0);
            nats.restart(0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_refuses_new_work_and_loses_nothing() {
    let postgres = PostgresServer::start().await;
    let place = Place::Postgres(postgres.database("usher").await);
    let stage = Stage::set("read-only", Usher::bare(), place).await;
    goes_through_trouble(stage, Readiness::NotReady, async |_, _, is_read_only| {
        postgres.set_read_only(is_read_only).await;
    })
    .await;
}

/// A server on SQLite whose data has a disk of its own.
async fn on_a_small_disk(name: &'static str) -> (SmallDisk, Stage) {
    let usher = Usher::bare();
    let disk = SmallDisk::mount(&usher.data(), MEBIBYTES);
    let place = Place::OnDisk(disk.seen_from_outside());
    let stage = Stage::set(name, usher.sent(disk.sent_there()), place).await;
    (disk, stage)
}

fn set_full(disk: &SmallDisk, is_full: bool) {
    if is_full { disk.fill() } else { disk.free() }
}

/// What a server that refuses work answers to the question whether it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    NotReady,
    /// A sign of life, or an answer, may need no room where a message does.
    Either,
}

/// Lets a server get into trouble and out of it, twice, under load.
async fn goes_through_trouble(
    mut stage: Stage,
    meanwhile: Readiness,
    mut set: impl AsyncFnMut(&Stage, &mut Server, bool),
) {
    let mut server = stage.server("usher");
    server.start(stage.serve(&SERVE));
    server.ready().await;
    let load = stage.load(CONTACTS);
    tokio::time::sleep(Duration::from_secs(2)).await;

    for _ in 0..2 {
        let began = stage.witness.now();
        set(&stage, &mut server, true).await;
        stage.witness.note("the trouble begins");
        is_refused(&stage).await;
        if meanwhile == Readiness::NotReady {
            until("the server is not ready", async || server.readiness().await == Some(503)).await;
        }
        tokio::time::sleep(TROUBLE).await;
        set(&stage, &mut server, false).await;
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

/// Waits until the contacts' webhooks are refused.
async fn is_refused(stage: &Stage) {
    let before = stage.witness.seen().webhooks.unavailable;
    until("webhooks are refused", async || stage.witness.seen().webhooks.unavailable > before).await;
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
