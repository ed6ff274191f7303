use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// The header of [W3C Trace Context](https://www.w3.org/TR/trace-context/#traceparent-header).
const TRACEPARENT: &str = "traceparent";

/// The place of a span in its trace, under which others may begin; none for what begins a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parent(Option<(TraceId, SpanId, TraceFlags)>);

impl Parent {
    pub(super) fn of(span: &SpanContext) -> Self {
        Self(span.is_valid().then(|| (span.trace_id(), span.span_id(), span.trace_flags())))
    }

    /// Picks the place under which something begins that is about many: the first that is kept, or else the first that
    /// there is.
    pub fn leading(mut all: impl Iterator<Item = Self> + Clone) -> Self {
        let kept = all.clone().find(|parent| parent.0.is_some_and(|(.., flags)| flags.is_sampled()));
        kept.or_else(|| all.find(|parent| parent.0.is_some())).unwrap_or_default()
    }

    /// Reads what [`Parent::written`] wrote; what cannot be read leads nowhere.
    pub fn read(written: &str) -> Self {
        let carrier = HashMap::from([(TRACEPARENT.to_owned(), written.to_owned())]);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        Self::of(context.span().span_context())
    }

    /// Writes it as a `traceparent`, for another process.
    pub fn written(self) -> Option<String> {
        self.0?;
        let mut carrier = HashMap::new();
        TraceContextPropagator::new().inject_context(&self.context(), &mut carrier);
        carrier.remove(TRACEPARENT)
    }

    /// Says whether its trace is one of those that are not kept.
    pub(super) fn is_left_out(self) -> bool {
        self.0.is_some_and(|(.., flags)| !flags.is_sampled())
    }

    pub(super) fn sampled(self) -> Option<SpanContext> {
        self.span().filter(SpanContext::is_sampled)
    }

    pub(super) fn context(self) -> Context {
        self.span().map_or_else(Context::new, |span| Context::new().with_remote_span_context(span))
    }

    fn span(self) -> Option<SpanContext> {
        let (trace, span, flags) = self.0?;
        Some(SpanContext::new(trace, span, flags, false, TraceState::NONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(trace: u128, flags: TraceFlags) -> Parent {
        Parent(Some((TraceId::from(trace), SpanId::from(7), flags)))
    }

    #[test]
    fn a_place_is_written_as_a_traceparent_and_read_again() {
        let kept = parent(0x2a, TraceFlags::SAMPLED);
        let written = kept.written().unwrap();
        assert_eq!(written, "00-0000000000000000000000000000002a-0000000000000007-01");
        assert_eq!(Parent::read(&written), kept);
        let left_out = parent(0x2b, TraceFlags::NOT_SAMPLED);
        assert_eq!(Parent::read(&left_out.written().unwrap()), left_out);
        assert!(left_out.is_left_out() && !kept.is_left_out());
        assert_eq!(Parent::default().written(), None);
    }

    #[test]
    fn what_is_no_place_leads_nowhere() {
        for wrong in ["", "00", "00-0-0-01", "00-00000000000000000000000000000000-0000000000000007-01", "\u{1f44b}"] {
            assert_eq!(Parent::read(wrong), Parent::default(), "{wrong}");
        }
    }

    #[test]
    fn one_that_is_kept_leads() {
        let (left_out, kept) = (parent(1, TraceFlags::NOT_SAMPLED), parent(2, TraceFlags::SAMPLED));
        assert_eq!(Parent::leading([Parent::default(), left_out, kept].into_iter()), kept);
        assert_eq!(Parent::leading([Parent::default(), left_out].into_iter()), left_out);
        assert_eq!(Parent::leading([].into_iter()), Parent::default());
    }
}
