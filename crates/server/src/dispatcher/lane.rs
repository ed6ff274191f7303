//! One lane: the sends of an address, one at a time, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use usher_connect::channels::{Channel, SendOutcome};
use usher_connect::http;
use usher_engine::effect::EffectKind;
use usher_engine::event::{CallFailure, SendFailure, SendFailureReason};
use usher_engine::id::EventId;
use usher_engine::message::Outbound;
use usher_engine::{Event, EventKind};
use usher_store::{Outcome, Standing};

use super::hand::Held;
use super::pace::Late;
use super::settler::Fate;
use super::{Shared, lock};
use crate::runner::configuration::{ChannelSetup, Speaks};
use crate::spans::{OUTCOME, Span, What};
use crate::supervise::caught;

/// Bytes of an answer of a provider that are kept beside the message.
const ANSWER_BYTES: usize = 4 * 1024;
/// What a send takes beside the time that its request may take.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);
/// The least that a send waits for a status which another process may have made.
const INTERRUPTED_WAIT: SignedDuration = SignedDuration::from_secs(4);

/// What becomes of a send, and of its lane.
enum Step {
    /// It is over; the next may go.
    Over(Outcome),
    /// It goes back to the store, and the lane waits with it.
    PutOff(Outcome),
    /// It was not started; the whole lane goes back as it was.
    Back,
    /// It was not started; the whole lane waits in the store until its channel has room.
    Waits,
}

/// Works on a lane until it is empty, or has to wait for long.
pub(super) async fn run(shared: Arc<Shared>, lane: String) {
    let work = Work { shared, lane };
    while let Some(held) = work.first() {
        match work.step(&held).await {
            Step::Over(outcome) => work.over(&held, outcome),
            Step::PutOff(outcome) => return work.put_off(&held, outcome),
            Step::Back => return work.give_back(Held::back),
            Step::Waits => return work.give_back(Held::waits),
        }
    }
}

/// A lane that is worked on.
struct Work {
    shared: Arc<Shared>,
    lane: String,
}

impl Drop for Work {
    fn drop(&mut self) {
        // Nobody works on what is left here.
        if std::thread::panicking() {
            self.give_back(Held::back);
        }
    }
}

impl Work {
    /// Returns the first send; the lane is gone if there is none.
    fn first(&self) -> Option<Arc<Held>> {
        let mut lanes = lock(&self.shared.lanes);
        let first = lanes.get(&self.lane).and_then(|lane| lane.front().cloned());
        if first.is_none() {
            lanes.remove(&self.lane);
        }
        first
    }

    fn over(&self, held: &Arc<Held>, outcome: Outcome) {
        if let Some(lane) = lock(&self.shared.lanes).get_mut(&self.lane) {
            lane.pop_front();
        }
        self.give(held, Fate::Settled(outcome));
    }

    /// Puts the first send off. The store gives the others back after it; those of them that may have been sent wait for a
    /// status too.
    fn put_off(&self, first: &Arc<Held>, outcome: Outcome) {
        let lane = self.shared.close(&self.lane);
        for other in lane.iter().skip(1).filter(|other| other.due.standing == Standing::Interrupted) {
            self.give(other, Fate::Settled(self.interrupted(other)));
        }
        self.give(first, Fate::Settled(outcome));
    }

    /// Gives the whole lane back.
    fn give_back(&self, fate: impl Fn(&Held) -> Fate) {
        let lane = self.shared.close(&self.lane);
        for held in lane {
            self.give(&held, fate(&held));
        }
    }

    /// Gives back those behind the first whose lease may end while this takes.
    fn lighten(&self, time: SignedDuration) {
        let now = self.now();
        let short = {
            let mut lanes = lock(&self.shared.lanes);
            let Some(lane) = lanes.get_mut(&self.lane) else { return };
            let fits = lane.iter().skip(1).take_while(|held| held.lasts(now, time * 2)).count();
            let short = lane.split_off((1 + fits).min(lane.len()));
            if !short.is_empty() {
                self.shared.follow.close(&self.lane);
            }
            short
        };
        if short.is_empty() {
            return;
        }
        for held in &short {
            self.give(held, held.back());
        }
        self.shared.follow.behind(&self.lane);
    }

