//! A stream that three servers keep survives the death of any of them, and Usher adds little to what they need for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use usher_engine::id::EventId;
use usher_engine::{Environment, Event, EventKind};
use usher_server::bus::jetstream::{Handling, JetStream, Nats, Size};
use usher_server::bus::partition::PARTITIONS;
use usher_server::bus::{Bus as _, Envelope, Handled, Handler, Origin, Report, Told};
use usher_server::gather::Company;
use usher_server::metrics::Metrics;
use usher_server::spans::Parent;
use usher_store::AddressKey;

use super::place::{Place, echoes};
use crate::nats_servers::NatsServers;
use crate::room::{SOON, ann, hasty};

/// How long the servers may take to choose who leads the stream and each of its consumers. A round takes up to nine
/// seconds; another follows where two stand at once, or one that lacks the last entry stands first. No client can shorten
/// that: here is only an end to waiting.
const CHOSEN: Duration = Duration::from_secs(90);
/// How long an event may then still wait: a trial, until it counts as lost, and a tick are one second.
const OURS: Duration = Duration::from_millis(2_500);
/// How much longer, if the stream gave it to a request that came through a server which has just died.
const COMES_BACK: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_three_servers_survives_the_death_of_its_leader() {
    let mut servers = NatsServers::start(3).await;
    let place = Place::on("servers", servers.addresses(), 3).await;
    let shop = place.shop(hasty()).await;
    let other = place.join(&shop).await;
    shop.webhook(ann().text("wamid.hello", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    let leader = servers.leader_of(&place.nats.stream).await;
    servers.kill(leader);
    // A door may refuse while the servers choose another leader; then the provider comes again.
    let began = Instant::now();
    while other.webhook(ann().text("wamid.0", "0")).await.status != 200 {
        assert!(began.elapsed() < CHOSEN, "nobody leads the stream");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    while echoes(&shop.graph.sent(), &ann().phone) != ["0"] {
        assert!(began.elapsed() < CHOSEN, "it was accepted and is not answered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(other);
    drop(shop.close().await);
    // The stream goes with its servers.
    place.database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_streams_leader_dies_every_partition_goes_on_once_it_has_a_leader() {
    every_partition_goes_on(0, OURS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_follower_of_the_stream_dies_every_partition_goes_on_once_it_has_a_leader() {
    every_partition_goes_on(1, OURS + COMES_BACK).await;
}

/// Kills the server that stands so many places after the stream's leader, and bounds how long an event waits beyond the
/// choice of a leader for its partition.
async fn every_partition_goes_on(steps: usize, bound: Duration) {
    let mut servers = NatsServers::start(3).await;
    let addresses = servers.addresses();
    let nats = Nats {
        servers: addresses.clone(),
        stream: "usher".to_owned(),
        replicas: 3,
        max_bytes: 64 << 20,
        credentials: None,
        token: None,
    };
    let notes = Arc::new(Notes::default());
    let (bus, other) = (open(&nats).await, open(&nats).await);
    let workers =
        [&bus, &other].map(|bus| bus.start(Size::default(), Company::default(), Arc::<Notes>::clone(&notes), true));
    give(&bus, "before").await;
    notes.all_are_handled("before").await;
    let elections = Elections::follow(&nats).await;

    let dies = (servers.leader_of(&nats.stream).await + steps) % addresses.len();
    servers.kill(dies);
    let killed = Instant::now();
    let accepted = give(&bus, "after").await;
    let handled = notes.all_are_handled("after").await;
    let elections = elections.0.lock().unwrap().clone();
    assert!(!elections.is_empty(), "no consumer lost its leader");
    let since_it_could = |partition: usize| {
        let could = elections.get(&partition).map_or(accepted[partition], |led| accepted[partition].max(*led));
        handled[partition].saturating_duration_since(could)
    };
    let ours = (0..PARTITIONS).map(since_it_could).max().unwrap();
    let whole = handled.iter().max().unwrap().duration_since(killed);
    println!("{} elections, {whole:?} in all, {ours:?} of it ours", elections.len());
    assert!(ours < bound, "an event waited for {ours:?} although there was a leader");
    for workers in workers {
        workers.finish().await;
    }
}

async fn open(nats: &Nats) -> Arc<JetStream> {
    JetStream::open(nats, Arc::new(Metrics::new(Timestamp::UNIX_EPOCH))).await.expect("the stream can be made")
}

/// Gives each partition an event, as often as it takes; tells when each was accepted.
async fn give(bus: &Arc<JetStream>, said: &str) -> Vec<Instant> {
    let begun = Instant::now();
    let given = (0..PARTITIONS).map(|partition| {
        let (bus, event) = (Arc::clone(bus), event(partition, said));
        tokio::spawn(async move {
            while bus.accept(vec![event.clone()]).await.is_err() {
                assert!(begun.elapsed() < CHOSEN, "nobody leads the stream");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Instant::now()
        })
    });
    let given: Vec<JoinHandle<Instant>> = given.collect();
    let mut accepted = Vec::new();
    for given in given {
        accepted.push(given.await.unwrap());
    }
    accepted
}

fn id_of(partition: usize, said: &str) -> EventId {
    EventId::from(format!("{partition}-{said}").as_str())
}

/// Makes an event of a partition.
fn event(partition: usize, said: &str) -> Envelope {
    let key = |address: u32| AddressKey {
        workspace: "w".into(),
        environment: Environment::Production,
        channel: "chat".into(),
        address: address.to_string(),
    };
    let of = |address| Envelope {
        key: key(address),
        event: Event { id: id_of(partition, said), kind: EventKind::ConversationOpened },
        at: Timestamp::UNIX_EPOCH,
        origin: Origin::Channel(Box::<Told>::default()),
        led_by: Parent::default(),
    };
    (0..).map(of).find(|event| event.partition() == partition).expect("addresses spread over all partitions")
}

/// Notes when each event was first handled.
#[derive(Default)]
struct Notes(Mutex<BTreeMap<EventId, Instant>>);

impl Notes {
    /// Waits until what was given to all partitions is handled; tells when.
    async fn all_are_handled(&self, said: &str) -> Vec<Instant> {
        let began = Instant::now();
        loop {
            let handled = self.0.lock().unwrap().clone();
            let handled = (0..PARTITIONS).map(|partition| handled.get(&id_of(partition, said)).copied());
            if let Some(handled) = handled.collect() {
                return handled;
            }
            assert!(began.elapsed() < CHOSEN, "something was accepted and is not handled");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[async_trait]
impl Handler for Notes {
    async fn handle(&self, batch: &[Envelope]) -> Vec<Handled> {
        let now = Instant::now();
        for event in batch {
            self.0.lock().unwrap().entry(event.event.id.clone()).or_insert(now);
        }
        vec![Handled::Done; batch.len()]
    }
}

#[async_trait]
impl Handling for Notes {
    async fn set_aside(&self, _: &Envelope, _: &str, _: u32) -> bool {
        false
    }

    async fn record(&self, _: Vec<Report>) -> bool {
        true
    }
}

/// When each partition's consumer last got a leader, as the servers tell it.
#[derive(Default, Clone)]
struct Elections(Arc<Mutex<BTreeMap<usize, Instant>>>);

impl Elections {
    async fn follow(nats: &Nats) -> Self {
        let client = async_nats::connect(&nats.servers).await.expect("NATS is there");
        let subject = format!("$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.{}.*", nats.stream);
        let mut told = client.subscribe(subject).await.expect("one can listen");
        client.flush().await.expect("NATS is there");
        let this = Self::default();
        let noting = this.clone();
        tokio::spawn(async move {
            while let Some(message) = told.next().await {
                // Of the other consumers there is nothing to wait for.
                if let Some(partition) = message.subject.rsplit('-').next().and_then(|number| number.parse().ok()) {
                    noting.0.lock().unwrap().insert(partition, Instant::now());
                }
            }
        });
        this
    }
}
