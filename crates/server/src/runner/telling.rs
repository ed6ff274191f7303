//! How batches and turns are told as spans.

use opentelemetry::KeyValue;
use usher_engine::EventKind;

use super::batch::Runner;
use crate::bus::Envelope;
use crate::spans::{self, Parent, Span, What};

impl Runner {
    /// Begins the span of a batch: in the trace of one of its messages, since a batch of one is the rule at night.
    pub(super) fn begin_batch(&self, batch: &[Envelope]) -> Span {
        let all = batch.iter().map(|envelope| envelope.led_by);
        self.0.spans.begin_together(What::Batch, all, || {
            vec![
                KeyValue::new("messaging.system", "usher"),
                KeyValue::new("messaging.operation.type", "process"),
                KeyValue::new(spans::MESSAGES, batch.len() as i64),
            ]
        })
    }

    /// Begins the span of a turn, in the trace of its message, and names its batch, which may be in another.
    pub(super) fn begin_turn(&self, envelope: &Envelope, batch: Parent) -> Span {
        self.0.spans.begin_linked(What::Turn, envelope.led_by, std::iter::once(batch), || {
            let kind = &envelope.event.kind;
            let mut attributes = spans::at(&envelope.key);
            attributes.push(KeyValue::new("messaging.message.id", envelope.event.id.to_string()));
            attributes.push(KeyValue::new("usher.event", word(kind)));
            if let EventKind::CallAnswered { effect, .. } | EventKind::SendFailed { effect, .. } = kind {
                attributes.push(KeyValue::new("usher.effect.id", effect.to_string()));
            }
            attributes
        })
    }
}

fn word(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::ConversationOpened => "conversation_opened",
        EventKind::MessageReceived { .. } => "message_received",
        EventKind::CallAnswered { .. } => "call_answered",
        EventKind::SendFailed { .. } => "send_failed",
        EventKind::TimerFired { .. } => "timer_fired",
        EventKind::SessionExpired => "session_expired",
    }
}
