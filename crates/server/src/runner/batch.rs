//! Takes turns on a batch of events: one load, the engine for each, one commit.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use opentelemetry::KeyValue;
use usher_engine::change::Change;
use usher_engine::contact::Contact;
use usher_engine::effect::{Effect, EffectKind};
use usher_engine::id::{EventId, SessionId};
use usher_engine::{EventKind, Session, Turn};
use usher_store::{AddressKey, Committed, DueEffect, Loaded, Outcome, Settlement, Standing, TurnParts, TurnRecord};

use super::Room;
use super::turn::{self, Plan};
use crate::bus::{Envelope, Handled, Handler, Origin};
use crate::dispatcher::{Admission, Behind, Fresh};
use crate::spans::{OUTCOME, Parent, Span, What};
use crate::supervise::words_of;

/// How often a turn is taken anew because the session moved on meanwhile.
const ATTEMPTS: usize = 8;
/// How long after its event a turn may be taken before that counts as time in which nobody was there.
const LATE: SignedDuration = SignedDuration::from_secs(5);
/// The engine's version, for the journal.
const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Takes turns in a room.
#[derive(Debug)]
pub struct Runner(pub Arc<Room>);

/// A turn that was taken, until it is known whether it is committed.
struct Taken {
    /// The place of its event in the batch.
    place: usize,
    address_id: String,
    session: SessionId,
    channel_kind: String,
    effects: Vec<Effect>,
    /// For each effect its place in this process's hands, or the system that has no room there.
    admissions: Vec<Admission>,
    /// The positions of what the effects send.
    positions: Vec<i64>,
    /// Behind which sends in this process's hands its own may go.
    behind: Option<Arc<Behind>>,
    /// The revision of the configuration that it saw.
    revision: u64,
    span: Span,
}

#[async_trait]
impl Handler for Runner {
    async fn handle(&self, batch: &[Envelope]) -> Vec<Handled> {
        let mut handled = vec![Handled::NotStored; batch.len()];
        let all: Vec<usize> = (0..batch.len()).collect();
        let span = self.begin_batch(batch);
        match self.take_all(batch, all, &mut handled, span.place()).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                self.give_up(&error, &handled);
                self.suspect(batch, &mut handled).await;
            }
            // The store refuses something in this batch for good: find out what, one by one.
            Err(error) => {
                tracing::warn!(%error, "the store refuses a batch of turns; they are taken one by one");
                self.take_singly(batch, &mut handled, span.place()).await;
            }
        }
        handled
    }
}

impl Runner {
    /// Takes a turn on each event, and again where the session moved on meanwhile.
    async fn take_all(
        &self,
        batch: &[Envelope],
        mut open: Vec<usize>,
        handled: &mut [Handled],
        span: Parent,
    ) -> Result<(), usher_store::Error> {
        for _ in 0..ATTEMPTS {
            open = self.pass(batch, &open, handled, span).await?;
            if open.is_empty() {
                return Ok(());
            }
        }
        for place in open {
            handled[place] = Handled::Failed;
        }
        Ok(())
    }

    /// Takes the turns of what is left of a batch one by one; what the store refuses even so is set aside.
    async fn take_singly(&self, batch: &[Envelope], handled: &mut [Handled], span: Parent) {
        for (place, envelope) in batch.iter().enumerate() {
            if handled[place] == Handled::Done {
                continue;
            }
            let refused = match self.take_all(batch, vec![place], handled, span).await {
                Ok(()) => continue,
                Err(error) if error.is_transient() => return self.give_up(&error, handled),
                Err(error) => error,
            };
            match self.put_aside(envelope, &refused.to_string(), 1).await {
                Ok(()) => handled[place] = Handled::Done,
                Err(error) => return self.give_up(&error, handled),
            }
        }
    }

    /// Says of an event that was handled by itself that it failed, unless the store does not answer anybody.
    async fn suspect(&self, batch: &[Envelope], handled: &mut [Handled]) {
        let ([envelope], [handled @ Handled::NotStored]) = (batch, handled) else { return };
        if self.0.store.seen(std::slice::from_ref(&envelope.event.id)).await.is_ok() {
            *handled = Handled::Failed;
        }
    }