    fn give(&self, held: &Arc<Held>, fate: Fate) {
        self.shared.give(held, fate);
    }

    /// Sends one message, unless Usher stops before.
    async fn step(&self, held: &Arc<Held>) -> Step {
        if self.shared.is_stopping() {
            return Step::Back;
        }
        let under_way = AtomicBool::new(false);
        let mut span = held.begin(&self.shared.parts.spans, What::Send);
        match caught(self.send(held, &under_way, &mut span)).await {
            Ok(step) => step,
            Err(words) => {
                span.fail("panic");
                self.panicked(held, &words, under_way.into_inner())
            }
        }
    }

    /// Sees to a send that panicked: it comes again, until it has done so too often.
    fn panicked(&self, held: &Held, words: &str, under_way: bool) -> Step {
        let error = format!("Usher failed while it sent this: {words}");
        match self.shared.panicked(&held.due.effect.id, words) {
            None => self.dead(held, unavailable(error), None),
            Some(_) if under_way => self.unknown(held, error),
            Some(wait) => Step::PutOff(Outcome::Retry { at: self.after(wait), error }),
        }
    }

    async fn send(&self, held: &Held, under_way: &AtomicBool, span: &mut Span) -> Step {
        let due = &held.due;
        let EffectKind::Send { message } = &due.effect.kind else {
            return Step::Over(Outcome::Sent { provider_id: None, provider: None });
        };
        let setup = match self.shared.parts.configurations.latest(&due.key.workspace, due.revision).await {
            Ok(configuration) => configuration.channel(due.key.environment, &due.key.channel).cloned(),
            Err(error) => {
                tracing::warn!(%error, "cannot read the settings of a channel; the send waits");
                let at = self.after(SignedDuration::from_secs(1));
                return Step::PutOff(Outcome::Retry { at, error: error.to_string() });
            }
        };
        let Some(setup) = setup else {
            let message = format!("there is no channel `{}` any more", due.key.channel);
            span.fail(CallFailure::NotConfigured.as_str());
            return self.dead(held, unavailable(message), None);
        };
        let channel = match &setup.speaks {
            // What Usher shows itself is shown once it is in the transcript.
            Speaks::Here => {
                setup.measures.sent.increment(1);
                return Step::Over(Outcome::Sent { provider_id: None, provider: None });
            }
            Speaks::To(channel) => channel,
            Speaks::Nothing(problem) => {
                setup.note_error(self.now(), problem);
                span.fail(CallFailure::NotConfigured.as_str());
                return self.dead(held, unavailable(problem.clone()), None);
            }
        };
        if due.standing == Standing::Interrupted {
            self.shared.parts.metrics.sends.unknown.increment(1);
            return Step::PutOff(self.interrupted(held));
        }
        self.send_by(&setup, &**channel, held, message, under_way, span).await
    }

