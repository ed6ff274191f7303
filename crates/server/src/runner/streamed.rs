//! Handles what is on the stream.

use std::sync::Arc;

use async_trait::async_trait;

use super::Room;
use super::batch::Runner;
use crate::bus::jetstream::Handling;
use crate::bus::{Envelope, Handled, Handler, Report};
use crate::channels::statuses::Recorder;

/// Takes turns on events, and records reports.
#[derive(Debug)]
pub(super) struct Streamed {
    pub runner: Runner,
    pub recorder: Recorder,
    pub room: Arc<Room>,
}

#[async_trait]
impl Handler for Streamed {
    async fn handle(&self, batch: &[Envelope]) -> Vec<Handled> {
        self.runner.handle(batch).await
    }
}

#[async_trait]
impl Handling for Streamed {
    async fn set_aside(&self, event: &Envelope, problem: &str, tries: u32) -> bool {
        self.runner.put_aside(event, problem, tries).await.is_ok()
    }

    async fn record(&self, reports: Vec<Report>) -> bool {
        let (mut statuses, mut unread) = (Vec::new(), Vec::new());
        for report in reports {
            match report {
                Report::Status(status) => statuses.push(status),
                Report::Unread(item) => unread.push(item),
            }
        }
        for item in unread {
            if let Err(error) = self.room.keep_webhook(&item.key, &item.problem, item.body.into_bytes()).await {
                tracing::warn!(%error, "what cannot be used could not be kept; trying again");
                return false;
            }
        }
        statuses.is_empty() || self.recorder.record(statuses).await
    }
}
