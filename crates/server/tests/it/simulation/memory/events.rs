//! Events of our own: stored with what makes them true, offered until they are consumed.

use jiff::Timestamp;
use usher_engine::id::{EventId, SessionId};
use usher_engine::{Event, EventKind};
use usher_store::OwnEvent;

use super::tables::Tables;
use super::{MemoryStore, time};
use crate::simulation::mutants::Mutant;

pub(super) fn insert(tables: &mut Tables, events: &[OwnEvent], stored_at: i64) {
    for own in events {
        let offer_at = stored_at + OwnEvent::GRACE;
        tables.own_events.entry(own.event.id.to_string()).or_insert_with(|| (own.clone(), offer_at));
    }
}

pub(super) fn pending(tables: &mut Tables, now: i64, again_at: i64, limit: u32) -> Vec<OwnEvent> {
    let mut due: Vec<(i64, String)> = tables
        .own_events
        .iter()
        .filter(|(_, (_, offer_at))| *offer_at <= now)
        .map(|(id, (_, offer_at))| (*offer_at, id.clone()))
        .collect();
    due.sort_unstable();
    due.truncate(limit as usize);
    let mut offered = Vec::with_capacity(due.len());
    for (_, id) in due {
        if let Some((own, offer_at)) = tables.own_events.get_mut(&id) {
            *offer_at = again_at;
            offered.push(own.clone());
        }
    }
    offered.sort_by(|a, b| (a.at.as_millisecond(), &a.event.id).cmp(&(b.at.as_millisecond(), &b.event.id)));
    offered
}

impl MemoryStore {
    pub(super) fn due_timers_in(&self, tables: &mut Tables, now: Timestamp, limit: u32) -> Vec<OwnEvent> {
        let now_ms = now.as_millisecond();
        let mut due: Vec<(i64, (String, String))> = tables
            .timers
            .iter()
            .filter(|(_, timer)| timer.due <= now_ms)
            .map(|(named, timer)| (timer.due, named.clone()))
            .collect();
        due.sort_unstable();
        due.truncate(limit as usize);
        let mut fired = Vec::new();
        for (_, named) in due {
            let Some(timer) = tables.timers.remove(&named) else { continue };
            let (session, timer_name) = named;
            let Some(running) = tables.sessions.get(&session).filter(|session| session.row.ended_at.is_none()) else {
                continue;
            };
            let session = SessionId(session);
            let id = EventId::of_timer(&session, &timer_name, timer.generation);
            let kind = EventKind::TimerFired { timer: timer_name, generation: timer.generation };
            fired.push(OwnEvent { key: running.key.clone(), session, event: Event { id, kind }, at: now });
        }
        if !self.breaks(Mutant::FiringsOnlyInMemory) {
            insert(tables, &fired, now_ms);
        }
        fired
    }

    pub(super) fn expired_in(&self, tables: &mut Tables, now: i64, limit: u32) -> Vec<OwnEvent> {
        let mut due: Vec<(i64, String)> = tables
            .sessions
            .iter()
            .filter_map(|(id, session)| Some((session.row.expires_at.filter(|at| *at <= now)?, id.clone())))
            .collect();
        due.sort_unstable();
        due.truncate(limit as usize);
        let mut expired = Vec::new();
        for (deadline, id) in due {
            let Some(session) = tables.sessions.get_mut(&id) else { continue };
            session.expiring_at = session.row.expires_at.take();
            let session_id = SessionId(id);
            let event = Event { id: EventId::of_expiry(&session_id, deadline), kind: EventKind::SessionExpired };
            expired.push(OwnEvent { key: session.key.clone(), session: session_id, event, at: time(deadline) });
        }
        if !self.breaks(Mutant::FiringsOnlyInMemory) {
            insert(tables, &expired, now);
        }
        expired
    }
}
