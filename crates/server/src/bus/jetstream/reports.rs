//! Takes reports from the stream, many messages at a time: their order means nothing.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::context::Context;
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt as _;
use tokio::sync::watch;

use super::Handling;
use super::pulls::EXPIRES;
use super::stream::REPORTS;
use super::taker::told;
use crate::bus::wire;

/// Messages recorded together.
const MESSAGES: usize = 128;
/// How long to wait before reports that were not recorded are recorded again, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long to wait before the stream is asked again that did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Takes reports until it is told to stop.
pub(super) async fn take(
    context: Context,
    stream: String,
    handler: Arc<dyn Handling>,
    mut stop: watch::Receiver<bool>,
) {
    let present = stop.clone();
    while !*stop.borrow() {
        tokio::select! {
            biased;
            () = told(&mut stop) => return,
            () = follow(&context, &stream, &handler, &present) => {}
        }
        tokio::select! {
            biased;
            () = told(&mut stop) => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// Takes reports until the stream does not answer as it should.
async fn follow(context: &Context, stream: &str, handler: &Arc<dyn Handling>, stop: &watch::Receiver<bool>) {
    let consumer: Consumer<pull::Config> = match context.get_consumer_from_stream(REPORTS, stream).await {
        Ok(consumer) => consumer,
        Err(error) => return tracing::warn!(%error, "cannot take reports from the stream; trying again"),
    };
    let messages = consumer.stream().max_messages_per_batch(MESSAGES).expires(EXPIRES).heartbeat(EXPIRES / 4);
    let messages = match messages.messages().await {
        Ok(messages) => messages,
        Err(error) => return tracing::warn!(%error, "cannot take reports from the stream; trying again"),
    };
    let mut together = messages.ready_chunks(MESSAGES);
    while let Some(messages) = together.next().await {
        let taken: Result<Vec<Message>, _> = messages.into_iter().collect();
        match taken {
            Ok(messages) => record(&**handler, &messages, stop).await,
            // What came with it comes again.
            Err(error) => return tracing::debug!(%error, "reports are asked for anew"),
        }
    }
}

/// Records what messages hold, however long the store is away.
async fn record(handler: &dyn Handling, messages: &[Message], stop: &watch::Receiver<bool>) {
    let reports: Vec<_> = messages.iter().flat_map(|message| wire::read_reports(&message.payload)).collect();
    let mut wait = FIRST_WAIT;
    while !handler.record(reports.clone()).await {
        if *stop.borrow() {
            return tell(messages, AckKind::Nak(None)).await;
        }
        tell(messages, AckKind::Progress).await;
        tokio::time::sleep(wait).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
    tell(messages, AckKind::Ack).await;
}

async fn tell(messages: &[Message], word: AckKind) {
    for message in messages {
        // One that is not told comes again, which is harmless.
        let _ = message.ack_with(word).await;
    }
}