    /// Sets an event aside; one of our own leaves the store too, so that it does not come again.
    pub(super) async fn put_aside(
        &self,
        envelope: &Envelope,
        problem: &str,
        tries: u32,
    ) -> Result<(), usher_store::Error> {
        self.set_aside(envelope, problem, tries).await?;
        self.let_go(&[envelope]).await
    }

    /// Has the store forget those of these events that are our own: there is no turn to take on them. A call whose answer
    /// one of them is, is over with it.
    async fn let_go(&self, envelopes: &[&Envelope]) -> Result<(), usher_store::Error> {
        let own = || envelopes.iter().filter(|envelope| matches!(envelope.origin, Origin::Own(_)));
        let answered = own().filter_map(|Envelope { event, at, .. }| match &event.kind {
            EventKind::CallAnswered { effect, .. } => {
                let outcome = Outcome::Answered { event: event.clone(), at: *at };
                Some(Settlement { effect: effect.clone(), outcome })
            }
            _ => None,
        });
        let answered: Vec<_> = answered.collect();
        if !answered.is_empty() {
            self.0.store.settle(answered, self.0.clock.now()).await?;
        }
        let own: Vec<EventId> = own().map(|envelope| envelope.event.id.clone()).collect();
        if own.is_empty() { Ok(()) } else { self.0.store.consume(&own).await }
    }

    fn give_up(&self, error: &usher_store::Error, handled: &[Handled]) {
        let events = handled.iter().filter(|handled| **handled == Handled::NotStored).count();
        self.0.metrics.turns.failed.increment(events as u64);
        self.0.metrics.store_errors.turns.increment(1);
        tracing::warn!(%error, events, "turns could not be committed; their events come again");
    }

    /// Takes a turn on each open event and commits them together. Gives those whose session moved on meanwhile.
    async fn pass(
        &self,
        batch: &[Envelope],
        open: &[usize],
        handled: &mut [Handled],
        span: Parent,
    ) -> Result<Vec<usize>, usher_store::Error> {
        let room = &*self.0;
        let mut keys: Vec<AddressKey> = Vec::with_capacity(open.len());
        let mut key_of: HashMap<&AddressKey, usize> = HashMap::with_capacity(open.len());
        let mut events_left: Vec<usize> = Vec::with_capacity(open.len());
        for &place in open {
            let key = &batch[place].key;
            let index = *key_of.entry(key).or_insert_with(|| {
                keys.push(key.clone());
                events_left.push(0);
                keys.len() - 1
            });
            events_left[index] += 1;
        }
        let loading = room.spans.begin(What::Load, span, Vec::new);
        let mut loaded = room.store.load(&keys).await?;
        let firsts =
            open.iter().filter_map(|&place| Some((&batch[place], loaded.get(*key_of.get(&batch[place].key)?)?)));
        if self.end_overdue(firsts).await? {
            loaded = room.store.load(&keys).await?;
        }
        drop(loading);

        // Whether a turn of this pass, not committed yet, stands before at the address.
        let mut chained = vec![false; keys.len()];
        // The system for which sends of a turn of this pass wait at the address, and with them those of later turns.
        let mut waits: Vec<Option<String>> = vec![None; keys.len()];
        let mut again = Vec::new();
        let mut records = Vec::with_capacity(open.len());
        let mut taken = Vec::with_capacity(open.len());
        let mut idle = Vec::new();
        let advancing = room.spans.begin(What::Advance, span, Vec::new);
        for &place in open {
            let envelope = &batch[place];
            let Some(&index) = key_of.get(&envelope.key) else { continue };
            events_left[index] -= 1;
            let Some(begin) = loaded.get_mut(index) else { continue };
            let mut turn_span = self.begin_turn(envelope, span);
            match self.take(envelope, begin).await? {
                // What stands before may yet be dropped, and with it the reason that there is nothing to take.
                None if chained[index] => again.push(place),
                None => {
                    turn_span.set(OUTCOME, "idle");
                    idle.push(place);
                }
                Some((mut record, turn)) => {
                    let Turn { session, changes, effects, .. } = turn;
                    turn_span.set_with("usher.session", || session.id.to_string());
                    turn_span.set("usher.effects", effects.len() as i64);
                    let admissions = self.admit(envelope, &effects, &mut waits[index]);
                    for (effect, admission) in admissions.iter().enumerate() {
                        if let Err(system) = admission {
                            record.let_wait(effect, system.clone());
                        }
                    }
                    let behind = self.expect(&begin.address_id, &effects, &admissions);
                    if let Some(behind) = &behind {
                        record.go_behind(behind.position);
                    }
                    taken.push(Taken {
                        place,
                        positions: record.positions(),
                        behind,
                        revision: begin.revision,
                        address_id: begin.address_id.clone(),
                        session: session.id.clone(),
                        channel_kind: session.channel_kind.clone(),
                        effects,
                        admissions,
                        span: turn_span,
                    });
                    if events_left[index] > 0 {
                        let contact = contact_after(&begin.contact, changes);
                        *begin = begin.after(&record, session, contact);
                    }
                    chained[index] = true;
                    records.push(record);
                }
            }
        }
        drop(advancing);
        self.let_go(&idle.iter().map(|&place| &batch[place]).collect::<Vec<_>>()).await?;
        for place in idle {
            handled[place] = Handled::Done;
            room.metrics.turns.idle.increment(1);
        }
        if records.is_empty() {
            return Ok(again);
        }
        let committing =
            room.spans.begin(What::Commit, span, || vec![KeyValue::new("usher.turns", records.len() as i64)]);
        let mut left = self.commit(batch, records, taken, handled, committing).await?;
        left.extend(again);
        left.sort_unstable();
        Ok(left)
    }

