//! A shop with customers: a server over a database of its own, a workspace with a workflow on WhatsApp and web
//! chat, and a strict stand-in of Meta's API.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use usher_server::app::{AppState, Core};
use usher_server::auth::throttle::Throttle;
use usher_server::bus::jetstream::Nats;
use usher_server::config::Options;
use usher_server::runner::{self, Handle};
use usher_server::spans::Otlp;
use usher_server::{cli, serve};
use usher_stand_ins::Graph;
use usher_stand_ins::webhook::{self, Customer};

use crate::server::{Answer, Client, PASSWORD, new_folder, shop};

pub const APP_SECRET: &str = "the app's secret";
pub const TOKEN: &str = "EAAG-token";
/// The business's two numbers, behind one callback address.
pub const NUMBER: &str = "106540352242922";
pub const OTHER_NUMBER: &str = "106540352242923";
/// How long a test waits for what must happen.
pub const SOON: Duration = Duration::from_secs(10);

/// A running shop.
pub struct Shop {
    pub core: Core,
    pub room: Handle,
    pub graph: Graph,
    pub admin: Client,
    /// The path of the callback address.
    pub door: String,
    base: String,
    folder: Folder,
    settings: runner::Settings,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Where the data is: a folder that is gone in the end, a database unless it is in that folder, and a stream if there
/// is one. And who is told of what goes on, if anybody.
struct Folder {
    path: PathBuf,
    database: Option<String>,
    nats: Option<Nats>,
    otlp: Option<Otlp>,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Settings under which nothing waits long.
pub fn hasty() -> runner::Settings {
    let mut settings = runner::Settings::default();
    settings.dispatcher.unknown_wait = SignedDuration::from_millis(1_500);
    settings.dispatcher.sweep_every = Duration::from_millis(25);
    settings.timers.due_every = Duration::from_millis(25);
    settings.timers.pending_every = Duration::from_millis(100);
    settings
}

/// A menu, a question, a call, and what comes of it.
pub fn workflow() -> Json {
    json!({
        "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 6,
        "nodes": {
            "1": { "type": "menu", "settings": {
                "body": "Hi {{ contact.name }}! What can we do?",
                "options": [{ "name": "order", "label": "Where is my order?" }, { "name": "bye", "label": "Nothing" }]
            }, "exits": { "order": 2, "bye": 5 } },
            "2": { "type": "request_input", "settings": { "text": "Your order number?", "variable": "number" },
                "exits": { "answered": 3, "cancelled": "end", "too_many_attempts": "end" } },
            "3": { "type": "api_integration", "settings": { "api": "shop", "method": "GET", "path": "/orders/{{ number }}", "variable": "order" },
                "exits": { "yes": 4, "no": 5 } },
            "4": { "type": "text_display", "settings": { "text": "Order {{ number }} is {{ order.status }}." }, "exits": { "next": 1 } },
            "5": { "type": "text_display", "settings": { "text": "Bye." }, "exits": { "next": "end" } }
        }
    })
}

impl Shop {
    /// Opens a shop with everything deployed.
    pub async fn open() -> Self {
        Self::open_with(hasty(), "http://127.0.0.1:9").await
    }

    /// Opens a shop whose API is at `api`.
    pub async fn open_with(settings: runner::Settings, api: &str) -> Self {
        Self::open_on(None, settings, api).await
    }

    /// Opens a shop over a database, or over a new SQLite file.
    pub async fn open_on(database: Option<String>, settings: runner::Settings, api: &str) -> Self {
        Self::open_among_others((database, None), None, settings, api).await
    }

    /// Opens a shop that tells a collector of what goes on.
    pub async fn open_told(otlp: Otlp, settings: runner::Settings, api: &str) -> Self {
        Self::open_among_others((None, None), Some(otlp), settings, api).await
    }

    /// Opens a shop that shares its work with others over a database and a stream.
    pub async fn open_among_others(
        (database, nats): (Option<String>, Option<Nats>),
        otlp: Option<Otlp>,
        settings: runner::Settings,
        api: &str,
    ) -> Self {
        let folder = Folder { path: new_folder(), database, nats, otlp };
        let graph = Graph::start(TOKEN, &[NUMBER, OTHER_NUMBER]).await.expect("a loopback port is free");
        let mut shop = Self::start(folder, graph, settings).await;
        shop.set_up(api).await;
        shop
    }

    async fn start(folder: Folder, graph: Graph, settings: runner::Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let options = Options {
            data: Some(folder.path.clone()),
            database: folder.database.clone(),
            listen: Some(address),
            public_url: Some(format!("http://{address}").parse().expect("an address makes a URL")),
            allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
            ..Options::default()
        };
        let mut configuration = options.resolve().expect("the settings are right");
        configuration.nats.clone_from(&folder.nats);
        configuration.otlp.clone_from(&folder.otlp);
        let core = cli::connect(configuration, 4).await.expect("the data opens");
        core.store.migrate(core.clock.now()).await.expect("the schema can be made");
        let room = Handle::open(&core, settings).await.expect("the room opens");
        let app = AppState { core: core.clone(), room: room.clone(), throttle: Throttle::default() };
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(async move { serve::serve_until(listener, app, until).await });
        let base = format!("http://{address}");
        let admin = Client::new(&base);
        Self { core, room, graph, admin, door: String::new(), base, folder, settings, stop, task }
    }