    /// Sends a message by a channel, after the waits that pace and health ask for.
    async fn send_by(
        &self,
        setup: &ChannelSetup,
        channel: &dyn Channel,
        held: &Held,
        message: &Outbound,
        under_way: &AtomicBool,
        span: &mut Span,
    ) -> Step {
        let due = &held.due;
        let request = match channel.request(message, &due.key.address, &due.effect.id) {
            Ok(request) => request,
            Err(failure) => {
                span.fail(CallFailure::Refused.as_str());
                return self.dead(held, failure, None);
            }
        };
        let time = SignedDuration::try_from(request.timeout).unwrap_or(SignedDuration::MAX).saturating_add(MARGIN);
        let mut attempt = due.attempts;
        loop {
            if let Some(step) = self.wait_for_turn(setup, held).await {
                return step;
            }
            if !held.lasts(self.now(), time) || !self.shared.presence.holds(&held.owner) {
                return Step::Back;
            }
            self.lighten(time);
            let sent = request.body.clone();
            if due.standing == Standing::Unheard && attempt == due.attempts {
                self.shared.parts.metrics.sends.repeated.increment(1);
                setup.measures.repeated.increment(1);
            }
            under_way.store(true, Ordering::Relaxed);
            let result = self.shared.parts.http.send(request.clone()).await;
            let outcome = channel.outcome(&result, attempt);
            under_way.store(matches!(outcome, SendOutcome::Unknown { .. }), Ordering::Relaxed);
            let provider = || exchange(sent.as_deref(), result.as_ref().ok());
            let now = self.now();
            setup.measures.note(&outcome);
            tell(&result, &outcome, span);
            lock(&self.shared.pace).sent(setup, &outcome, now);
            match outcome {
                SendOutcome::Accepted { provider_id } => {
                    let metrics = &self.shared.parts.metrics;
                    metrics.sends.sent.increment(1);
                    metrics.send_seconds.record(now.duration_since(due.asked_at).as_secs_f64());
                    return Step::Over(Outcome::Sent { provider_id: Some(provider_id), provider: provider() });
                }
                SendOutcome::Failed { failure } => return self.dead(held, failure, provider()),
                SendOutcome::Blocked { problem, failure } => {
                    setup.note_error(now, &problem.message);
                    return self.dead(held, failure, provider());
                }
                SendOutcome::Unknown { message } => return self.unknown(held, message),
                SendOutcome::Retry { after: wait, scope, failure } => {
                    let give_up = self.shared.settings.give_up;
                    let wait = SignedDuration::try_from(wait).unwrap_or(give_up);
                    if now.duration_since(due.asked_at).saturating_add(wait) > give_up {
                        return self.dead(held, failure, provider());
                    }
                    self.shared.parts.metrics.sends.retried.increment(1);
                    lock(&self.shared.pace).hold(setup, &self.lane, scope, wait, now);
                    let is_short =
                        wait <= self.shared.settings.short_wait && held.lasts(now, wait.saturating_add(time));
                    if !is_short || !self.shared.pause(wait).await {
                        return Step::PutOff(Outcome::Retry { at: self.after(wait), error: failure.message });
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// Waits until the channel's and the customer's pace, and the channel's health, let the message pass; or says
    /// that this takes too long to wait for in memory.
    async fn wait_for_turn(&self, setup: &ChannelSetup, held: &Held) -> Option<Step> {
        let most = self.shared.settings.short_wait;
        loop {
            let now = self.now();
            let closed_for = lock(&self.shared.pace).closed_for(setup, now);
            if closed_for > SignedDuration::ZERO {
                if let Some(step) = self.wait_for_channel(held, closed_for).await {
                    return Some(step);
                }
                continue;
            }
            let reserved = lock(&self.shared.pace).reserve(setup, &self.lane, now, most);
            match reserved {
                Ok(SignedDuration::ZERO) => {}
                Ok(wait) if self.shared.pause(wait).await => {}
                Ok(_) => return Some(Step::Back),
                Err(Late::OfPair(wait)) => {
                    let error = "waits for its turn".to_owned();
                    return Some(Step::PutOff(Outcome::Retry { at: self.after(wait), error }));
                }
                Err(Late::OfChannel(wait)) => {
                    lock(&self.shared.pace).rest(held.system(), wait - most, now);
                    return Some(Step::Waits);
                }
            }
            let passed = lock(&self.shared.pace).pass(setup, self.now());
            let Err(wait) = passed else { return None };
            if let Some(step) = self.wait_for_channel(held, wait).await {
                return Some(step);
            }
        }
    }

    /// Waits in memory for a channel to which nothing may be sent now, unless it is for long.
    async fn wait_for_channel(&self, held: &Held, wait: SignedDuration) -> Option<Step> {
        if wait > self.shared.settings.short_wait {
            lock(&self.shared.pace).rest(held.system(), wait, self.now());
            return Some(Step::Waits);
        }
        if self.shared.pause(wait).await { None } else { Some(Step::Back) }
    }

    /// Waits for a status that tells what became of a send; one that stays unknown for too long is given up, so that the
    /// customer does not get it again and again.
    fn unknown(&self, held: &Held, error: String) -> Step {
        self.shared.parts.metrics.sends.unknown.increment(1);
        if self.now().duration_since(held.due.asked_at) > self.shared.settings.give_up {
            return self.dead(held, unavailable(format!("{error}; no status came, and it is not sent again")), None);
        }
        Step::PutOff(Outcome::Unknown { until: self.after(self.shared.settings.unknown_wait), error })
    }

    /// Waits for a status of what was under way when Usher died, for as long as no status could come in.
    fn interrupted(&self, held: &Held) -> Outcome {
        let away = self.now().duration_since(held.due.asked_at);
        let wait = away.max(INTERRUPTED_WAIT).min(self.shared.settings.unknown_wait);
        Outcome::Unknown { until: self.after(wait), error: "Usher was interrupted while it sent this".to_owned() }
    }

    /// Gives a send up: the lane goes on, and the session learns of it.
    fn dead(&self, held: &Held, failure: SendFailure, provider: Option<String>) -> Step {
        self.shared.parts.metrics.sends.failed.increment(1);
        self.shared.parts.metrics.sends.dead.increment(1);
        let effect = &held.due.effect.id;
        let error = failure.message.clone();
        let kind = EventKind::SendFailed { effect: effect.clone(), failure };
        let event = Event { id: EventId::of_answer(effect, "not_delivered"), kind };
        Step::Over(Outcome::Dead { error, provider, event: Some(event), at: self.now() })
    }

    fn now(&self) -> Timestamp {
        self.shared.parts.clock.now()
    }

    fn after(&self, wait: SignedDuration) -> Timestamp {
        self.shared.after(wait)
    }
}

/// Says what came of a request to a provider; what is tried again has not failed yet.
fn tell(result: &Result<http::Response, http::Failure>, outcome: &SendOutcome, span: &mut Span) {
    if let Ok(response) = result {
        span.set("http.response.status_code", i64::from(response.status));
    }
    let (word, has_failed) = match outcome {
        SendOutcome::Accepted { .. } => ("sent", false),
        SendOutcome::Failed { .. } => ("failed", true),
        SendOutcome::Blocked { .. } => ("blocked", true),
        SendOutcome::Unknown { .. } => ("unknown", true),
        SendOutcome::Retry { .. } => ("retry", false),
    };
    span.set(OUTCOME, word);
    if has_failed {
        span.fail(result.as_ref().err().map_or(word, |failure| CallFailure::from(failure.kind).as_str()));
    }
}

fn unavailable(message: String) -> SendFailure {
    SendFailure { reason: SendFailureReason::ChannelUnavailable, code: None, message }
}

/// Writes what was sent and what was answered as one JSON text, to be shown beside the message.
fn exchange(request: Option<&[u8]>, response: Option<&http::Response>) -> Option<String> {
    let request = serde_json::from_slice::<&RawValue>(request?).ok()?.get();
    let Some(response) = response else { return Some(format!(r#"{{"request":{request}}}"#)) };
    let answer = match serde_json::from_slice::<&RawValue>(&response.body) {
        Ok(json) if json.get().len() <= ANSWER_BYTES => json.get().to_owned(),
        _ => {
            let text = String::from_utf8_lossy(&response.body[..response.body.len().min(ANSWER_BYTES)]);
            serde_json::Value::from(text.into_owned()).to_string()
        }
    };
    Some(format!(r#"{{"request":{request},"status":{},"answer":{answer}}}"#, response.status))
}
