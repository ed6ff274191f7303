//! One call to an outside system: started at once, beside the lane of its session.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Semaphore;
use usher_engine::effect::{CallTarget, EffectKind};
use usher_engine::event::{Answer, CallFailure};
use usher_engine::id::EventId;
use usher_engine::{Event, EventKind};
use usher_store::{DueEffect, Outcome};

use super::{Shared, lock};

/// How long a call waits in memory for one of the places of its system; then the store keeps it for a while.
const WAIT_FOR_A_PLACE: Duration = Duration::from_secs(20);
/// How long the store keeps it.
const KEPT: SignedDuration = SignedDuration::from_secs(2);

pub(super) async fn run(shared: Arc<Shared>, due: DueEffect) {
    let EffectKind::Call { call } = &due.effect.kind else { return };
    let system = format!("{}/{}/{}", due.key.workspace, due.key.environment, name(&call.target));
    let mut stopping = shared.stopping.subscribe();
    let place = tokio::select! {
        biased;
        _ = stopping.wait_for(|stopping| *stopping) => {
            return put_off(&shared, &due, SignedDuration::ZERO, "Usher stopped before");
        }
        place = tokio::time::timeout(WAIT_FOR_A_PLACE, places(&shared, &system).acquire_owned()) => place,
    };
    let Ok(Ok(_place)) = place else {
        return put_off(&shared, &due, KEPT, "too many calls to this system are under way");
    };

    let started = shared.parts.clock.now();
    let passes = lock(&shared.health).circuits.get_mut(&system).map(|circuit| circuit.pass(started));
    let answer = match passes {
        Some(Err(until)) => Answer::Failed {
            kind: CallFailure::Unreachable,
            message: format!(
                "{} did not answer the last calls; it is tried again in {} s",
                name(&call.target),
                until.duration_since(started).as_secs().max(1)
            ),
        },
        _ => {
            let answer = answer(&shared, &due, call).await;
            note_health(&shared, system, &answer, shared.parts.clock.now());
            answer
        }
    };
    let now = shared.parts.clock.now();
    shared.parts.metrics.call_seconds.record(now.duration_since(started).as_secs_f64());
    match &answer {
        Answer::Responded { .. } => shared.parts.metrics.calls_answered.increment(1),
        Answer::Failed { .. } => shared.parts.metrics.calls_failed.increment(1),
    }
    // One id whatever came of it: of two tries of one effect the first that is written down counts.
    let id = EventId::of_answer(&due.effect.id, "answered");
    let event = Event { id, kind: EventKind::CallAnswered { effect: due.effect.id.clone(), answer } };
    shared.settle(&due.effect.id, Outcome::Answered { event, at: now }, None);
}

async fn answer(shared: &Shared, due: &DueEffect, call: &usher_engine::effect::Call) -> Answer {
    let configuration = match shared.parts.configurations.latest(&due.key.workspace).await {
        Ok(configuration) => configuration,
        Err(error) => {
            tracing::warn!(%error, "cannot read the settings of a system that is to be called");
            let message = "Usher could not read how this system is reached".to_owned();
            return Answer::Failed { kind: CallFailure::Unreachable, message };
        }
    };
    match configuration.target(due.key.environment, &call.target) {
        Ok(target) => match &target.caller {
            Some(caller) => caller.execute(call, &target.target, &due.effect.id).await,
            None => shared.caller.execute(call, &target.target, &due.effect.id).await,
        },
        Err(message) => Answer::Failed { kind: CallFailure::NotConfigured, message },
    }
}

fn places(shared: &Shared, system: &str) -> Arc<Semaphore> {
    let mut places = lock(&shared.places);
    let made = || Arc::new(Semaphore::new(shared.settings.calls_at_once));
    Arc::clone(places.entry(system.to_owned()).or_insert_with(made))
}

fn put_off(shared: &Shared, due: &DueEffect, wait: SignedDuration, why: &str) {
    let at = shared.parts.clock.now().saturating_add(wait).unwrap_or(jiff::Timestamp::MAX);
    shared.settle(&due.effect.id, Outcome::Retry { at, error: why.to_owned() }, None);
}

fn note_health(shared: &Shared, system: String, answer: &Answer, now: jiff::Timestamp) {
    let mut health = lock(&shared.health);
    match answer {
        Answer::Failed { kind: CallFailure::Timeout | CallFailure::Unreachable, .. } => {
            health.circuits.entry(system).or_default().failed(now);
        }
        Answer::Responded { .. } | Answer::Failed { .. } => {
            health.circuits.remove(&system);
        }
    }
}

/// Names the system in words.
fn name(target: &CallTarget) -> String {
    match target {
        CallTarget::Api { api } => format!("the API `{api}`"),
        CallTarget::Operation { connection, .. } => format!("the connection `{connection}`"),
    }
}
