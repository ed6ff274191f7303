//! The web chat: its page, its door, its stream.

pub mod stream;

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::room::Shop;
use crate::server::Answer;
use stream::{Told, told_until};

/// Somebody with a browser.
pub struct Visitor {
    pub id: &'static str,
    pub after: i64,
}

impl Visitor {
    async fn post(&self, shop: &Shop, verb: &str, body: Json) -> Answer {
        shop.browser().post(&format!("/chat/orders/{verb}"), body).await
    }

    async fn say(&self, shop: &Shop, id: &str, text: &str) {
        let body = json!({ "visitor": self.id, "id": id, "text": text });
        let answer = self.post(shop, "messages", body).await.expect(202);
        assert!(answer["position"].as_i64().unwrap() > 0);
    }

    /// Reads the stream from where it was until something is told.
    async fn hear(&mut self, shop: &Shop, until: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let at = format!("{}/chat/orders/events?visitor={}&after={}", shop.base(), self.id, self.after);
        let told = told_until(&at, until).await;
        self.after = told.iter().filter_map(|told| told.id).max().unwrap_or(self.after);
        told
    }
}

fn texts(told: &[Told]) -> Vec<String> {
    told.iter().filter(|told| told.name == "message").map(Told::words).collect()
}

#[tokio::test]
async fn the_page_and_the_widget_are_served() {
    let running = Shop::open().await;
    let page = running.browser().get("/chat/orders").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<title>The shop</title>") && page.text.contains(r#"data-route="orders""#));
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    running.browser().get("/chat/nowhere").await.problem(404, "not_found");
    for file in ["widget.js", "page.js", "chat.js", "connection.js", "chat.css"] {
        let answer = running.browser().get(&format!("/chat/{file}")).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"), "{file}");
    }
}

#[tokio::test]
async fn a_visitor_is_greeted_taps_and_ends_and_starts_again() {
    let running = Shop::open().await;
    let mut ann = Visitor { id: "ann", after: 0 };
    let first = ann.hear(&running, |told| !told.is_empty()).await;
    assert_eq!((first[0].name.as_str(), &first[0].data["state"]), ("state", &json!("none")));
    assert_eq!(first[0].data["title"], "The shop");

    ann.post(&running, "open", json!({ "visitor": "ann", "id": "o1" })).await.expect(202);
    let told = ann.hear(&running, |told| texts(told).len() == 1).await;
    let menu = &told.iter().find(|told| told.name == "message").unwrap().data;
    assert_eq!((&menu["direction"], &menu["message"]["kind"]), (&json!("out"), &json!("buttons")));
    let button = menu["message"]["buttons"][1].clone();
    assert_eq!(button["title"], "Nothing");

    let tap = json!({ "visitor": "ann", "id": "m1", "tap": { "id": button["id"], "title": button["title"] } });
    ann.post(&running, "messages", tap.clone()).await.expect(202);
    // Sent again, as after a broken connection: handled once.
    ann.post(&running, "messages", tap).await.expect(202);
    let told = ann.hear(&running, |told| texts(told).len() == 2).await;
    assert_eq!(texts(&told), ["Nothing", "Bye."]);
    assert_eq!(told.iter().find(|told| told.name == "message").unwrap().data["id"], "m1");
    let after = ann.hear(&running, |told| !told.is_empty()).await;
    assert_eq!(after[0].data["state"], "ended");
    assert!(texts(&after).is_empty(), "what was seen is not told again");

    ann.post(&running, "open", json!({ "visitor": "ann", "id": "o2" })).await.expect(202);
    let told = ann.hear(&running, |told| texts(told).len() == 1).await;
    assert_eq!(told[0].data["state"], "active");
}

