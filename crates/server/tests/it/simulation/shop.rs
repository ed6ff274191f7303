//! The shop to which the customers write: its workflow and what it has set up, read once from a real database.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde_json::{Value as Json, json};
use usher_connect::http;
use usher_engine::Environment;
use usher_server::actions::{Desk, deployments};
use usher_server::app::{Core, CoreParts};
use usher_server::auth::caller::Actor;
use usher_server::cli;
use usher_server::clock::Clock;
use usher_server::config::Options;
use usher_server::documents;
use usher_server::ids::Ids;
use usher_server::metrics::Metrics;
use usher_server::runner::configuration::Configuration;
use usher_server::runner::configurations::{Configurations, Settings};
use usher_server::runner::library::{Library, Shelf};
use usher_store::NewWorkspace;

pub const WORKSPACE: &str = "01890000-0000-7000-8000-000000000001";
pub const ENVIRONMENT: Environment = Environment::Production;
pub const WHATSAPP: &str = "whatsapp";
pub const WEB: &str = "web";
/// How long a session lasts without a word of the customer, in seconds.
pub const SESSION_SECONDS: i64 = 75;
const KEY: &str = "5f0f6c0d6f9a4c1bb0d7f7c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5";

/// A menu, a question, two calls, and what comes of them; who falls silent is asked once more.
pub fn documents() -> Json {
    json!([
        { "usher": "api/1", "key": "shop", "name": "Shop", "base_url": { "sandbox": "https://api.test", "production": "https://api.test" } },
        { "usher": "channel/1", "key": WHATSAPP, "name": "WhatsApp", "environment": "production", "kind": "whatsapp",
            "settings": { "phone_number_id": "1000", "api_base": "https://graph.test/v23.0", "pair_seconds": 1, "pair_burst": 20 },
            "secrets": { "access_token": { "env": "TOKEN" }, "app_secret": { "env": "SECRET" } } },
        { "usher": "channel/1", "key": WEB, "name": "Web", "environment": "production", "kind": "web_chat",
            "settings": { "title": "The shop", "allowed_origins": ["https://shop.test"] } },
        { "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
            "start": 1, "next_number": 10,
            "nodes": {
                "1": { "type": "menu", "settings": {
                    "body": "What can we do?", "no_reply": { "after": 20 }, "no_match": { "repeat_for_ever": true },
                    "options": [{ "name": "order", "label": "Where is my order?" }, { "name": "bye", "label": "Nothing" }] },
                    "exits": { "order": 2, "bye": 5, "no_reply": 6 } },
                "2": { "type": "request_input", "settings": { "text": "Your order number?", "variable": "number", "no_reply": { "after": 15 } },
                    "exits": { "answered": 3, "cancelled": "end", "too_many_attempts": "end", "no_reply": 7 } },
                "3": { "type": "api_integration", "settings": { "api": "shop", "method": "GET", "path": "/orders/{{ number }}", "variable": "order" },
                    "exits": { "yes": 4, "no": 8 } },
                "4": { "type": "text_display", "settings": { "text": "Order {{ number }} is {{ order.status }}." }, "exits": { "next": 9 } },
                "5": { "type": "text_display", "settings": { "text": "Bye." }, "exits": { "next": "end" } },
                "6": { "type": "text_display", "settings": { "text": "Are you still there?" }, "exits": { "next": 1 } },
                "7": { "type": "text_display", "settings": { "text": "Without a number we cannot tell." }, "exits": { "next": 1 } },
                "8": { "type": "text_display", "settings": { "text": "The desk does not answer." }, "exits": { "next": 1 } },
                "9": { "type": "api_integration", "settings": { "api": "shop", "method": "POST", "path": "/asked/{{ number }}" },
                    "exits": { "yes": 1, "no": 1 } }
            } },
        { "usher": "route/1", "key": "orders-wa", "name": "WhatsApp", "environment": "production", "channel": WHATSAPP, "workflow": "orders" },
        { "usher": "route/1", "key": "orders-web", "name": "Web", "environment": "production", "channel": WEB, "workflow": "orders" }
    ])
}

/// What rooms are opened with, without a database of their own.
#[derive(Debug)]
pub struct Shop {
    /// The file of its database.
    database: Vec<u8>,
    core: Core,
    configuration: Arc<Configuration>,
    shelf: Arc<Shelf>,
    pub deployment: u64,
    pub revision: u64,
}

static SHOPS: OnceLock<Arc<Shop>> = OnceLock::new();

