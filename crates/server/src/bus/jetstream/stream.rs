//! The stream on which events and reports wait, and the consumers that give each to one process at a time.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::{
    Context, CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind, RequestError,
    RequestErrorKind,
};
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

/// What JetStream answers where it is not on: for nobody, or not for this account.
const NO_JETSTREAM: [ErrorCode; 2] = [ErrorCode::JETSTREAM_NOT_ENABLED, ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT];
/// What it answers where a stream of this size does not fit.
const NO_ROOM: [ErrorCode; 2] = [ErrorCode::STORAGE_RESOURCES_EXCEEDED, ErrorCode::INSUFFICIENT_RESOURCES];
/// What it answers where there are fewer servers than copies: in a cluster, and without one.
const TOO_FEW: [ErrorCode; 2] = [ErrorCode::CLUSTER_NO_PEERS, ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED];

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
    let wanted = wanted(nats, &nats.stream);
    let found = match context.get_stream(&nats.stream).await {
        Ok(found) => found.cached_info().clone(),
        Err(error) if is_gone(&error) => {
            let made = context.create_stream(wanted.clone()).await.map_err(|source| not_made(nats, source))?;
            tracing::info!(stream = nats.stream, replicas = nats.replicas, "made the stream");
            made.cached_info().clone()
        }
        Err(error) => return Err(not_given(nats, error)),
    };
    compare(&wanted, &found.config)?;
    make_consumers(context, nats).await?;
    Ok(found)
}

/// Finds out whether the stream can be made, by one of another name that is removed at once.
pub(super) async fn try_out(context: &Context, nats: &Nats) -> Result<(), OpenError> {
    let name = format!("{}-tried-out", nats.stream);
    context.create_stream(wanted(nats, &name)).await.map_err(|source| not_made(nats, source))?;
    context.delete_stream(&name).await.map(drop).map_err(|source| refused(nats, source))
}

fn wanted(nats: &Nats, name: &str) -> Config {
    Config {
        name: name.to_owned(),
        subjects: vec![format!("{name}.events.*"), reports_subject(name)],
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_bytes: nats.max_bytes,
        num_replicas: nats.replicas,
        ..Config::default()
    }
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

/// Says why NATS does not tell of the stream.
pub(super) fn not_given(nats: &Nats, source: GetStreamError) -> OpenError {
    let is_off = match source.kind() {
        GetStreamErrorKind::JetStream(refusal) => NO_JETSTREAM.contains(&refusal.error_code()),
        GetStreamErrorKind::Request => is_nobody_there(&source),
        GetStreamErrorKind::EmptyName | GetStreamErrorKind::InvalidStreamName => false,
    };
    if is_off { OpenError::NoJetStream { servers: nats.servers.join(", ") } } else { refused(nats, source) }
}

/// Says whether nobody answers what is asked of JetStream.
fn is_nobody_there(error: &GetStreamError) -> bool {
    let request = std::error::Error::source(error).and_then(|source| source.downcast_ref::<RequestError>());
    request.is_some_and(|error| error.kind() == RequestErrorKind::NoResponders)
}

/// Says why NATS does not make the stream.
fn not_made(nats: &Nats, source: CreateStreamError) -> OpenError {
    let Nats { stream, replicas, max_bytes, .. } = nats;
    let (stream, replicas, max_bytes) = (stream.clone(), *replicas, *max_bytes);
    match source.kind() {
        CreateStreamErrorKind::JetStream(refusal) if NO_ROOM.contains(&refusal.error_code()) => {
            OpenError::NoRoom { stream, max_bytes, replicas }
        }
        CreateStreamErrorKind::JetStream(refusal) if TOO_FEW.contains(&refusal.error_code()) => {
            OpenError::TooFewServers { stream, replicas }
        }
        _ => refused(nats, source),
    }
}

pub(super) fn refused(nats: &Nats, source: impl std::error::Error + Send + Sync + 'static) -> OpenError {
    OpenError::Stream { stream: nats.stream.clone(), source: Box::new(source) }
}