#[tokio::test]
async fn a_stream_that_was_open_hears_what_comes_and_the_end() {
    let running = Shop::open().await;
    let mut bob = Visitor { id: "bob", after: 0 };
    bob.post(&running, "open", json!({ "visitor": "bob", "id": "o1" })).await.expect(202);
    let at = format!("{}/chat/orders/events?visitor=bob", running.base());
    let listening =
        tokio::spawn(async move { told_until(&at, |told| told.iter().any(|told| told.name == "ended")).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    bob.say(&running, "m1", "nothing").await;
    let told = listening.await.unwrap();
    assert_eq!(texts(&told)[1..], ["nothing", "Bye."]);
    // Reconnecting in the middle loses nothing and repeats nothing.
    bob.after = told.iter().filter_map(|told| told.id).min().unwrap();
    assert_eq!(texts(&bob.hear(&running, |told| texts(told).len() == 2).await), ["nothing", "Bye."]);
}

#[tokio::test]
async fn a_browser_that_remembers_more_than_usher_still_hears() {
    let running = Shop::open().await;
    let (speaks, mut hears) = (Visitor { id: "ann", after: 0 }, Visitor { id: "ann", after: 4711 });
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        speaks.say(&running, "1", "hello").await;
    };
    let ((), told) = tokio::join!(later, hears.hear(&running, |told| texts(told).len() == 2));
    assert_eq!(told.iter().filter_map(|told| told.id).collect::<Vec<_>>(), [1, 2], "{told:#?}");
}

#[tokio::test]
async fn the_sandbox_runs_the_latest_saved_version() {
    let mut running = Shop::open().await;
    let mut document = crate::room::workflow();
    document["nodes"]["1"]["settings"]["body"] = json!("Newer.");
    running.draft(document).await;
    running.admin.save("orders").await;
    for (environment, greeting) in [("sandbox", "Newer."), ("production", "Hi ! What can we do?")] {
        let open = format!("/chat/orders/open?environment={environment}");
        running.browser().post(&open, json!({ "visitor": "eve", "id": "o" })).await.expect(202);
        let at = format!("{}/chat/orders/events?visitor=eve&environment={environment}", running.base());
        let told = told_until(&at, |told| texts(told).len() == 1).await;
        assert_eq!(texts(&told), [greeting]);
    }
}

#[tokio::test]
async fn only_allowed_sites_may_embed_the_chat() {
    let running = Shop::open().await;
    let open = |origin: &'static str, method: Method| {
        let mut browser = running.browser();
        async move {
            let body = json!({ "visitor": "ann", "id": "o" }).to_string();
            let headers = [("Origin", origin), ("Content-Type", "application/json")];
            browser.send_raw(method, "/chat/orders/open", Some(body), &headers).await
        }
    };
    let allowed = open("https://shop.example", Method::OPTIONS).await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (204, "https://shop.example"));
    let allowed = open("https://shop.example", Method::POST).await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (202, "https://shop.example"));
    let refused = open("https://evil.example", Method::POST).await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
    refused.problem(403, "site_not_allowed");
}

#[tokio::test]
async fn bad_messages_are_refused_and_long_ones_are_not() {
    let running = Shop::open().await;
    let ann = Visitor { id: "ann", after: 0 };
    for (body, pointer) in [
        (json!({ "visitor": "ann", "id": "1" }), ""),
        (json!({ "visitor": "ann", "id": "1", "text": "a", "tap": { "id": "1", "title": "1" } }), ""),
        (json!({ "visitor": "", "id": "1", "text": "a" }), "/visitor"),
        (json!({ "visitor": "a/b", "id": "1", "text": "a" }), "/visitor"),
        (json!({ "visitor": "ann", "id": "x".repeat(65), "text": "a" }), "/id"),
    ] {
        let problem = ann.post(&running, "messages", body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    ann.say(&running, "long", &"long ".repeat(20_000)).await;
    ann.say(&running, "empty", "").await;
    let huge = json!({ "visitor": "ann", "id": "huge", "text": "x".repeat(600_000) });
    assert_eq!(ann.post(&running, "messages", huge).await.status, 413);
}

#[tokio::test]
async fn a_visitor_who_floods_is_asked_to_wait() {
    let running = Shop::open().await;
    let flood = Visitor { id: "flood", after: 0 };
    let mut refused = None;
    for n in 0..40 {
        let answer =
            flood.post(&running, "messages", json!({ "visitor": "flood", "id": format!("m{n}"), "text": "hi" })).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("forty messages at once are too many");
    assert!(!refused.header("retry-after").is_empty());
    refused.problem(429, "too_often");
}