impl Shop {
    /// Returns the shop of this process; the first caller sets it up, outside of all simulated time.
    pub fn get() -> Arc<Self> {
        Arc::clone(SHOPS.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            Arc::new(runtime.expect("a runtime can be made").block_on(Self::set_up()))
        }))
    }

    async fn set_up() -> Self {
        let folder = new_folder();
        let core = connect(&folder, None).await;
        let deployment = fill(&core).await;
        let (store, vault, metrics) =
            (core.store.clone(), core.vault.clone(), Arc::new(Metrics::new(core.clock.now())));
        let configurations = Configurations::new(store, vault, core.clock.clone(), metrics, None, Settings::default());
        let configuration = configurations.at(WORKSPACE, 0).await.expect("the configuration can be read");
        let library = Library::new(core.store.clone());
        let shelf = library.deployed(WORKSPACE, ENVIRONMENT, deployment).await.expect("the workflows can be read");
        // From here on whoever asks the tables of the configuration is refused at once: a simulated room does without.
        core.store.close().await;
        let database = std::fs::read(folder.join("usher.db")).expect("the database can be read");
        std::fs::remove_dir_all(folder).expect("the folder can be removed");
        Self { database, core, revision: configuration.revision, configuration, shelf, deployment }
    }

    /// Makes what a simulated process is opened with: its own clock, ids that no other process makes, and a client that
    /// reaches `transport` alone.
    pub fn core(&self, clock: &Clock, process: u64, transport: Arc<dyn http::Transport>) -> Core {
        let ids = Ids::counted(clock.clone(), process << 32);
        over(&self.core, clock.clone(), ids, transport)
    }

    /// Puts in place what a room would read from the tables.
    pub fn furnish(&self, room: &usher_server::runner::Room) {
        room.configurations.pin(Arc::clone(&self.configuration));
        room.library.shelve(WORKSPACE, ENVIRONMENT, self.deployment, Arc::clone(&self.shelf));
    }

    /// Writes a copy of the database; gives its folder, to be removed, and the file in it.
    pub fn copy(&self) -> (PathBuf, PathBuf) {
        let folder = new_folder();
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let file = folder.join("usher.db");
        std::fs::write(&file, &self.database).expect("the database can be written");
        (folder, file)
    }

    pub fn channel_id(channel: &str) -> String {
        format!("{WORKSPACE}/{ENVIRONMENT}/{channel}")
    }
}

fn new_folder() -> PathBuf {
    let word = Ids::new(Clock::system()).word();
    std::env::temp_dir().join(format!("usher-simulation-{}-{word}", std::process::id()))
}

/// Opens a database, new or given, with the keys of all simulations.
pub async fn connect(folder: &std::path::Path, database: Option<String>) -> Core {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let key = folder.join("master.key");
    std::fs::write(&key, KEY).expect("the key can be written");
    let owner_alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, owner_alone).expect("the key can be hidden");
    let options = Options { data: Some(folder.to_owned()), database, ..Options::default() };
    let core = cli::connect(options.resolve().expect("the settings are right"), 4).await.expect("the data opens");
    core.store.migrate(core.clock.now()).await.expect("the schema can be made");
    core
}

/// Sets the shop up and deploys its workflow; gives the deployment's number.
pub async fn fill(core: &Core) -> u64 {
    let mut tx = core.store.begin().await.expect("the store answers");
    let now = core.clock.now();
    let new =
        NewWorkspace { id: WORKSPACE.to_owned(), key: "shop".to_owned(), name: "Shop".to_owned(), created_at: now };
    tx.workspaces().create(&new).await.expect("there is none yet");
    let session = json!({ "session_seconds": SESSION_SECONDS });
    tx.workspaces().set_environment(WORKSPACE, ENVIRONMENT, &session).await.expect("it is there");
    tx.commit().await.expect("the store answers");
    let workspace = core.store.workspaces().get(WORKSPACE).await.expect("the store answers").expect("it was made");
    let desk = Desk { core: core.clone(), workspace, actor: Actor::CommandLine };
    let files = documents::read(&documents().to_string()).expect("the documents are right");
    let secret = |name: &str| Some(format!("the {name}"));
    for file in files {
        documents::apply::apply(&desk, file, &secret).await.expect("the document can be applied");
    }
    let wanted = [("orders".to_owned(), Some(1))].into();
    deployments::deploy(&desk, ENVIRONMENT, &wanted, None).await.expect("the workflow can be deployed")
}

/// Returns a core with another clock and other ids, and whose requests go to `transport`.
pub fn over(core: &Core, clock: Clock, ids: Ids, transport: Arc<dyn http::Transport>) -> Core {
    let http = core.http.clone().over(transport);
    Core::new(CoreParts {
        configuration: core.configuration.clone(),
        store: core.store.clone(),
        vault: core.vault.clone(),
        ids,
        clock,
        caller: usher_connect::call::Caller::new(http.clone()),
        http,
        passwords: core.passwords.clone(),
    })
}