    async fn set_up(&mut self, api: &str) {
        let link = usher_server::actions::people::setup_link(&self.core).await.expect("the link can be made");
        let token = link.rsplit('=').next().expect("the link holds its token").to_owned();
        let body = json!({ "token": token, "name": "Ann", "email": crate::server::ADMIN, "password": PASSWORD, "workspace": "Shop" });
        self.admin.post("/api/v1/setup", body).await.expect(200);
        let api = json!({ "name": "Shop", "base_url": { "sandbox": api, "production": api } });
        self.admin.post(&shop("/apis"), api).await.expect(201);
        for (key, number) in [("whatsapp", NUMBER), ("other", OTHER_NUMBER)] {
            let channel = json!({
                "key": key, "kind": "whatsapp", "name": key,
                "settings": { "phone_number_id": number, "api_base": self.graph.base(), "pair_seconds": 0 },
                "secrets": { "access_token": TOKEN, "app_secret": APP_SECRET }
            });
            let made = self.admin.post(&shop("/environments/production/channels"), channel).await.expect(201);
            if key == "whatsapp" {
                let url = made["callback_url"].as_str().expect("a callback address").to_owned();
                self.door = url[url.find("/in/").expect("a door")..].to_owned();
            }
        }
        for environment in ["sandbox", "production"] {
            let chat = json!({ "key": "web", "kind": "web_chat", "name": "Web", "settings": { "title": "The shop", "allowed_origins": ["https://shop.example"] } });
            self.admin.post(&shop(&format!("/environments/{environment}/channels")), chat).await.expect(201);
        }
        self.put_live(workflow()).await;
        for (key, channel, environment) in [
            ("orders-wa", "whatsapp", "production"),
            ("orders-other", "other", "production"),
            ("orders", "web", "production"),
            ("orders", "web", "sandbox"),
        ] {
            let route = json!({ "key": key, "name": key, "channel": channel, "workflow": "orders" });
            self.admin.post(&shop(&format!("/environments/{environment}/routes")), route).await.expect(201);
        }
    }

    /// Makes a draft of a workflow, or changes it.
    pub async fn draft(&mut self, document: Json) {
        let key = document["key"].as_str().expect("a workflow has a key").to_owned();
        let at = shop(&format!("/workflows/{key}/draft"));
        if self.admin.get(&at).await.status == 404 {
            let new = json!({ "key": key, "name": document["name"], "kind": "standard" });
            self.admin.post(&shop("/workflows"), new).await.expect(201);
            let numbers = json!({ "count": document["next_number"].as_u64().expect("a number") - 1 });
            self.admin.post(&shop(&format!("/workflows/{key}/numbers")), numbers).await.expect(200);
        }
        let etag = self.admin.get(&at).await.etag();
        self.admin.put(&at, document, &etag).await.expect(200);
    }

    /// Saves a workflow and deploys it to production.
    pub async fn put_live(&mut self, document: Json) {
        let key = document["key"].as_str().expect("a workflow has a key").to_owned();
        self.draft(document).await;
        let version = self.admin.save(&key).await;
        let deploy = json!({ "workflows": { key: version } });
        self.admin.post(&shop("/environments/production/deployments"), deploy).await.expect(201);
    }

    /// Stops as the signal to terminate does, and opens again over the same data.
    pub async fn reopen(self) -> Self {
        self.close().await.open().await
    }

    /// Stops, and gives the folder and the stand-in for another start.
    pub async fn close(self) -> Closed {
        let _ = self.stop.send(());
        self.task.await.expect("it stops without a panic");
        self.core.store.close().await;
        Closed { folder: self.folder, graph: self.graph, settings: self.settings, admin: self.admin, door: self.door }
    }

    /// Returns somebody with a browser.
    pub fn browser(&self) -> Client {
        Client::new(&self.base)
    }

    /// Returns the origin of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Posts a webhook, signed as Meta does.
    pub async fn webhook(&self, body: Vec<u8>) -> Answer {
        let signature = webhook::sign(APP_SECRET, &body);
        self.post_webhook(body, &[(webhook::SIGNATURE, &signature)]).await
    }

    /// Posts a webhook with these headers.
    pub async fn post_webhook(&self, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let text = String::from_utf8(body).expect("a webhook is text");
        let mut headers = headers.to_vec();
        headers.push(("Content-Type", "application/json"));
        self.browser().send_raw(reqwest::Method::POST, &self.door, Some(text), &headers).await
    }

    /// Returns a measure, summed over its labels that match.
    pub async fn measure(&self, line: &str) -> f64 {
        let text = self.browser().get("/metrics").await.text;
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ')?.parse().ok());
        found.unwrap_or_else(|| panic!("no measure {line} in\n{text}"))
    }

    /// Waits until a question is answered by something.
    pub async fn until<T>(&mut self, what: &str, mut ask: impl AsyncFnMut(&mut Self) -> Option<T>) -> T {
        let give_up = tokio::time::Instant::now() + SOON;
        loop {
            if let Some(found) = ask(self).await {
                return found;
            }
            assert!(tokio::time::Instant::now() < give_up, "it did not happen in time: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A shop that is closed.
pub struct Closed {
    folder: Folder,
    pub graph: Graph,
    settings: runner::Settings,
    admin: Client,
    door: String,
}

impl Closed {
    /// Returns the address of the SQLite database.
    pub fn database(&self) -> String {
        format!("sqlite:{}", self.folder.path.join("usher.db").display())
    }

    /// Opens it again over the same data.
    pub async fn open(self) -> Shop {
        let mut shop = Shop::start(self.folder, self.graph, self.settings).await;
        shop.admin.cookie = self.admin.cookie;
        shop.door = self.door;
        shop
    }
}

/// Returns a customer who writes to the first number.
pub fn ann() -> Customer {
    Customer::new(NUMBER, "27825550101", "Ann")
}
