//! One lane: the sends of an address, one at a time, in order.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use usher_connect::channels::{Scope, SendOutcome};
use usher_connect::http;
use usher_engine::effect::EffectKind;
use usher_engine::event::{SendFailure, SendFailureReason};
use usher_engine::id::EventId;
use usher_engine::{Event, EventKind};
use usher_store::{DueEffect, Outcome, Standing};

use super::rate::Rate;
use super::{Shared, lock};
use crate::runner::configuration::{ChannelSetup, Speaks};

/// Bytes of an answer of a provider that are kept beside the message.
const ANSWER_BYTES: usize = 4 * 1024;

/// What becomes of a send, and of its lane.
enum Step {
    /// It is over; the next may go.
    Over(Outcome),
    /// It goes back to the store, and the lane waits with it.
    Held(Outcome),
}

/// Works on a lane until it is empty.
pub(super) async fn run(shared: Arc<Shared>, lane: String) {
    loop {
        let next = {
            let mut lanes = lock(&shared.lanes);
            let next = lanes.get(&lane).and_then(|lane| lane.front().cloned());
            if next.is_none() {
                lanes.remove(&lane);
            }
            next
        };
        let Some(due) = next else { return };
        let step = if shared.is_stopping() {
            Step::Held(Outcome::Retry { at: shared.parts.clock.now(), error: "Usher stopped before".to_owned() })
        } else {
            send(&shared, &lane, &due).await
        };
        match step {
            Step::Over(outcome) => {
                if let Some(lane) = lock(&shared.lanes).get_mut(&lane) {
                    lane.pop_front();
                }
                shared.settle(&due.effect.id, outcome, Some(lane.clone()));
            }
            Step::Held(outcome) => {
                let waiting = lock(&shared.lanes).remove(&lane).unwrap_or_default();
                shared.settle(&due.effect.id, outcome, Some(lane.clone()));
                // The store gives the others back after the first; those that may have been sent wait for a status too.
                let (interrupted, others): (Vec<_>, Vec<_>) =
                    waiting.iter().skip(1).partition(|other| other.standing == Standing::Interrupted);
                for other in interrupted {
                    let until = after(&shared, shared.settings.unknown_wait);
                    let error = "Usher was interrupted while it sent this".to_owned();
                    shared.settle(&other.effect.id, Outcome::Unknown { until, error }, Some(lane.clone()));
                }
                shared.let_go(others.into_iter().map(|other| &other.effect.id));
                return;
            }
        }
    }
}

/// Sends one message, after the waits that pace and health ask for.
async fn send(shared: &Shared, lane: &str, due: &DueEffect) -> Step {
    let EffectKind::Send { message } = &due.effect.kind else {
        return Step::Over(Outcome::Sent { provider_id: None, provider: None });
    };
    let setup = match shared.parts.configurations.latest(&due.key.workspace).await {
        Ok(configuration) => configuration.channel(due.key.environment, &due.key.channel).cloned(),
        Err(error) => {
            tracing::warn!(%error, "cannot read the settings of a channel; the send waits");
            return Step::Held(Outcome::Retry {
                at: after(shared, SignedDuration::from_secs(1)),
                error: error.to_string(),
            });
        }
    };
    let Some(setup) = setup else {
        let message = format!("there is no channel `{}` any more", due.key.channel);
        return dead(shared, due, unavailable(message), None);
    };
    let channel = match &setup.speaks {
        // What Usher shows itself is shown once it is in the transcript.
        Speaks::Here => return Step::Over(Outcome::Sent { provider_id: None, provider: None }),
        Speaks::To(channel) => channel,
        Speaks::Nothing(problem) => {
            setup.note_error(shared.parts.clock.now(), problem);
            return dead(shared, due, unavailable(problem.clone()), None);
        }
    };
    if due.standing == Standing::Interrupted {
        return unknown(shared, due, "Usher was interrupted while it sent this".to_owned());
    }
    let request = match channel.request(message, &due.key.address, &due.effect.id) {
        Ok(request) => request,
        Err(failure) => return dead(shared, due, failure, None),
    };
    let mut attempt = due.attempts;
    loop {
        if let Some(step) = wait_for_turn(shared, &setup, lane).await {
            return step;
        }
        let sent = request.body.clone();
        let result = shared.parts.http.send(request.clone()).await;
        let outcome = channel.outcome(&result, attempt);
        let provider = || exchange(sent.as_deref(), result.as_ref().ok());
        let now = shared.parts.clock.now();
        note_health(shared, &setup, &outcome, now);
        match outcome {
            SendOutcome::Accepted { provider_id } => {
                shared.parts.metrics.sends.sent.increment(1);
                let taken = now.duration_since(due.asked_at).as_secs_f64();
                shared.parts.metrics.send_seconds.record(taken);
                return Step::Over(Outcome::Sent { provider_id: Some(provider_id), provider: provider() });
            }
            SendOutcome::Failed { failure } => return dead(shared, due, failure, provider()),
            SendOutcome::Blocked { problem, failure } => {
                setup.note_error(now, &problem.message);
                return dead(shared, due, failure, provider());
            }
            SendOutcome::Unknown { message } => return unknown(shared, due, message),
            SendOutcome::Retry { after: wait, scope, failure } => {
                let wait = SignedDuration::try_from(wait).unwrap_or(shared.settings.give_up);
                if now.duration_since(due.asked_at).saturating_add(wait) > shared.settings.give_up {
                    shared.parts.metrics.sends.dead.increment(1);
                    return dead(shared, due, failure, provider());
                }
                shared.parts.metrics.sends.retried.increment(1);
                hold(shared, &setup, lane, scope, wait, now);
                if wait > shared.settings.short_wait || !shared.pause(wait).await {
                    return Step::Held(Outcome::Retry { at: after(shared, wait), error: failure.message });
                }
                attempt += 1;
            }
        }
    }
}

