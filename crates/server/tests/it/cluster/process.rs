//! One process of many: a server on a runtime of its own, which can die at any instant.

use std::path::PathBuf;
use std::sync::mpsc;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use usher_server::app::AppState;
use usher_server::auth::throttle::Throttle;
use usher_server::bus::jetstream::Nats;
use usher_server::config::Options;
use usher_server::runner::{self, Handle};
use usher_server::spans::Otlp;
use usher_server::{cli, serve};
use usher_stand_ins::webhook;

use crate::room::APP_SECRET;
use crate::server::{Answer, Client, new_folder};

/// What a process works on.
pub struct Setup {
    pub database: String,
    pub nats: Nats,
    pub master_key_file: PathBuf,
    pub settings: runner::Settings,
    pub otlp: Option<Otlp>,
}

/// A running process; it dies when it is dropped.
pub struct Process {
    pub base: String,
    door: String,
    folder: PathBuf,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
}

impl Process {
    /// Starts a process and waits until it serves.
    pub async fn start(setup: Setup, door: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let folder = new_folder();
        let (stop, told) = oneshot::channel::<()>();
        let (gone, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let data = folder.clone();
        runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
            let address = listener.local_addr().expect("the listener has an address");
            let options = Options {
                data: Some(data),
                database: Some(setup.database),
                master_key_file: Some(setup.master_key_file),
                listen: Some(address),
                allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
                ..Options::default()
            };
            let mut configuration = options.resolve().expect("the settings are right");
            configuration.nats = Some(setup.nats);
            configuration.roles = setup.settings.roles;
            configuration.otlp = setup.otlp;
            let core = cli::connect(configuration, 8).await.expect("the data opens");
            let room = Handle::open(&core, setup.settings).await.expect("the room opens");
            started.send(address).expect("the test waits");
            let app = AppState { core, room, throttle: Throttle::default() };
            let until = async move {
                let _ = told.await;
            };
            serve::serve_until(listener, app, until).await;
            let _ = gone.send(());
        });
        let address = tokio::task::spawn_blocking(move || start.recv()).await.expect("it waits").expect("it starts");
        Self {
            base: format!("http://{address}"),
            door: door.to_owned(),
            folder,
            runtime: Some(runtime),
            stop: Some(stop),
            stopped,
        }
    }

    /// Posts a webhook, signed as Meta does.
    pub async fn webhook(&self, body: Vec<u8>) -> Answer {
        let signature = webhook::sign(APP_SECRET, &body);
        let text = String::from_utf8(body).expect("a webhook is text");
        let headers = [(webhook::SIGNATURE, signature.as_str()), ("Content-Type", "application/json")];
        self.browser().send_raw(reqwest::Method::POST, &self.door, Some(text), &headers).await
    }

    /// Returns somebody with a browser.
    pub fn browser(&self) -> Client {
        Client::new(&self.base)
    }

    /// Dies: no task goes on, every connection is closed.
    pub fn die(mut self) {
        self.end();
    }

    /// Stops as the signal to terminate does.
    pub async fn leave(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.stopped).await.expect("it stops without a panic");
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
