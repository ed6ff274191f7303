//! Delivery states.

use usher_engine::event::{EventKind, SendFailure, SendFailureReason};
use usher_engine::id::EffectId;
use usher_store::{DeliveryState, Hot, Outcome, Recorded, Settlement, Status, Store};

use super::people::at;
use super::stage::{Play, key, lease};

fn status(provider_id: &str, state: DeliveryState) -> Status {
    Status {
        workspace: "id-shop".to_owned(),
        channel: "main".to_owned(),
        provider_id: provider_id.to_owned(),
        effect: None,
        state,
        failure: None,
        at: at(50),
    }
}

fn of_effect(effect: &EffectId, state: DeliveryState) -> Status {
    Status { effect: Some(effect.clone()), ..status(&format!("wamid.{effect}"), state) }
}

async fn record(store: &Store, statuses: Vec<Status>) -> Recorded {
    store.record_statuses(statuses, at(50)).await.unwrap()
}

async fn state(store: &Store, position: i64) -> (Option<DeliveryState>, Option<String>) {
    let message = store.conversations().messages_at(&key("ann"), position - 1, 1).await.unwrap().remove(0);
    (message.state, message.provider_id)
}

/// Commits a turn with two sends that are the caller's, and gives it.
async fn two_sends(store: &Store) -> Play {
    let play = Play::written(store, "ann", "hi", 10).await.sends("1").sends("2");
    play.commit_leased(store, &lease("one", 1000)).await;
    play
}

async fn sent(store: &Store, effect: EffectId, id: &str) {
    let outcome = Outcome::Sent { provider_id: Some(id.to_owned()), provider: None };
    store.settle(vec![Settlement { effect, outcome }], at(11)).await.unwrap();
}

pub(crate) async fn a_state_goes_up_and_never_down(store: &Store) {
    let play = two_sends(store).await;
    sent(store, play.effect(0), "wamid.1").await;
    let batch = vec![status("wamid.1", DeliveryState::Delivered), status("wamid.1", DeliveryState::Sent)];
    let recorded = record(store, batch).await;
    assert_eq!((recorded.changed.len(), recorded.unmatched), (1, 0));
    let changed = &recorded.changed[0];
    assert_eq!((changed.position, changed.state, &changed.key), (2, DeliveryState::Delivered, &key("ann")));
    assert_eq!(record(store, vec![status("wamid.1", DeliveryState::Sent)]).await.changed, []);
    assert_eq!(record(store, vec![status("wamid.1", DeliveryState::Failed)]).await, Recorded::default());
    record(store, vec![status("wamid.1", DeliveryState::Read)]).await;
    assert_eq!(state(store, 2).await, (Some(DeliveryState::Read), Some("wamid.1".to_owned())));
    // Of another message, of another channel, and of the customer's own message.
    let other = Status { channel: "second".to_owned(), ..status("wamid.1", DeliveryState::Failed) };
    let own = status(&format!("in-{}", play.event.id), DeliveryState::Read);
    let recorded = record(store, vec![status("wamid.9", DeliveryState::Read), other, own]).await;
    assert_eq!(recorded, Recorded { unmatched: 3, ..Recorded::default() });
}

pub(crate) async fn a_status_tells_what_became_of_an_unknown_send(store: &Store) {
    let play = two_sends(store).await;
    let outcome = Outcome::Unknown { until: at(90), error: "timeout".to_owned() };
    store.settle(vec![Settlement { effect: play.effect(0), outcome }], at(11)).await.unwrap();
    assert_eq!(store.due_effects(at(50), 10, &lease("one", 99)).await.unwrap(), []);
    record(store, vec![of_effect(&play.effect(0), DeliveryState::Sent)]).await;
    let (reached, provider_id) = state(store, 2).await;
    assert_eq!((reached, provider_id), (Some(DeliveryState::Sent), Some(format!("wamid.{}", play.effect(0)))));
    // The next of the lane goes at once, and the first is not sent again.
    let taken = store.due_effects(at(50), 10, &lease("one", 99)).await.unwrap();
    assert_eq!(taken.iter().map(|due| due.effect.id.clone()).collect::<Vec<_>>(), [play.effect(1)]);
    // Its later statuses come by the provider's id.
    record(store, vec![of_effect(&play.effect(0), DeliveryState::Delivered)]).await;
    assert_eq!(state(store, 2).await.0, Some(DeliveryState::Delivered));
}

pub(crate) async fn a_status_before_the_settlement_wins(store: &Store) {
    let play = two_sends(store).await;
    record(store, vec![of_effect(&play.effect(0), DeliveryState::Delivered)]).await;
    let outcome = Outcome::Retry { at: at(60), error: "connection reset".to_owned() };
    store.settle(vec![Settlement { effect: play.effect(0), outcome }], at(51)).await.unwrap();
    // Who put it off let go of the next too, which therefore goes at once.
    let taken = store.due_effects(at(52), 10, &lease("one", 99)).await.unwrap();
    assert_eq!(taken.iter().map(|due| due.effect.id.clone()).collect::<Vec<_>>(), [play.effect(1)]);
    sent(store, play.effect(1), "wamid.2").await;
    assert_eq!(store.due_effects(at(5000), 10, &lease("one", 9999)).await.unwrap(), []);
    assert_eq!(state(store, 2).await.0, Some(DeliveryState::Delivered));
    // A settlement that comes after its status does not take the message back.
    let play = Play::written(store, "ann", "more", 60).await.sends("3");
    play.commit_leased(store, &lease("one", 1000)).await;
    record(store, vec![of_effect(&play.effect(0), DeliveryState::Read)]).await;
    sent(store, play.effect(0), &format!("wamid.{}", play.effect(0))).await;
    assert_eq!(state(store, 5).await.0, Some(DeliveryState::Read));
}

pub(crate) async fn a_failure_reaches_the_session_that_wants_it(store: &Store) {
    let play = two_sends(store).await;
    sent(store, play.effect(0), "wamid.1").await;
    sent(store, play.effect(1), "wamid.2").await;
    let failure = SendFailure {
        reason: SendFailureReason::WindowClosed,
        code: Some("131047".to_owned()),
        message: "the window has closed".to_owned(),
    };
    let failed = Status { failure: Some(failure.clone()), ..status("wamid.1", DeliveryState::Failed) };
    let recorded = record(store, vec![failed.clone(), failed.clone()]).await;
    assert_eq!(recorded.failures.len(), 1);
    let own = &recorded.failures[0];
    assert_eq!((&own.session, own.at), (&play.session.id, at(50)));
    assert_eq!(own.event.kind, EventKind::SendFailed { effect: play.effect(0), failure });
    assert_eq!(record(store, vec![failed]).await.failures, []);
    assert_eq!(store.pending_events(at(60), at(70), 10).await.unwrap(), recorded.failures);
    store.consume(std::slice::from_ref(&own.event.id)).await.unwrap();
    assert_eq!(store.pending_events(at(80), at(90), 10).await.unwrap(), []);
    // Nobody waits for it any longer.
    Play::written(store, "ann", "bye", 51).await.ends().commit(store).await;
    let recorded = record(store, vec![status("wamid.2", DeliveryState::Failed)]).await;
    assert_eq!((recorded.changed.len(), recorded.failures.len()), (1, 0));
    let messages = store.conversations().messages_at(&key("ann"), 2, 1).await.unwrap();
    assert_eq!(messages[0].error.as_deref(), Some("the provider gave no reason"));
}
