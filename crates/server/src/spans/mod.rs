//! What goes on, told as spans to an OpenTelemetry collector, where one is configured.
//!
//! A message carries the place of the span that let it in ([`Parent`]), so that its turn, what the turn asks for and
//! what comes of that are one trace, over every queue on the way. Attributes are named one by one where a span begins:
//! none holds a body, a secret, or an address of a person. Without a collector nothing is begun, and nothing is paid but
//! the question.

mod collector;
mod export;
mod otlp;
mod parent;
mod what;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{Link, Span as _, SpanBuilder, Status, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use usher_connect::http;
use usher_store::AddressKey;

use crate::metrics::Metrics;
use export::Exporting;

pub use collector::knock;
pub use otlp::{Otlp, WrongHeaders};
pub use parent::Parent;
pub use what::What;

/// How many messages something is about.
pub const MESSAGES: &str = "messaging.batch.message_count";
/// What became of something, in a word of a fixed list.
pub const OUTCOME: &str = "usher.outcome";
/// How something failed.
const ERROR: &str = "error.type";

/// Begins spans; cheap to clone. By itself it begins none.
#[derive(Debug, Clone, Default)]
pub struct Spans(Option<Arc<Open>>);

#[derive(Debug)]
struct Open {
    tracer: SdkTracer,
    exporting: Exporting,
}

/// Why spans cannot be told to a collector.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Http(#[from] http::BuildError),
    #[error("cannot export spans: {0}")]
    Exporter(#[from] ExporterBuildError),
}

impl Spans {
    /// Tells spans to a collector, as those of the process `owner`.
    ///
    /// # Errors
    ///
    /// There can be no client, or the address of the collector cannot be used.
    pub fn to(otlp: &Otlp, http: &http::Client, metrics: &Arc<Metrics>, owner: &str) -> Result<Self, OpenError> {
        let resource = Resource::builder_empty()
            .with_service_name("usher")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new("service.instance.id", owner.to_owned()))
            .build();
        let (processor, exporting) = export::start(collector::exporter(otlp, http, &resource)?, otlp, metrics);
        // Whoever comes under another is kept or left out with it.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(otlp.ratio)));
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_resource(resource)
            .with_span_processor(processor)
            .build();
        Ok(Self(Some(Arc::new(Open { tracer: provider.tracer("usher"), exporting }))))
    }

    /// Begins a span; `attributes` is asked only if the span is kept.
    pub fn begin(&self, what: What, parent: Parent, attributes: impl FnOnce() -> Vec<KeyValue>) -> Span {
        self.begin_with(what, parent, attributes, |builder| builder)
    }

    /// Begins a span that has to do with others beside its parent.
    pub fn begin_linked(
        &self,
        what: What,
        parent: Parent,
        others: impl Iterator<Item = Parent>,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Span {
        self.begin_with(what, parent, attributes, |builder| {
            let others = others.filter(|other| *other != parent).filter_map(Parent::sampled);
            builder.with_links(others.map(Link::with_context).collect())
        })
    }

    /// Begins a span that is about many things, in the trace of one of them.
    pub fn begin_together(
        &self,
        what: What,
        all: impl Iterator<Item = Parent> + Clone,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Span {
        if self.0.is_none() {
            return Span::default();
        }
        self.begin_linked(what, Parent::leading(all.clone()), all, attributes)
    }

    /// Begins a span of which it is known only now that there is something to tell; it began at `since`.
    pub fn begin_late(&self, what: What, since: jiff::Timestamp, attributes: impl FnOnce() -> Vec<KeyValue>) -> Span {
        self.begin_with(what, Parent::default(), attributes, |builder| builder.with_start_time(since))
    }

    fn begin_with(
        &self,
        what: What,
        parent: Parent,
        attributes: impl FnOnce() -> Vec<KeyValue>,
        more: impl FnOnce(SpanBuilder) -> SpanBuilder,
    ) -> Span {
        let Some(open) = &self.0 else { return Span::default() };
        if parent.is_left_out() {
            return Span { recording: None, place: parent };
        }
        let builder = SpanBuilder::from_name(what.name()).with_kind(what.kind()).with_attributes(attributes());
        let span = more(builder).start_with_context(&open.tracer, &parent.context());
        let place = Parent::of(span.span_context());
        let recording = span.is_recording().then(|| Box::new(Recording { span, said: Vec::new() }));
        Span { recording, place }
    }

    /// Exports what is over already, for so long at most, and nothing more.
    pub async fn finish(&self, within: Duration) {
        if let Some(open) = &self.0 {
            open.exporting.finish(within).await;
        }
    }
}

/// Something that goes on: it is over when this is dropped.
#[derive(Default)]
pub struct Span {
    /// None if it is not kept.
    recording: Option<Box<Recording>>,
    place: Parent,
}

struct Recording {
    span: opentelemetry_sdk::trace::Span,
    /// What was said of it since it began: each thing once, as it was said last.
    said: Vec<KeyValue>,
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.said.iter().any(|said| said.key.as_str() == ERROR) {
            self.span.set_status(Status::error(""));
        }
        self.span.set_attributes(self.said.drain(..));
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.place).finish()
    }
}

impl Span {
    /// Returns its place, under which what it leads to begins.
    pub fn place(&self) -> Parent {
        self.place
    }

    /// Says something of it.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.set_with(key, || value);
    }

    /// Says something of it that has to be made first.
    pub fn set_with<V: Into<Value>>(&mut self, key: &'static str, value: impl FnOnce() -> V) {
        let Some(recording) = &mut self.recording else { return };
        recording.said.retain(|said| said.key.as_str() != key);
        recording.said.push(KeyValue::new(key, value()));
    }

    /// Says that it failed, and how, in a word of a fixed list.
    pub fn fail(&mut self, kind: &'static str) {
        self.set(ERROR, kind);
    }

    /// Says what was answered to a request from outside; what is Usher's fault is a failure.
    pub fn answered(&mut self, status: u16) {
        self.set("http.response.status_code", i64::from(status));
        if status >= 500 {
            self.set_with(ERROR, || status.to_string());
        }
    }
}

/// Says where something goes on: everything of the key but the address.
pub fn at(key: &AddressKey) -> Vec<KeyValue> {
    vec![
        KeyValue::new("usher.workspace", key.workspace.clone()),
        KeyValue::new("usher.environment", key.environment.as_str()),
        KeyValue::new("usher.channel", key.channel.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_collector_nothing_is_asked() {
        let span = Spans::default().begin(What::Turn, Parent::default(), || unreachable!("nobody listens"));
        assert_eq!(span.place(), Parent::default());
    }
}
