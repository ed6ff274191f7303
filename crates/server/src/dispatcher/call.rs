//! One call to an outside system: started at once, beside the lane of its session.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use usher_engine::effect::{Call, CallTarget, EffectKind};
use usher_engine::event::{Answer, CallFailure};
use usher_engine::id::EventId;
use usher_engine::{Event, EventKind};
use usher_store::{DueEffect, Outcome, OwnEvent};

use super::hand::Held;
use super::settler::Fate;
use super::{Shared, lock};
use crate::spans::{Parent, Span, What};
use crate::supervise::caught;

/// What a call takes beside the time that it may take.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>, held: Arc<Held>) {
    let mut span = Span::default();
    let fate = match caught(carry_out(&shared, &held, &mut span)).await {
        Ok(fate) => fate,
        Err(words) => {
            span.fail("panic");
            panicked(&shared, &held.due, &words)
        }
    };
    let led_by = span.place();
    drop(span);
    match fate {
        Fate::Settled(Outcome::Answered { event, at }) => answer_with(&shared, &held, event, at, led_by).await,
        fate => shared.give(&held, fate),
    }
}

/// Brings the answer to its session, or has it stored to come there.
async fn answer_with(shared: &Shared, held: &Arc<Held>, event: Event, at: Timestamp, led_by: Parent) {
    let due = &held.due;
    let answer = OwnEvent { key: due.key.clone(), session: due.session.clone(), event, at };
    let taken = match shared.bus.get() {
        Some(bus) => bus.answer(answer, led_by).await,
        None => Err(answer),
    };
    match taken {
        Ok(()) => shared.settled(held),
        Err(OwnEvent { event, at, .. }) => shared.give(held, Fate::Settled(Outcome::Answered { event, at })),
    }
}

/// Makes the call; its span begins once it has its place.
async fn carry_out(shared: &Shared, held: &Held, span: &mut Span) -> Fate {
    let due = &held.due;
    let EffectKind::Call { call } = &due.effect.kind else { return held.back() };
    let timeout = i64::try_from(call.timeout_ms).unwrap_or(i64::MAX);
    let time = SignedDuration::from_millis(timeout).saturating_add(MARGIN);
    let _place = match place(shared, held, time).await {
        Ok(place) => place,
        Err(fate) => return fate,
    };
    let started = shared.parts.clock.now();
    if !shared.presence.holds(&held.owner) {
        return held.back();
    }
    *span = held.begin(&shared.parts.spans, What::Call);
    span.set_with("usher.system", || key(&call.target));

    let may_call = lock(&shared.pace).may_call(held.system(), started);
    let answer = match may_call {
        Ok(()) => {
            let answer = answer(shared, due, call).await;
            lock(&shared.pace).called(held.system(), &answer, shared.parts.clock.now());
            answer
        }
        Err(until) => Answer::Failed {
            kind: CallFailure::Unreachable,
            message: format!(
                "{} did not answer the last calls; it is tried again in {} s",
                name(&call.target),
                until.duration_since(started).as_secs().max(1)
            ),
        },
    };
    tell(&answer, span);
    let now = shared.parts.clock.now();
    shared.parts.metrics.call_seconds.record(now.duration_since(started).as_secs_f64());
    Fate::Settled(Outcome::Answered { event: answered(due, answer), at: now })
}

/// Waits for one of the places to call a system, for as long as the lease has more than the call may take.
///
/// # Errors
///
/// Returns what is to become of the call if there is none, if Usher stops before, or may have lost the lease.
async fn place(shared: &Shared, held: &Held, time: SignedDuration) -> Result<OwnedSemaphorePermit, Fate> {
    let patience = held.due.leased_until.duration_since(shared.parts.clock.now()).saturating_sub(time);
    let patience = Duration::try_from(patience).unwrap_or_default();
    let lost = shared.presence.lost();
    tokio::select! {
        biased;
        () = shared.stopping.cancelled() => Err(held.back()),
        () = lost.cancelled() => Err(held.back()),
        place = places(shared, held.system()).acquire_owned() => place.map_err(|_| held.back()),
        () = tokio::time::sleep(patience) => Err(held.waits()),
    }
}

async fn answer(shared: &Shared, due: &DueEffect, call: &Call) -> Answer {
    let configuration = match shared.parts.configurations.latest(&due.key.workspace, due.revision).await {
        Ok(configuration) => configuration,
        Err(error) => {
            tracing::warn!(%error, "cannot read the settings of a system that is to be called");
            let message = "Usher could not read how this system is reached".to_owned();
            return Answer::Failed { kind: CallFailure::Unreachable, message };
        }
    };
    let environment = due.key.environment;
    let answer = match configuration.target(environment, &call.target) {
        Ok(target) => match &target.caller {
            Some(caller) => caller.execute(call, &target.target, &due.effect.id).await,
            None => shared.caller.execute(call, &target.target, &due.effect.id).await,
        },
        Err(message) => Answer::Failed { kind: CallFailure::NotConfigured, message },
    };
    let measures = shared.parts.metrics.system(&configuration.workspace.key, environment, &key(&call.target));
    match &answer {
        Answer::Responded { .. } => measures.answered.increment(1),
        Answer::Failed { .. } => measures.failed.increment(1),
    }
    answer
}

/// Says what came of a call.
fn tell(answer: &Answer, span: &mut Span) {
    match answer {
        Answer::Responded { status, .. } => span.set("http.response.status_code", i64::from(*status)),
        Answer::Failed { kind, .. } => span.fail(kind.as_str()),
    }
}

/// Makes the event of an answer: with one id whatever came of the call, so that of two tries of one effect the first
/// that is written down counts.
fn answered(due: &DueEffect, answer: Answer) -> Event {
    let effect = due.effect.id.clone();
    Event { id: EventId::of_answer(&effect, "answered"), kind: EventKind::CallAnswered { effect, answer } }
}

/// Sees to a call that panicked: it comes again, until it has done so too often.
fn panicked(shared: &Shared, due: &DueEffect, words: &str) -> Fate {
    let error = format!("Usher failed while it made this call: {words}");
    Fate::Settled(match shared.panicked(&due.effect.id, words) {
        Some(wait) => Outcome::Retry { at: shared.after(wait), error },
        None => {
            let answer = Answer::Failed { kind: CallFailure::Refused, message: error.clone() };
            let event = Some(answered(due, answer));
            Outcome::Dead { error, provider: None, event, at: shared.parts.clock.now() }
        }
    })
}

fn places(shared: &Shared, system: &str) -> Arc<Semaphore> {
    let mut calls = lock(&shared.calls);
    let made = || Arc::new(Semaphore::new(shared.settings.calls_at_once));
    Arc::clone(calls.entry(system.to_owned()).or_insert_with(made))
}

/// Names the system as measures do.
fn key(target: &CallTarget) -> String {
    match target {
        CallTarget::Api { api } => format!("api/{api}"),
        CallTarget::Operation { connection, .. } => format!("connection/{connection}"),
    }
}

/// Names the system in words.
fn name(target: &CallTarget) -> String {
    match target {
        CallTarget::Api { api } => format!("the API `{api}`"),
        CallTarget::Operation { connection, .. } => format!("the connection `{connection}`"),
    }
}
