//! A strict stand-in of an OpenTelemetry collector: it takes OTLP over HTTP with Protocol Buffers and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use usher_server::spans::Otlp;

use crate::room::SOON;

/// What every export must bring along.
const HEADER: &str = "x-collector-key";
pub const KEY: &str = "the-collectors-own-key";

/// A collector; it is gone when this is dropped.
pub struct Collector {
    pub otlp: Otlp,
    inside: Arc<Inside>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Inside {
    spans: Mutex<Vec<Seen>>,
    bytes: Mutex<Vec<u8>>,
    wrong: Mutex<Vec<String>>,
    hangs: bool,
}

/// A span that was exported.
#[derive(Debug, Clone)]
pub struct Seen {
    pub name: String,
    /// As OTLP has it: 1 internal, 2 server, 3 client, 5 consumer.
    pub kind: i32,
    pub trace: String,
    pub id: String,
    /// Empty for a root.
    pub parent: String,
    pub links: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub has_failed: bool,
    /// The process that told of it.
    pub process: String,
}

impl Seen {
    #[track_caller]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }
}

impl Collector {
    /// Starts a collector that takes everything.
    pub async fn start() -> Self {
        Self::start_as(false).await
    }

    /// Starts a collector that takes connections and answers nothing.
    pub async fn start_hanging() -> Self {
        Self::start_as(true).await
    }

    async fn start_as(hangs: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let inside = Arc::new(Inside { hangs, ..Inside::default() });
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&inside));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { otlp: at(&format!("http://{address}")), inside, task }
    }

    /// Returns the spans that were exported so far.
    pub fn spans(&self) -> Vec<Seen> {
        let wrong = lock(&self.inside.wrong);
        assert!(wrong.is_empty(), "the collector was given what it does not take: {wrong:?}");
        lock(&self.inside.spans).clone()
    }

    /// Returns everything that was exported so far, as it was sent.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.inside.bytes).clone()
    }

    /// Waits until what was exported answers a question.
    pub async fn until<T>(&self, what: &str, mut ask: impl FnMut(&Trace) -> Option<T>) -> T {
        let give_up = tokio::time::Instant::now() + SOON;
        loop {
            let spans = Trace(self.spans());
            if let Some(found) = ask(&spans) {
                return found;
            }
            assert!(tokio::time::Instant::now() < give_up, "{what} was not told in time: {:#?}", spans.0);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Spans, to be looked at from above.
pub struct Trace(pub Vec<Seen>);

impl Trace {
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Seen> {
        self.0.iter().filter(move |span| span.name == name)
    }

    /// Returns what went on directly under a span, by its name.
    pub fn under<'a>(&'a self, above: &'a Seen, name: &'a str) -> impl Iterator<Item = &'a Seen> {
        self.named(name).filter(move |span| span.trace == above.trace && span.parent == above.id)
    }
}

/// Returns the settings for a collector at an address, which keep every trace.
pub fn at(endpoint: &str) -> Otlp {
    let headers = vec![(HEADER.to_owned(), KEY.into())];
    Otlp { endpoint: endpoint.parse().expect("it is an address"), headers, ratio: 1.0 }
}

async fn take(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
    if inside.hangs {
        std::future::pending::<()>().await;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wrong = |what: String| {
        lock(&inside.wrong).push(what);
        (StatusCode::BAD_REQUEST, HeaderMap::new())
    };
    if header(HEADER) != KEY {
        return wrong("an export without its key".to_owned());
    }
    if header("content-type") != "application/x-protobuf" {
        return wrong(format!("an export as {}", header("content-type")));
    }
    let request = match ExportTraceServiceRequest::decode(body.clone()) {
        Ok(request) => request,
        Err(error) => return wrong(error.to_string()),
    };
    lock(&inside.bytes).extend_from_slice(&body);
    for of_resource in request.resource_spans {
        let resource = of_resource.resource.unwrap_or_default();
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            lock(&inside.spans).push(seen(&resource, span));
        }
    }
    let kind = HeaderMap::from_iter([(
        "content-type".parse().expect("a name"),
        "application/x-protobuf".parse().expect("a value"),
    )]);
    (StatusCode::OK, kind)
}

fn seen(resource: &Resource, span: Span) -> Seen {
    let resource = texts(&resource.attributes);
    assert_eq!(resource["service.name"], "usher");
    assert!(span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
    Seen {
        name: span.name,
        kind: span.kind,
        trace: hex::encode(span.trace_id),
        id: hex::encode(span.span_id),
        parent: hex::encode(span.parent_span_id),
        links: span.links.into_iter().map(|link| hex::encode(link.span_id)).collect(),
        attributes: texts(&span.attributes),
        has_failed: span.status.is_some_and(|status| status.code == 2),
        process: resource["service.instance.id"].clone(),
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &KeyValue| match value.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{} is {other:?}", value.key),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