    /// Asks for places for the effects of a turn; its sends wait where those of an earlier turn of the pass do.
    fn admit(&self, envelope: &Envelope, effects: &[Effect], waits: &mut Option<String>) -> Vec<Admission> {
        let mut admissions = self.0.dispatcher.admit(&envelope.key, effects);
        for (_, admission) in effects.iter().zip(&mut admissions).filter(|(effect, _)| is_send(effect)) {
            if let Some(system) = waits {
                *admission = Err(system.clone());
            } else if let Err(system) = admission {
                *waits = Some(system.clone());
            }
        }
        admissions
    }

    /// Asks behind which sends of the lane those of a turn may go, if none of these waits for room.
    fn expect(&self, lane: &str, effects: &[Effect], admissions: &[Admission]) -> Option<Arc<Behind>> {
        let mut sends = effects.iter().zip(admissions).filter(|(effect, _)| is_send(effect)).peekable();
        sends.peek()?;
        if sends.all(|(_, admission)| admission.is_ok()) { self.0.dispatcher.expect(lane).map(Arc::new) } else { None }
    }

    /// Ends the sessions whose deadline has passed before a customer's event came: that event begins a new one. Says
    /// whether there were any; what the sweeper did meanwhile shows when they are loaded again.
    async fn end_overdue(
        &self,
        firsts: impl Iterator<Item = (&Envelope, &Loaded)>,
    ) -> Result<bool, usher_store::Error> {
        let mut records = BTreeMap::new();
        for (envelope, begin) in firsts {
            let Some(expiry) = turn::overdue(envelope, begin) else { continue };
            if let Some((record, _)) = self.take(&expiry, &mut begin.clone()).await? {
                records.insert(begin.address_id.clone(), record);
            }
        }
        if records.is_empty() {
            return Ok(false);
        }
        self.0.store.commit(records.into_values().collect(), None).await?;
        Ok(true)
    }

