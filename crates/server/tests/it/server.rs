//! A real server on a loopback port over a database of its own, and clients for it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use usher_server::app::{AppState, Core};
use usher_server::auth::throttle::Throttle;
use usher_server::config::{Configuration, Options};
use usher_server::runner::{self, Handle};
use usher_server::{actions, cli, serve};

/// The first administrator of a test's server.
pub const ADMIN: &str = "ann@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// A running server; it stops when it is dropped.
pub struct TestServer {
    pub core: Core,
    pub base: String,
    pub folder: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server over a new SQLite file.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server over a new SQLite file, with other settings than the usual.
    pub async fn start_with(change: impl FnOnce(&mut Configuration)) -> Self {
        let folder = new_folder();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let options = Options {
            data: Some(folder.clone()),
            listen: Some(address),
            public_url: Some(format!("http://{address}").parse().expect("an address makes a URL")),
            ..Options::default()
        };
        let mut configuration = options.resolve().expect("the settings are right");
        change(&mut configuration);
        let core = cli::connect(configuration, 4).await.expect("the data can be opened");
        core.store.migrate(core.clock.now()).await.expect("the schema can be made");
        let room = Handle::open(&core, runner::Settings::default()).await.expect("the room opens");
        let app = AppState { core: core.clone(), room, throttle: Throttle::default() };
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(async move { serve::serve_until(listener, app, until).await });
        Self { core, base: format!("http://{address}"), folder, stop: Some(stop), task: Some(task) }
    }

    /// Returns a client that nobody knows.
    pub fn anybody(&self) -> Client {
        Client::new(&self.base)
    }

    /// Sets the server up and returns its administrator; the workspace is `shop`.
    pub async fn admin(&self) -> Client {
        let link = actions::people::setup_link(&self.core).await.expect("the link can be made");
        let token = link.rsplit('=').next().expect("the link holds its token").to_owned();
        let mut client = self.anybody();
        let body = json!({ "token": token, "name": "Ann", "email": ADMIN, "password": PASSWORD, "workspace": "Shop" });
        client.post("/api/v1/setup", body).await.expect(200);
        client
    }

    /// Returns a client with an API key of a role in the workspace `shop`.
    pub async fn key(&self, admin: &mut Client, role: &str) -> Client {
        let body = json!({ "name": format!("a {role}"), "role": role });
        let made = admin.post(&shop("/api-keys"), body).await.expect(201);
        let mut client = self.anybody();
        client.key = Some(made["key"].as_str().expect("a key is told").to_owned());
        client
    }

    /// Stops the server as the signal to terminate does, and waits for it.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(task) = self.task.take() {
            task.await.expect("it stops without a panic");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Makes a folder for one test.
pub fn new_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("usher-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Writes a file of a test and returns its path.
pub fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the file can be written");
    path
}

/// Returns an address in the workspace `shop`.
pub fn shop(path: &str) -> String {
    format!("/api/v1/workspaces/shop{path}")
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The cookie, once logged in.
    pub cookie: Option<String>,
    pub key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// Expects a status, and returns the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Json::Null } else { self.json() }
    }

    /// Expects a problem document of a status and a code, and returns it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Json {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:usher:problem:{code}"));
        problem
    }

    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }
}

/// Begins an HTTP client for servers on this machine.
pub fn http() -> reqwest::ClientBuilder {
    // A provider must be there even for a client that never uses TLS; the first test to come installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
    reqwest::Client::builder().no_proxy()
}

impl Client {
    pub fn new(base: &str) -> Self {
        let http = http().build().expect("a client can be made");
        Self { http, base: base.to_owned(), cookie: None, key: None }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&mut self, path: &str, body: Json) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn put(&mut self, path: &str, body: Json, etag: &str) -> Answer {
        self.send(Method::PUT, path, Some(body), &[("If-Match", etag)]).await
    }

    pub async fn patch(&mut self, path: &str, body: Json) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// Saves the present draft of a workflow as a version and returns its number.
    pub async fn save(&mut self, workflow: &str) -> u64 {
        let etag = self.get(&shop(&format!("/workflows/{workflow}/draft"))).await.etag();
        let path = shop(&format!("/workflows/{workflow}/versions"));
        let saved = self.send(Method::POST, &path, Some(json!({})), &[("If-Match", &etag)]).await;
        saved.expect(201)["version"].as_u64().expect("a version is a number")
    }

    /// Sends a request as the editor does: with the cookie if there is one, and the header that goes with it.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<Json>, headers: &[(&str, &str)]) -> Answer {
        let text = body.map(|body| body.to_string());
        let mut all = headers.to_vec();
        if text.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            all.push(("Content-Type", "application/json"));
        }
        if method != Method::GET && self.cookie.is_some() {
            all.push(("X-Usher-Request", "1"));
        }
        self.send_raw(method, path, text, &all).await
    }

    /// Sends a request with these headers alone, beside cookie or key.
    pub async fn send_raw(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", cookie);
        }
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(set) = headers.get("set-cookie").and_then(|value| value.to_str().ok()) {
            let pair = set.split(';').next().unwrap_or_default();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        let text = response.text().await.expect("the body is text");
        Answer { status, headers, text }
    }
}
