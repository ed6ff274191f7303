//! The way of spans that are over to the collector: a bounded queue, and one task that empties it.
//!
//! The SDK's own processor of batches works on a thread of its own and keeps what it drops to itself; this one works on
//! the runtime, as Usher's client does, and counts.

use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::Otlp;
use crate::metrics::Metrics;

/// Spans that may wait for the collector; beyond, they are dropped.
const QUEUE: usize = 8_192;
/// Spans in one export.
const BATCH: usize = 512;
/// How long a span waits for others at most.
const TOGETHER: Duration = Duration::from_secs(1);
/// How often the log says that spans do not arrive.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// Takes spans that are over.
#[derive(Debug)]
pub(super) struct Processor {
    queue: mpsc::Sender<SpanData>,
    dropped: Counter,
}

/// The task that exports, to be waited for in the end.
#[derive(Debug)]
pub(super) struct Exporting {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// Starts to export.
pub(super) fn start(exporter: SpanExporter, otlp: &Otlp, metrics: &Arc<Metrics>) -> (Processor, Exporting) {
    let (queue, waiting) = mpsc::channel(QUEUE);
    let stop = watch::Sender::new(false);
    let (exported, dropped) = (metrics.spans.exported.clone(), metrics.spans.dropped.clone());
    let export = Export {
        exporter,
        collector: otlp.endpoint.origin().ascii_serialization(),
        exported,
        dropped: dropped.clone(),
        said_at: None,
    };
    let task = tokio::spawn(export.run(waiting, stop.subscribe()));
    (Processor { queue, dropped }, Exporting { stop, task: Mutex::new(Some(task)) })
}

impl SpanProcessor for Processor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.queue.try_send(span).is_err() {
            self.dropped.increment(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl Exporting {
    /// Takes no more spans, and waits until those that wait are exported, or this takes too long.
    pub(super) async fn finish(&self, within: Duration) {
        let Some(mut task) = self.task.lock().await.take() else { return };
        self.stop.send_replace(true);
        if timeout(within, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("the collector did not take the last spans in time; they are dropped");
        }
    }
}

struct Export {
    exporter: SpanExporter,
    collector: String,
    exported: Counter,
    dropped: Counter,
    /// When the log last said that spans do not arrive.
    said_at: Option<Instant>,
}

impl Export {
    /// Exports until it is told to stop, and then what is left.
    async fn run(mut self, mut waiting: mpsc::Receiver<SpanData>, mut stop: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                // Gone without a word, it stops as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = gather(&mut waiting, &mut batch) => {}
            }
            if batch.is_empty() {
                return;
            }
            self.export(std::mem::take(&mut batch)).await;
        }
        waiting.close();
        while !batch.is_empty() || waiting.recv_many(&mut batch, BATCH).await > 0 {
            self.export(std::mem::take(&mut batch)).await;
        }
    }

    async fn export(&mut self, batch: Vec<SpanData>) {
        let count = batch.len() as u64;
        let Err(error) = self.exporter.export(batch).await else {
            self.exported.increment(count);
            return;
        };
        self.dropped.increment(count);
        if self.said_at.is_none_or(|at| at.elapsed() >= SAID_EVERY) {
            self.said_at = Some(Instant::now());
            let collector = &self.collector;
            tracing::warn!(%error, collector, spans = count, "spans could not be exported; they are dropped, and counted");
        }
    }
}

/// Waits for a span, and a moment for others; nothing is lost if this is dropped. Gathers none when none can come.
async fn gather(waiting: &mut mpsc::Receiver<SpanData>, batch: &mut Vec<SpanData>) {
    if batch.is_empty() && waiting.recv_many(batch, BATCH).await == 0 {
        return;
    }
    let until = Instant::now() + TOGETHER;
    while batch.len() < BATCH {
        match timeout_at(until, waiting.recv_many(batch, BATCH - batch.len())).await {
            Ok(more) if more > 0 => {}
            _ => return,
        }
    }
}
