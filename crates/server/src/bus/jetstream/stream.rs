//! The stream on which events and reports wait, and the consumers that give each to one process at a time.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::{Context, GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RetentionPolicy, StorageType};
use async_nats::jetstream::{ErrorCode, consumer};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::OpenError;
use super::connection::Nats;
use crate::bus::partition::PARTITIONS;

/// How long a message may be in somebody's hand without a sign of life; then it is given to another.
pub(super) const ACK_WAIT: Duration = Duration::from_secs(5);
/// Messages of reports that may be in somebody's hand.
const REPORTS_IN_HAND: i64 = 1_024;
/// Consumers that are made at a time.
const MADE_AT_ONCE: usize = 8;

/// The consumer of reports.
pub(super) const REPORTS: &str = "reports";

/// Names a partition's consumer.
pub(super) fn consumer_of(partition: usize) -> String {
    format!("events-{partition}")
}

/// Names the subject of a partition's events.
pub(super) fn events_subject(stream: &str, partition: usize) -> String {
    format!("{stream}.events.{partition}")
}

/// Names the subject of reports.
pub(super) fn reports_subject(stream: &str) -> String {
    format!("{stream}.statuses")
}

/// Makes the stream and its consumers unless they are there, and gives the stream's present state.
pub(super) async fn ensure(context: &Context, nats: &Nats) -> Result<Info, OpenError> {
    let wanted = Config {
        name: nats.stream.clone(),
        subjects: vec![format!("{}.events.*", nats.stream), reports_subject(&nats.stream)],
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_bytes: nats.max_bytes,
        num_replicas: nats.replicas,
        ..Config::default()
    };
    let found = match context.get_stream(&nats.stream).await {
        Ok(found) => found.cached_info().clone(),
        Err(error) if is_gone(&error) => {
            let made = context.create_stream(wanted.clone()).await.map_err(|source| refused(nats, source))?;
            tracing::info!(stream = nats.stream, replicas = nats.replicas, "made the stream");
            made.cached_info().clone()
        }
        Err(error) => return Err(refused(nats, error)),
    };
    compare(&wanted, &found.config)?;
    make_consumers(context, nats).await?;
    Ok(found)
}

/// Compares a stream with what it should be: what order and durability rest on must be so, sizes may differ.
fn compare(wanted: &Config, found: &Config) -> Result<(), OpenError> {
    let fits = found.retention == wanted.retention
        && wanted.subjects.iter().all(|subject| found.subjects.contains(subject))
        && found.discard == wanted.discard
        && !found.no_ack;
    if !fits {
        return Err(OpenError::OtherStream { stream: found.name.clone() });
    }
    if (found.num_replicas, found.max_bytes) != (wanted.num_replicas, wanted.max_bytes) {
        tracing::warn!(
            stream = found.name,
            replicas = found.num_replicas,
            max_bytes = found.max_bytes,
            "the stream is of another size than this process was told; it is used as it is (`nats stream edit` changes it)"
        );
    }
    if found.storage != StorageType::File {
        tracing::warn!(stream = found.name, "the stream is in memory only; events are lost with its servers");
    }
    Ok(())
}

async fn make_consumers(context: &Context, nats: &Nats) -> Result<(), OpenError> {
    let of_partitions = (0..PARTITIONS).map(|partition| pull::Config {
        durable_name: Some(consumer_of(partition)),
        filter_subject: events_subject(&nats.stream, partition),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        // One message at a time: this is what keeps the order, whoever takes it.
        max_ack_pending: 1,
        ..pull::Config::default()
    });
    let of_reports = pull::Config {
        durable_name: Some(REPORTS.to_owned()),
        filter_subject: reports_subject(&nats.stream),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: REPORTS_IN_HAND,
        ..pull::Config::default()
    };
    let all: Vec<_> = of_partitions.chain([of_reports]).collect();
    let made = stream::iter(all).map(|config| async move {
        let made: Result<consumer::Consumer<pull::Config>, _> =
            context.create_consumer_on_stream(config, &nats.stream).await;
        made.map(drop).map_err(|source| refused(nats, source))
    });
    made.buffer_unordered(MADE_AT_ONCE).try_collect::<()>().await
}

/// Says whether NATS answered that there is no such stream.
pub(super) fn is_gone(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(refusal) if refusal.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

pub(super) fn refused(nats: &Nats, source: impl std::error::Error + Send + Sync + 'static) -> OpenError {
    OpenError::Stream { stream: nats.stream.clone(), source: Box::new(source) }
}
