use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

/// What goes on in a span: the table of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A webhook of a provider is taken.
    Webhook,
    /// A visitor opens the web chat.
    ChatOpening,
    /// A visitor says something in the web chat.
    ChatMessage,
    /// Turns are taken on a batch of events.
    Batch,
    /// The sessions of a batch are loaded.
    Load,
    /// The engine takes the turns of a batch.
    Advance,
    /// The turns of a batch are committed.
    Commit,
    /// A turn is taken on one event, from the engine to the commit.
    Turn,
    /// A message is sent to a customer, with the waits that this takes.
    Send,
    /// An outside system is called.
    Call,
    /// What came of effects is written down.
    Settle,
    /// Timers fire, and sessions end.
    Fire,
}

impl What {
    /// Returns the name of the span: for what came by HTTP, method and route, as OpenTelemetry has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "POST /in/{kind}/{door}",
            Self::ChatOpening => "POST /chat/{route}/open",
            Self::ChatMessage => "POST /chat/{route}/messages",
            Self::Batch => "process batch",
            Self::Load => "load",
            Self::Advance => "advance",
            Self::Commit => "commit",
            Self::Turn => "turn",
            Self::Send => "send",
            Self::Call => "call",
            Self::Settle => "settle",
            Self::Fire => "fire timers",
        }
    }

    /// Says of a request from outside what it asked for: the route, never the path, which opens a door.
    pub fn of_request(self) -> Vec<KeyValue> {
        let (method, route) = self.name().split_once(' ').unwrap_or_default();
        vec![KeyValue::new("http.request.method", method), KeyValue::new("http.route", route)]
    }

    /// Returns which side of a conversation between programs it is.
    pub fn kind(self) -> SpanKind {
        match self {
            Self::Webhook | Self::ChatOpening | Self::ChatMessage => SpanKind::Server,
            Self::Batch => SpanKind::Consumer,
            Self::Send | Self::Call => SpanKind::Client,
            Self::Load | Self::Advance | Self::Commit | Self::Turn | Self::Settle | Self::Fire => SpanKind::Internal,
        }
    }
}
