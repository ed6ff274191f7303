//! Reads server-sent events.

use std::time::Duration;

use serde_json::Value as Json;

/// An event that was told.
#[derive(Debug, Clone)]
pub struct Told {
    pub name: String,
    pub id: Option<i64>,
    pub data: Json,
}

impl Told {
    /// Returns what a message says.
    pub fn words(&self) -> String {
        let message = &self.data["message"];
        message["text"].as_str().or_else(|| message["title"].as_str()).unwrap_or_default().to_owned()
    }
}

/// Reads a stream until enough was told, or for ten seconds.
pub async fn told_until(url: &str, enough: impl Fn(&[Told]) -> bool) -> Vec<Told> {
    told_as(url, &[], enough).await
}

/// Reads a stream with some headers.
pub async fn told_as(url: &str, headers: &[(&str, &str)], enough: impl Fn(&[Told]) -> bool) -> Vec<Told> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
    let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
    let mut request = http.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
    let mut response = request.send().await.expect("the server answers");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut told = Vec::new();
    let mut text = String::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.expect("the stream goes on") {
            text.push_str(std::str::from_utf8(&chunk).expect("events are text"));
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                told.extend(read(&event));
            }
            if enough(&told) {
                return;
            }
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(in_time.is_ok(), "not told in time; so far: {told:#?}");
    told
}

fn read(event: &str) -> Option<Told> {
    let field =
        |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_start));
    Some(Told {
        name: field("event")?.to_owned(),
        id: field("id").and_then(|id| id.parse().ok()),
        data: serde_json::from_str(field("data")?).expect("data is JSON"),
    })
}