    async fn commit(
        &self,
        batch: &[Envelope],
        records: Vec<TurnRecord>,
        mut taken: Vec<Taken>,
        handled: &mut [Handled],
        mut span: Span,
    ) -> Result<Vec<usize>, usher_store::Error> {
        let room = &*self.0;
        let started = std::time::Instant::now();
        // Who carries out nothing leaves the effects to those who do.
        let lease = room.roles.dispatcher.then(|| room.dispatcher.lease()).flatten();
        let leased_until = lease.as_ref().map_or(Timestamp::MIN, |lease| lease.until);
        room.metrics.commit_turns.record(records.len() as f64);
        let committed = match room.store.commit(records, lease.as_ref()).await {
            Ok(committed) => committed,
            Err(error) => {
                span.fail("store");
                taken.iter_mut().for_each(|taken| taken.span.fail("store"));
                // The commit may have taken place, and only its answer was lost.
                if let Some(lease) = &lease {
                    let effects = taken.iter().flat_map(|taken| &taken.effects);
                    room.dispatcher.give_back(effects.map(|effect| effect.id.clone()), lease);
                }
                let ids: Vec<EventId> = taken.iter().map(|taken| batch[taken.place].event.id.clone()).collect();
                let Ok(seen) = room.store.seen(&ids).await else { return Err(error) };
                for (taken, _) in taken.iter().zip(seen).filter(|(_, seen)| *seen) {
                    handled[taken.place] = Handled::Done;
                }
                return Err(error);
            }
        };
        room.metrics.commit_seconds.record(started.elapsed().as_secs_f64());
        drop(span);

        let done = taken.iter().zip(&committed).filter(|(_, committed)| matches!(committed, Committed::Done { .. }));
        room.live.nudge_statistics(done.map(|(taken, _)| &batch[taken.place].key));
        let now = room.clock.now();
        let mut conflicts = Vec::new();
        let mut due = Vec::new();
        let mut left_due = false;
        for (mut taken, committed) in taken.into_iter().zip(committed) {
            let envelope = &batch[taken.place];
            match committed {
                Committed::Done { sends_leased } => {
                    handled[taken.place] = Handled::Done;
                    room.metrics.turns.committed.increment(1);
                    taken.span.set(OUTCOME, "committed");
                    room.metrics.turn_seconds.record(now.duration_since(envelope.at).as_secs_f64());
                    room.live.nudge(&taken.address_id);
                    if taken.effects.iter().any(is_send) && !sends_leased {
                        room.follow(taken.address_id);
                    }
                    if lease.is_none() {
                        left_due |= !taken.effects.is_empty();
                        continue;
                    }
                    let asked_for = taken.effects.into_iter().zip(taken.positions).zip(taken.admissions);
                    for ((effect, position), admission) in asked_for {
                        let place = match admission {
                            Ok(place) if sends_leased || !is_send(&effect) => place,
                            Ok(_) => continue,
                            Err(system) => {
                                room.dispatcher.wait_for(&system);
                                continue;
                            }
                        };
                        let due_effect = DueEffect {
                            key: envelope.key.clone(),
                            channel_kind: taken.channel_kind.clone(),
                            session: taken.session.clone(),
                            effect,
                            standing: Standing::Fresh,
                            attempts: 0,
                            asked_at: now,
                            leased_until,
                            position,
                            revision: taken.revision,
                        };
                        let behind = taken.behind.clone();
                        due.push(Fresh { due: due_effect, place, behind, led_by: taken.span.place() });
                    }
                }
                Committed::Duplicate => {
                    handled[taken.place] = Handled::Done;
                    room.metrics.turns.duplicate.increment(1);
                    taken.span.set(OUTCOME, "duplicate");
                }
                Committed::Conflict => {
                    room.metrics.turns.conflict.increment(1);
                    taken.span.set(OUTCOME, "conflict");
                    conflicts.push(taken.place);
                }
            }
        }
        if let Some(lease) = &lease {
            room.dispatcher.take(due, lease);
        }
        if left_due {
            room.sweep();
        }
        Ok(conflicts)
    }

