//! Reads server-sent events.

use std::time::Duration;

use serde_json::Value as Json;

use crate::server::http;

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
    let mut stream = Stream::open(url, headers).await;
    stream.until(enough).await;
    stream.told
}

/// An open stream, and what it told so far.
pub struct Stream {
    response: reqwest::Response,
    /// What came of the event that is under way.
    text: String,
    pub told: Vec<Told>,
}

impl Stream {
    /// Opens a stream; from then on nothing that happens is missed.
    pub async fn open(url: &str, headers: &[(&str, &str)]) -> Self {
        let http = http().build().expect("a client can be made");
        let mut request = http.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server on this machine")]
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new(), told: Vec::new() }
    }

    /// Reads on until enough was told, or for ten seconds.
    pub async fn until(&mut self, enough: impl Fn(&[Told]) -> bool) {
        let reading = async {
            while !enough(&self.told) {
                let chunk = self.response.chunk().await.expect("the stream goes on");
                let chunk = chunk.unwrap_or_else(|| panic!("the stream ended; so far: {:#?}", self.told));
                self.text.push_str(std::str::from_utf8(&chunk).expect("events are text"));
                while let Some(end) = self.text.find("\n\n") {
                    let event: String = self.text.drain(..end + 2).collect();
                    self.told.extend(read(&event));
                }
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), reading).await;
        assert!(in_time.is_ok(), "not told in time; so far: {:#?}", self.told);
    }
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
