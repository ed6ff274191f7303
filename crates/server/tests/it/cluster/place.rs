//! A database and a stream of one test, and those who work on them.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value as Json, json};
use usher_server::bus::jetstream::Nats;
use usher_server::runner;
use usher_server::spans::Otlp;
use usher_stand_ins::graph::Sent;

use super::gate::Gate;
use super::process::{Process, Setup};
use crate::api::postgres::Database;
use crate::room::{Shop, hasty};

/// The longest wait that a customer may have after a process died.
pub const WITHIN: Duration = Duration::from_secs(10);

/// A database and a stream of their own.
pub struct Place {
    pub database: Database,
    pub nats: Nats,
}

impl Place {
    /// Makes the database; the first process makes the stream.
    pub async fn new(name: &str) -> Self {
        let server = std::env::var("USHER_TEST_NATS").expect(
            "USHER_TEST_NATS is not set: run the tests under `scripts/services run -- …`, which starts NATS for them",
        );
        Self::on(name, vec![server], 1).await
    }

    /// Makes the database, for a stream on other servers.
    pub async fn on(name: &str, servers: Vec<String>, replicas: usize) -> Self {
        let stream = format!("usher-{name}-{}", std::process::id());
        let nats = Nats { servers, stream, replicas, max_bytes: 64 << 20, credentials: None, token: None };
        Self { database: Database::new(&format!("cluster_{name}")).await, nats }
    }

    /// Opens a shop here, with everything deployed; its process lives as long as the test.
    pub async fn shop(&self, settings: runner::Settings) -> Shop {
        self.shop_told(settings, None).await
    }

    /// Opens a shop here that tells a collector of what goes on, if there is one.
    pub async fn shop_told(&self, settings: runner::Settings, otlp: Option<Otlp>) -> Shop {
        let data = (Some(self.database.address()), Some(self.nats.clone()));
        let mut shop = Shop::open_among_others(data, otlp, settings, "http://127.0.0.1:9").await;
        shop.put_live(echo()).await;
        shop
    }

    /// Starts another process that shares a shop's work.
    pub async fn join(&self, shop: &Shop) -> Process {
        self.join_with(shop, hasty(), |_| {}).await
    }

    /// Starts another process with other settings, or on other ways to the servers.
    pub async fn join_with(&self, shop: &Shop, settings: runner::Settings, change: impl FnOnce(&mut Setup)) -> Process {
        let mut setup = Setup {
            database: self.database.address(),
            nats: self.nats.clone(),
            master_key_file: shop.core.configuration.master_key_file.clone(),
            settings,
            otlp: None,
        };
        change(&mut setup);
        Process::start(setup, &shop.door).await
    }

    /// Opens a gate before NATS; gives it with the address to use instead.
    pub async fn gate_to_nats(&self) -> (Gate, String) {
        let gate = Gate::before(host_of(&self.nats.servers[0])).await;
        let address = format!("nats://{}", gate.address());
        (gate, address)
    }

    /// Opens a gate before PostgreSQL; gives it with the address to use instead.
    pub async fn gate_to_postgres(&self) -> (Gate, String) {
        let address = self.database.address();
        let host = host_of(&address);
        let gate = Gate::before(host).await;
        let address = address.replace(&host.to_string(), &gate.address().to_string());
        (gate, address)
    }

    /// Asks the stream how many messages it has.
    pub async fn on_stream(&self) -> u64 {
        let client = async_nats::connect(&self.nats.servers).await.expect("NATS is there");
        let stream = async_nats::jetstream::new(client).get_stream(&self.nats.stream).await;
        stream.expect("the stream is there").cached_info().state.messages
    }

    /// Removes the database and the stream.
    pub async fn remove(self) {
        let client = async_nats::connect(&self.nats.servers).await.expect("NATS is there");
        async_nats::jetstream::new(client).delete_stream(&self.nats.stream).await.expect("the stream is there");
        self.database.remove().await;
    }
}

/// Returns host and port of an address.
fn host_of(address: &str) -> SocketAddr {
    let url: url::Url = address.parse().expect("it is an address");
    let host = format!("{}:{}", url.host_str().expect("it names a host"), url.port().expect("it names a port"));
    host.parse().expect("a loopback address")
}

/// A workflow that says again what it is told, and never ends.
pub fn echo() -> Json {
    json!({
        "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 6,
        "nodes": {
            "1": { "type": "request_input", "settings": { "text": "Say something.", "variable": "said" },
                "exits": { "answered": 2, "cancelled": "end", "too_many_attempts": "end" } },
            "2": { "type": "text_display", "settings": { "text": "You said {{ said }}." }, "exits": { "next": 1 } }
        }
    })
}

/// Returns what was said again to a number, in the order in which it left.
pub fn echoes<'a>(sent: &'a [Sent], phone: &str) -> Vec<&'a str> {
    let to = sent.iter().filter(|sent| sent.to() == phone).map(Sent::text);
    to.filter_map(|text| text.strip_prefix("You said ")?.strip_suffix('.')).collect()
}
