//! Three servers that share the work over one PostgreSQL server and three NATS servers. Every one of these processes may
//! be killed at any instant, also while another one is away or has not recovered yet.

use std::time::Duration;

use super::chance::Chance;
use super::kills;
use super::place::{Place, Stream};
use super::servers::Server;
use super::stage::Stage;
use crate::cli::Usher;
use crate::nats_servers::NatsServers;
use crate::postgres_server::PostgresServer;

/// Contacts that converse at a time.
const CONTACTS: u32 = 24;
const SERVERS: [&str; 3] = ["one", "two", "three"];
const STREAM: &str = "usher";
const SERVE: [&str; 2] = ["--unknown-wait", "2"];

/// How long what is on the stream may have to wait after the death of a NATS server: until the others have chosen who
/// leads the stream, and then each of its consumers.
const LEADERS_CHOSEN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_which_any_part_is_killed_loses_nothing() {
    let mut postgres = PostgresServer::start().await;
    let mut nats = NatsServers::start(3).await;
    let stream = Stream { servers: nats.addresses(), name: STREAM.to_owned(), has_ghosts: false };
    let place = Place::Shared(postgres.database("usher").await, stream);
    let mut stage = Stage::set("cluster", Usher::bare(), place).await;
    let mut servers = SERVERS.map(|name| stage.server(name));
    for server in &mut servers {
        server.start(stage.serve(&SERVE));
    }
    for server in &mut servers {
        server.ready().await;
    }
    let load = stage.load(CONTACTS);
    let all = kills(25);
    let (of_postgres, of_nats) = (all / 5, all / 5);
    let of_servers = all - of_postgres - of_nats;
    let [one, another, third] = [(); 3].map(|()| stage.chance.split());
    tokio::join!(
        kill_servers(&stage, &mut servers, of_servers, one),
        kill_postgres(&stage, &mut postgres, of_postgres, another),
        kill_nats(&stage, &mut nats, of_nats, third),
    );
    // NATS servers that do not catch up are left alone: ours die instead.
    let left = all.saturating_sub(stage.witness.seen().kills.len());
    let chance = stage.chance.split();
    kill_servers(&stage, &mut servers, left, chance).await;
    load.finish().await;
    stage.settle().await;
    for server in &mut servers {
        server.stop().await;
    }
    stage.check().await;
}

async fn kill_servers(stage: &Stage, servers: &mut [Server; 3], times: usize, mut chance: Chance) {
    for _ in 0..times {
        tokio::time::sleep(chance.millis(500..=4_000)).await;
        if stage.witness.has_failed() {
            return;
        }
        let server = &mut servers[any(&mut chance)];
        server.kill();
        tokio::time::sleep(chance.millis(0..=1_500)).await;
        server.start(stage.serve(&SERVE));
        // Now and then the next one dies while this one starts.
        if !chance.one_in(4) {
            server.ready().await;
        }
    }
    for server in servers {
        server.ready().await;
    }
}

async fn kill_postgres(stage: &Stage, postgres: &mut PostgresServer, times: usize, mut chance: Chance) {
    for _ in 0..times {
        tokio::time::sleep(chance.millis(2_000..=9_000)).await;
        if stage.witness.has_failed() {
            return;
        }
        let from = stage.witness.now();
        postgres.kill();
        stage.witness.note_kill("postgres");
        tokio::time::sleep(chance.millis(0..=3_000)).await;
        postgres.restart();
        postgres.recovered().await;
        stage.witness.note("postgres has recovered");
        stage.witness.note_outage(from, stage.witness.now());
    }
}

async fn kill_nats(stage: &Stage, nats: &mut NatsServers, times: usize, mut chance: Chance) {
    for _ in 0..times {
        tokio::time::sleep(chance.millis(2_000..=9_000)).await;
        if stage.witness.has_failed() {
            return;
        }
        let (from, place) = (stage.witness.now(), any(&mut chance));
        nats.kill(place);
        stage.witness.note_kill(&format!("nats-{place}"));
        tokio::time::sleep(chance.millis(500..=5_000)).await;
        nats.restart(place);
        // Two of three are needed: the next one dies once this one has all.
        let is_whole = nats.is_whole(STREAM).await;
        stage.witness.note_outage(from, stage.witness.now().max(from + LEADERS_CHOSEN));
        if !is_whole {
            stage.witness.note(format!("nats-{place} has not caught up: no other one is killed"));
            return;
        }
        stage.witness.note(format!("nats-{place} has caught up"));
    }
}

fn any(chance: &mut Chance) -> usize {
    usize::try_from(chance.below(3)).expect("an index")
}