    /// Takes the turn on one event; none if there is none to take.
    async fn take(
        &self,
        envelope: &Envelope,
        begin: &mut Loaded,
    ) -> Result<Option<(TurnRecord, Turn)>, usher_store::Error> {
        let room = &*self.0;
        let plan = turn::plan(room, envelope, begin).await?;
        let told = match &envelope.origin {
            Origin::Channel(told) => Some(&**told),
            Origin::Own(_) => None,
        };
        let seed = room.vault.seed(&envelope.key.workspace, &envelope.event.id);
        let mut turn = match plan {
            Plan::Nothing => return Ok(None),
            Plan::Canned(turn) => *turn,
            Plan::Advance(ready) => {
                let advanced = std::panic::catch_unwind(AssertUnwindSafe(|| ready.advance(envelope, seed)));
                match advanced {
                    Ok(turn) => turn,
                    Err(panic) => {
                        self.set_aside(envelope, &words_of(&*panic), 1).await?;
                        return Ok(None);
                    }
                }
            }
        };
        let late = room.clock.now().duration_since(envelope.at);
        if late > LATE {
            give_back(&mut turn, begin.running().and_then(|session| session.expires_at), late);
        }
        let record = TurnRecord::new(TurnParts {
            loaded: begin,
            event: &envelope.event,
            now: envelope.at,
            seed: &hex::encode(seed.0),
            engine: ENGINE,
            session: &turn.session,
            changes: &turn.changes,
            effects: &turn.effects,
            trace: &turn.trace,
            inbound: told.map(|told| &told.details),
            profile: told.map(|told| &told.profile),
        });
        match record {
            Ok(record) => Ok(Some((record, turn))),
            Err(error) => {
                self.set_aside(envelope, &error.to_string(), 1).await?;
                Ok(None)
            }
        }
    }

    /// Keeps an event on which no turn can be taken, where people see it, so that the next ones go on.
    async fn set_aside(&self, envelope: &Envelope, problem: &str, tries: u32) -> Result<(), usher_store::Error> {
        let room = &*self.0;
        room.metrics.turns.poisoned.increment(1);
        tracing::error!(event = %envelope.event.id, problem, "no turn could be taken on an event; it is kept");
        room.keep_event(envelope, &format!("no turn could be taken on this event: {problem}"), tries).await
    }
}

fn is_send(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::Send { .. })
}

/// Gives a session the time back that passed between the event and its turn, as when the database was away: what the
/// customer is given to answer begins when they can, not when the event came.
fn give_back(turn: &mut Turn, deadline: Option<Timestamp>, late: SignedDuration) {
    let later = |at: Timestamp| at.saturating_add(late).unwrap_or(Timestamp::MAX);
    if turn.session.expires_at != deadline {
        turn.session.expires_at = turn.session.expires_at.map(later);
    }
    for change in &mut turn.changes {
        if let Change::TimerSet { due, .. } = change {
            *due = later(*due);
        }
    }
}

/// Returns the contact as the turn's changes leave it.
fn contact_after(contact: &Contact, changes: Vec<Change>) -> Contact {
    let mut contact = contact.clone();
    for change in changes {
        if let Change::ContactAttribute { name, value } = change {
            if value.is_unset() {
                contact.attributes.remove(&name);
            } else {
                contact.attributes.insert(name, value);
            }
        }
    }
    contact
}

/// Says whether a session can be continued with this event; for [`turn::plan`].
pub(super) fn is_about(session: &Session, origin: &Origin) -> bool {
    match origin {
        Origin::Channel(_) => true,
        Origin::Own(id) => session.id == *id,
    }
}

#[cfg(test)]
mod tests {
    use usher_engine::Environment;
    use usher_engine::session::{Entry, Start};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn turn() -> Turn {
        let start = Start {
            id: SessionId::from("s"),
            environment: Environment::Production,
            channel: "chat".into(),
            channel_kind: "web_chat".into(),
            route: "main".into(),
            deployment: 1,
            entry: Entry { workflow: "w".into(), node: None },
            now: at(0),
        };
        let mut session = Session::new(start);
        session.expires_at = Some(at(600));
        let timer = Change::TimerSet { timer: "no_reply".into(), generation: 1, due: at(60) };
        Turn { session, changes: vec![timer], effects: Vec::new(), trace: Vec::new() }
    }

    #[test]
    fn waits_that_a_late_turn_begins_are_as_long_as_ever() {
        let mut turn = turn();
        give_back(&mut turn, None, SignedDuration::from_secs(1_000));
        assert_eq!(turn.session.expires_at, Some(at(1_600)));
        assert!(matches!(turn.changes[..], [Change::TimerSet { due, .. }] if due == at(1_060)));
    }

    #[test]
    fn a_deadline_that_a_late_turn_leaves_alone_stays() {
        let mut turn = turn();
        give_back(&mut turn, Some(at(600)), SignedDuration::from_secs(1_000));
        assert_eq!(turn.session.expires_at, Some(at(600)));
    }
}