/// Waits until the channel's and the customer's pace, and the channel's health, let the next message pass; or says
/// that this takes too long to wait for in memory.
async fn wait_for_turn(shared: &Shared, setup: &ChannelSetup, lane: &str) -> Option<Step> {
    loop {
        let now = shared.parts.clock.now();
        let Err(wait) = may_send(shared, setup, lane, now) else { return None };
        if wait > shared.settings.short_wait || !shared.pause(wait).await {
            return Some(Step::Held(Outcome::Retry {
                at: after(shared, wait),
                error: "waits for its turn".to_owned(),
            }));
        }
    }
}

fn may_send(shared: &Shared, setup: &ChannelSetup, lane: &str, now: Timestamp) -> Result<(), SignedDuration> {
    let mut health = lock(&shared.health);
    let health = &mut *health;
    if let Some(until) = health.holds.get(&setup.id).filter(|until| **until > now) {
        return Err(until.duration_since(now));
    }
    if let Some(circuit) = health.circuits.get_mut(&setup.id) {
        circuit.pass(now).map_err(|until| until.duration_since(now))?;
    }
    if let Some(pair) = setup.pair {
        let bucket = health.rates.entry(lane.to_owned()).or_default();
        bucket.take(pair, now)?;
    }
    if let Some(number) = setup.number {
        let bucket = health.rates.entry(setup.id.clone()).or_default();
        if let Err(wait) = bucket.take(number, now) {
            if let Some(pair) = setup.pair {
                health.rates.entry(lane.to_owned()).or_default().give_back(pair);
            }
            return Err(wait);
        }
    }
    Ok(())
}

fn note_health(shared: &Shared, setup: &ChannelSetup, outcome: &SendOutcome, now: Timestamp) {
    let mut health = lock(&shared.health);
    match outcome {
        SendOutcome::Blocked { .. }
        | SendOutcome::Unknown { .. }
        | SendOutcome::Retry { scope: Scope::Transient | Scope::Number, .. } => {
            health.circuits.entry(setup.id.clone()).or_default().failed(now);
        }
        _ => {
            health.circuits.remove(&setup.id);
        }
    }
}

/// Keeps the others back whom the provider's limit concerns too.
fn hold(shared: &Shared, setup: &ChannelSetup, lane: &str, scope: Scope, wait: SignedDuration, now: Timestamp) {
    let mut health = lock(&shared.health);
    match scope {
        Scope::Number | Scope::Account => {
            let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            let hold = health.holds.entry(setup.id.clone()).or_insert(until);
            *hold = until.max(*hold);
        }
        Scope::Pair => {
            if let Some(pair) = setup.pair {
                let one = Rate { burst: 1, ..pair };
                health.rates.entry(lane.to_owned()).or_default().drain(one, now);
            }
        }
        Scope::Transient => {}
    }
}

/// Waits for a status that tells what became of a send; one that stays unknown for too long is given up, so that the
/// customer does not get it again and again.
fn unknown(shared: &Shared, due: &DueEffect, error: String) -> Step {
    shared.parts.metrics.sends.unknown.increment(1);
    if shared.parts.clock.now().duration_since(due.asked_at) > shared.settings.give_up {
        return dead(shared, due, unavailable(format!("{error}; no status came, and it is not sent again")), None);
    }
    Step::Held(Outcome::Unknown { until: after(shared, shared.settings.unknown_wait), error })
}

/// Gives a send up: the lane goes on, and the session learns of it.
fn dead(shared: &Shared, due: &DueEffect, failure: SendFailure, provider: Option<String>) -> Step {
    shared.parts.metrics.sends.failed.increment(1);
    let id = EventId::of_answer(&due.effect.id, "not_delivered");
    let error = failure.message.clone();
    let event = Event { id, kind: EventKind::SendFailed { effect: due.effect.id.clone(), failure } };
    Step::Over(Outcome::Dead { error, provider, event: Some(event), at: shared.parts.clock.now() })
}

fn unavailable(message: String) -> SendFailure {
    SendFailure { reason: SendFailureReason::ChannelUnavailable, code: None, message }
}

fn after(shared: &Shared, wait: SignedDuration) -> Timestamp {
    shared.parts.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX)
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
