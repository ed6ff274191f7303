//! A business on the built program, and everybody who has to do with it.

use std::fs::File;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use usher_stand_ins::webhook::{Customer, SIGNATURE, sign};
use usher_stand_ins::{Fault, Graph};
use wiremock::matchers::{header, method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::hidden;
use crate::cli::Usher;
use crate::cli::serve::{Serving, start_with};
use crate::ports;
use crate::room::{NUMBER, workflow};
use crate::server::{Answer, Client, shop};

/// How long what must happen may take.
const SOON: Duration = Duration::from_secs(20);
/// As much as there is of our own, and the usual of everybody else's.
const TALKATIVE: &str = "info,usher_server=trace,usher_store=trace,usher_connect=trace,usher_engine=trace";

pub struct House {
    usher: Usher,
    serving: Serving,
    base: String,
    admin: Client,
    graph: Graph,
    api: MockServer,
    door: String,
    /// What must not be in the log.
    hidden: Vec<(&'static str, String)>,
}

impl House {
    /// Opens the house: the first administrator comes in, and everything is set up and live.
    pub async fn open(format: &str) -> Self {
        let graph = Graph::start(hidden::ACCESS_TOKEN, &[NUMBER]).await.expect("a loopback port is free");
        let api = orders().await;
        let usher = Usher::bare()
            .with("USHER_METRICS_TOKEN", hidden::METRICS_TOKEN)
            .with("USHER_OTLP_ENDPOINT", "http://127.0.0.1:9")
            .with("USHER_OTLP_HEADERS", &format!("x-key={}", hidden::OTLP_KEY));
        let port = ports::free();
        let log = File::create(usher.folder.join("log")).expect("the log can be written");
        let more =
            ["--allow-private", "127.0.0.0/8", "--unknown-wait", "1", "--log", TALKATIVE, "--log-format", format];
        let mut serving = start_with(&usher, port, &more, log.into());
        let link = serving.line_with("/setup?token=").trim().to_owned();
        let token = link.rsplit('=').next().expect("the link holds its token").to_owned();
        let base = format!("http://127.0.0.1:{port}");
        let mut hidden = hidden::all();
        hidden.push(("the link of the first administrator", token.clone()));
        let mut admin = Client::new(&base);
        admin.get(&format!("/setup?token={token}")).await;
        let first = json!({ "token": token, "name": hidden::ADMIN_NAME, "email": hidden::ADMIN, "password": hidden::PASSWORD, "workspace": "Shop" });
        admin.post("/api/v1/setup", first).await.expect(200);
        let mut house = Self { usher, serving, base, admin, graph, api, door: String::new(), hidden };
        house.hide_cookie();
        house.set_up().await;
        house
    }

    async fn set_up(&mut self) {
        let production = |what: &str| shop(&format!("/environments/production/{what}"));
        let shop_api = json!({
            "key": "shop", "name": "Shop", "base_url": { "production": self.api.uri() },
            "authentication": { "kind": "bearer" }, "secrets": { "token": hidden::API_TOKEN },
            "validation": { "element": "HTTP_RESPONSE_CODE", "values": ["2xx"] }
        });
        let stock = json!({
            "key": "stock", "name": "Stock", "base_url": { "production": self.api.uri(), "sandbox": self.api.uri() },
            "authentication": { "kind": "basic", "user": hidden::API_USER }, "secrets": { "password": hidden::API_PASSWORD }
        });
        for api in [shop_api, stock] {
            self.admin.post(&shop("/apis"), api).await.expect(201);
        }
        let desk = json!({
            "key": "desk", "name": "Desk", "system": "zendesk_support",
            "settings": { "base_url": "http://127.0.0.1:9", "email": "agent@shop.example" }, "secrets": { "api_token": hidden::DESK_TOKEN }
        });
        self.admin.post(&production("connections"), desk).await.expect(201);
        self.admin.post(&production("connections/desk/test"), json!({})).await;
        let whatsapp = json!({
            "key": "whatsapp", "kind": "whatsapp", "name": "WhatsApp",
            "settings": { "phone_number_id": NUMBER, "api_base": self.graph.base(), "pair_seconds": 0 },
            "secrets": { "access_token": hidden::ACCESS_TOKEN, "app_secret": hidden::APP_SECRET }
        });
        let made = self.admin.post(&production("channels"), whatsapp).await.expect(201);
        let url = made["callback_url"].as_str().expect("a callback address");
        self.door = url[url.find("/in/").expect("a door")..].to_owned();
        let door = self.door.rsplit('/').next().expect("a door's name").to_owned();
        self.hidden.push(("a channel's door", door));
        let web = json!({ "key": "web", "kind": "web_chat", "name": "Web", "settings": { "title": "The shop" } });
        self.admin.post(&production("channels"), web).await.expect(201);

        let file = self.usher.file("orders.json", &workflow().to_string());
        self.usher.run(&["apply", &file]);
        self.usher.run(&["deploy", "orders"]);
        for (key, channel) in [("orders-wa", "whatsapp"), ("orders", "web")] {
            let route = json!({ "key": key, "name": key, "channel": channel, "workflow": "orders" });
            self.admin.post(&production("routes"), route).await.expect(201);
        }
    }

    /// Wrong and right log-ins, an invitation, a new password.
    pub async fn people_come_in(&mut self) {
        let mut stranger = Client::new(&self.base);
        for email in [hidden::ADMIN, hidden::NOBODY] {
            let wrong = json!({ "email": email, "password": hidden::WRONG_PASSWORD });
            stranger.post("/api/v1/login", wrong).await.problem(401, "wrong_credentials");
        }
        let spoilt = format!("{{\"email\": \"{}\", \"password\": 7, \"pass", hidden::NOBODY);
        let answer = stranger.send_raw(
            reqwest::Method::POST,
            "/api/v1/login",
            Some(spoilt),
            &[("Content-Type", "application/json")],
        );
        assert_eq!(answer.await.status, 422);
        self.admin
            .post("/api/v1/login", json!({ "email": hidden::ADMIN, "password": hidden::PASSWORD }))
            .await
            .expect(200);
        self.hide_cookie();

        let invited =
            self.admin.post(&shop("/users"), json!({ "email": hidden::GUEST, "role": "builder" })).await.expect(201);
        let token = self.hide_link("an invitation", invited["url"].as_str().expect("a link"));
        stranger.get(&format!("/invitations/{token}")).await;
        stranger.get(&format!("/api/v1/invitations/{token}")).await.expect(200);
        let weak = json!({ "name": "Algernon Moncrieff", "password": "weak" });
        stranger.post(&format!("/api/v1/invitations/{token}"), weak).await.problem(422, "invalid");
        let accepted = json!({ "name": "Algernon Moncrieff", "password": hidden::GUEST_PASSWORD });
        stranger.post(&format!("/api/v1/invitations/{token}"), accepted).await.expect(200);

        let link = self.usher.run(&["password", hidden::GUEST]);
        let token = self.hide_link("a link for a new password", link.trim());
        stranger.get(&format!("/password-resets/{token}")).await;
        let new = json!({ "password": hidden::NEW_PASSWORD });
        stranger.post(&format!("/api/v1/password-resets/{token}"), new).await.expect(200);
    }

    /// A conversation to its end, with a call that is answered.
    pub async fn conversations_go_well(&mut self) {
        self.say("1", "hello from the aquarium").await;
        let sent = self.graph.wait_for(1, SOON).await;
        let (tap, title) = sent[0].choices()[0].clone();
        self.webhook(customer().tap("wamid.2", &tap, &title)).await.expect(200);
        self.graph.wait_for(2, SOON).await;
        self.say("3", hidden::ORDER).await;
        let sent = self.graph.wait_for(4, SOON).await;
        assert_eq!(sent[2].text(), format!("Order {} is {}.", hidden::ORDER, hidden::STATUS));
        self.webhook(customer().status("wamid.sent", "delivered", None)).await.expect(200);
        self.webhook(customer().failed("wamid.sent", 131_026, None)).await.expect(200);
        self.admin
            .get(&shop(&format!("/environments/production/conversations?search={}", hidden::PHONE)))
            .await
            .expect(200);
    }

    /// A call that fails; sends that break off, are put off, refused, and forbidden.
    pub async fn conversations_go_badly(&mut self) {
        self.graph.fault(Fault::Cut);
        self.say("4", "where is my order?").await;
        assert_eq!(self.graph.wait_for(5, SOON).await[4].text(), "Your order number?");
        self.say("5", hidden::LOST_ORDER).await;
        assert_eq!(self.graph.wait_for(6, SOON).await[5].text(), "Bye.");
        self.graph.refuse(131_000);
        self.say("6", "hello from the aquarium").await;
        self.graph.wait_for(7, SOON).await;
        self.graph.refuse(131_047);
        self.say("7", "where is my order?").await;
        self.until("usher_dead_letters_total", 1.0).await;
        self.graph.change_token(hidden::OTHER_TOKEN);
        self.say("8", "hello from the aquarium").await;
        self.until("usher_dead_letters_total", 2.0).await;
        for (method, path) in [("/apis/stock/try", "/nothing"), ("/apis/shop/try", "/orders/lost")] {
            self.admin.post(&shop(method), json!({ "path": path, "environment": "production" })).await;
        }
    }

    /// Webhooks that are unsigned, wrongly signed, unreadable, and for somebody else; and one that is no HTTP.
    pub async fn webhooks_are_refused(&mut self) {
        let stranger = Customer::new(NUMBER, hidden::STRANGER, hidden::NAME);
        let body = stranger.text("wamid.9", hidden::PSST);
        self.post(body.clone(), None).await.problem(401, "unsigned");
        self.post(body.clone(), Some(&sign("another secret", &body))).await.problem(401, "wrongly_signed");
        let half = body[..body.len() / 2].to_vec();
        self.webhook(half).await.expect(200);
        let elsewhere = Customer::new("999", hidden::STRANGER, hidden::NAME);
        self.webhook(elsewhere.text("wamid.10", hidden::PSST)).await.expect(200);
        let sticker = stranger.message("wamid.11", "hologram", json!({ "of": hidden::NAME, "says": hidden::PSST }));
        self.webhook(sticker).await.expect(200);
        let nowhere = format!("/in/whatsapp/{}", hidden::ACCESS_TOKEN);
        let mut anybody = Client::new(&self.base);
        assert_eq!(anybody.post(&nowhere, json!({ "from": hidden::STRANGER })).await.status, 404);
        let address = self.base.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        stream.write_all(format!("{} {}\r\n\r\n", hidden::PSST, hidden::STRANGER).as_bytes()).await.expect("it reads");
        // It is hung up on, with or without a word.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }

    /// The web chat, with its stream.
    pub async fn visitors_chat(&mut self) {
        let mut browser = Client::new(&self.base);
        browser.get("/chat/orders").await;
        browser.post("/chat/orders/open", json!({ "visitor": hidden::VISITOR })).await.expect(202);
        let address = format!("{}/chat/orders/events?visitor={}", self.base, hidden::VISITOR);
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
        let stream = crate::server::http().build().expect("a client").get(address).send().await.expect("it answers");
        let mut stream = stream.bytes_stream();
        let said = json!({ "visitor": hidden::VISITOR, "id": "said-1", "text": hidden::PSST });
        browser.post("/chat/orders/messages", said).await.expect(202);
        let heard = tokio::time::timeout(SOON, stream.next()).await.expect("something is shown in time");
        heard.expect("the stream goes on").expect("it is not broken");
        let spoilt = json!({ "visitor": format!("{} !", hidden::VISITOR), "id": "said-2", "text": hidden::PSST });
        browser.post("/chat/orders/messages", spoilt).await.problem(422, "invalid");
    }

    /// API keys, right and wrong; the measures.
    pub async fn scripts_call(&mut self) {
        let made =
            self.admin.post(&shop("/api-keys"), json!({ "name": "a script", "role": "viewer" })).await.expect(201);
        let key = made["key"].as_str().expect("a key is told").to_owned();
        let mut script = Client::new(&self.base);
        for (key, status) in [(key.as_str(), 200), (hidden::WRONG_KEY, 401)] {
            script.key = Some(key.to_owned());
            assert_eq!(script.get(&shop("/workflows")).await.status, status);
        }
        assert_eq!(script.get("/metrics").await.status, 401);
        self.hidden.push(("an API key", key));
    }

    /// Stops as the signal to terminate does; returns the log, and what must not be in it.
    pub async fn close(mut self) -> (String, Vec<(&'static str, String)>) {
        self.until(r#"usher_spans_total{outcome="dropped"}"#, 1.0).await;
        self.serving.terminate();
        let log = std::fs::read_to_string(self.usher.folder.join("log")).expect("the log is text");
        (log, self.hidden)
    }

    async fn say(&self, id: &str, words: &str) {
        self.webhook(customer().text(&format!("wamid.{id}"), words)).await.expect(200);
    }

    async fn webhook(&self, body: Vec<u8>) -> Answer {
        let signature = sign(hidden::APP_SECRET, &body);
        self.post(body, Some(&signature)).await
    }

    async fn post(&self, body: Vec<u8>, signature: Option<&str>) -> Answer {
        let text = String::from_utf8(body).expect("a webhook is text");
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(signature.map(|signature| (SIGNATURE, signature)));
        Client::new(&self.base).send_raw(reqwest::Method::POST, &self.door, Some(text), &headers).await
    }

    /// Waits until a measure is this much at least.
    async fn until(&self, measure: &str, least: f64) {
        let began = Instant::now();
        let mut scraper = Client::new(&self.base);
        scraper.key = Some(hidden::METRICS_TOKEN.to_owned());
        loop {
            let text = scraper.get("/metrics").await.text;
            let is = text.lines().find_map(|line| line.strip_prefix(measure)?.trim().parse::<f64>().ok());
            if is.is_some_and(|is| is >= least) {
                return;
            }
            assert!(began.elapsed() < SOON, "{measure} is {is:?}, not {least}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn hide_link(&mut self, what: &'static str, link: &str) -> String {
        let token = link.rsplit('/').next().expect("a link has a path").to_owned();
        self.hidden.push((what, token.clone()));
        token
    }

    fn hide_cookie(&mut self) {
        let cookie = self.admin.cookie.clone().expect("the administrator is logged in");
        let (_, value) = cookie.split_once('=').expect("a cookie has a value");
        self.hidden.push(("a cookie", value.to_owned()));
    }
}

fn customer() -> Customer {
    Customer::new(NUMBER, hidden::PHONE, hidden::NAME)
}

/// Returns the shop's API: it knows one order, and fails at every other.
async fn orders() -> MockServer {
    let api = MockServer::start().await;
    let bearer = format!("Bearer {}", hidden::API_TOKEN);
    let order = ResponseTemplate::new(200).set_body_json(json!({ "status": hidden::STATUS }));
    let found = Mock::given(method("GET")).and(path(format!("/orders/{}", hidden::ORDER)));
    found.and(header("Authorization", bearer.as_str())).respond_with(order).mount(&api).await;
    let failed = ResponseTemplate::new(500).set_body_string(hidden::API_WORDS);
    Mock::given(method("GET")).and(path_regex("^/")).respond_with(failed).with_priority(9).mount(&api).await;
    api
}
