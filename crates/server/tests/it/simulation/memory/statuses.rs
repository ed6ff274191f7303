//! Delivery states of sent messages.

use std::collections::BTreeMap;

use usher_engine::event::{SendFailure, SendFailureReason};
use usher_engine::id::{EventId, SessionId};
use usher_engine::{Event, EventKind};
use usher_store::{DeliveryState, OwnEvent, Recorded, Status, StatusOf};

use super::tables::{EffectState, Tables};
use super::{MemoryStore, effects, events};

fn rank(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Pending => 0,
        DeliveryState::Sent => 1,
        DeliveryState::Failed => 2,
        DeliveryState::Delivered => 3,
        DeliveryState::Read => 4,
    }
}

/// What the statuses make of a message.
struct News<'s> {
    before: DeliveryState,
    state: DeliveryState,
    failed: Option<&'s Status>,
}

impl MemoryStore {
    pub(super) fn record_statuses_in(&self, tables: &mut Tables, statuses: &[Status], now: i64) -> Recorded {
        let mut recorded = Recorded::default();
        let mut news: BTreeMap<(String, i64), News<'_>> = BTreeMap::new();
        for status in statuses {
            let Some(place) = find(tables, status) else {
                recorded.unmatched += 1;
                continue;
            };
            let Some(message) = tables.messages.get_mut(&place) else { continue };
            message.provider_id.get_or_insert_with(|| status.provider_id.clone());
            let before = message.state.unwrap_or(DeliveryState::Pending);
            let news = news.entry(place).or_insert(News { before, state: before, failed: None });
            if rank(status.state) > rank(news.state) {
                news.state = status.state;
                news.failed = (status.state == DeliveryState::Failed).then_some(status);
            }
        }
        for (place, news) in news {
            self.write_status(tables, &place, &news, &mut recorded);
            effects::free_lane(tables, &place.0, now);
        }
        events::insert(tables, &recorded.failures, now);
        recorded
    }

    fn write_status(&self, tables: &mut Tables, place: &(String, i64), news: &News<'_>, recorded: &mut Recorded) {
        let Some(message) = tables.messages.get_mut(place) else { return };
        message.state = Some(news.state);
        message.known_at = message.known_at.or(Some(self.clock.now().as_millisecond()));
        let (session, effect) = (message.session.clone(), message.effect.clone());
        if let Some(effect) = &effect
            && let Some(row) = tables.effects.get(effect)
        {
            let is_open = matches!(row.state, EffectState::Unknown | EffectState::Retry | EffectState::Pending);
            if is_open || (row.state == EffectState::Dead && news.state != DeliveryState::Failed) {
                tables.effects.remove(effect);
            }
        }
        if news.state == news.before {
            return;
        }
        let Some(address) = tables.addresses.get(&place.0) else { return };
        let key = address.key.clone();
        let session_id = SessionId(session.clone());
        recorded.changed.push(StatusOf {
            key: key.clone(),
            session: session_id.clone(),
            position: place.1,
            state: news.state,
        });
        let is_wanted = address.session.as_deref() == Some(&session)
            && tables.sessions.get(&session).is_some_and(|session| session.row.ended_at.is_none());
        if let (Some(status), Some(effect), true) = (news.failed, effect, is_wanted) {
            let effect = usher_engine::id::EffectId(effect);
            let failure = status.failure.clone().unwrap_or_else(|| SendFailure {
                reason: SendFailureReason::Undeliverable,
                code: None,
                message: "the provider gave no reason".to_owned(),
            });
            let id = EventId::of_answer(&effect, "failed");
            let event = Event { id, kind: EventKind::SendFailed { effect, failure } };
            recorded.failures.push(OwnEvent { key, session: session_id, event, at: status.at });
        }
    }
}

/// Finds the message of a status: by its effect while that is not settled, by the provider's id after.
fn find(tables: &Tables, status: &Status) -> Option<(String, i64)> {
    let by_effect = status
        .effect
        .as_ref()
        .and_then(|effect| tables.effects.get(effect.as_str()))
        .filter(|row| row.is_send)
        .map(|row| (row.address_id.clone(), row.position));
    let place = by_effect.or_else(|| {
        let is = |message: &super::tables::Message| {
            message.outbound && message.provider_id.as_deref() == Some(&status.provider_id)
        };
        tables.messages.iter().find(|(_, message)| is(message)).map(|(place, _)| place.clone())
    })?;
    let key = &tables.addresses.get(&place.0)?.key;
    (key.workspace == status.workspace && key.channel == status.channel).then_some(place)
}
