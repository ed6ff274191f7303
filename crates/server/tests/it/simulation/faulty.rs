//! A store that fails now and then: before it did what it was asked, after, or late.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use usher_engine::id::EventId;
use usher_store::{
    AddressKey, Beat, Committed, DueEffect, Error, Hot, Lease, Loaded, OwnEvent, Pruned, Recorded, Release, Result,
    Settlement, Status, TurnRecord,
};

use super::mutants::Mutant;
use super::world::Life;

/// How far a fast clock is ahead.
const FAST: SignedDuration = SignedDuration::from_secs(8);

/// Stands in front of a store, as one process sees it; any store that is [`Hot`].
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Hot>,
    life: Arc<Life>,
    mutant: Option<Mutant>,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn Hot>, life: Arc<Life>, mutant: Option<Mutant>) -> Self {
        Self { inner, life, mutant }
    }

    /// Lets the store do something, unless something goes wrong.
    async fn call<T>(&self, what: &str, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.life.step(what).await;
        if self.goes_wrong(|weather| weather.refused) {
            self.life.world.meets("store: refused");
            self.life.note(format_args!("{what}: refused"));
            return Err(away());
        }
        let answer = work.await;
        self.life.step(what).await;
        if self.goes_wrong(|weather| weather.answer_lost) {
            self.life.world.meets("store: answer lost");
            self.life.note(format_args!("{what}: done, and the answer is lost"));
            return Err(away());
        }
        answer
    }

    fn goes_wrong(&self, often: impl Fn(&super::world::Weather) -> u64) -> bool {
        let world = &self.life.world;
        !world.is_calm() && self.life.chance().per_mille(often(&world.weather))
    }

    /// Says which turns meet a conflict that only another process could make: all of one address.
    fn conflicts(&self, turns: &[TurnRecord]) -> Option<String> {
        let hit = !turns.is_empty() && self.goes_wrong(|weather| weather.conflicts);
        hit.then(|| self.life.chance().pick(turns).loaded.address_id.clone())
    }
}

fn away() -> Error {
    Error::Unavailable(sqlx::Error::PoolTimedOut)
}

#[async_trait]
impl Hot for FaultyStore {
    fn is_single_process(&self) -> bool {
        self.inner.is_single_process()
    }

    async fn load(&self, keys: &[AddressKey]) -> Result<Vec<Loaded>> {
        self.call("load", self.inner.load(keys)).await
    }

    async fn commit(&self, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
        let hit = self.conflicts(&turns);
        let is_hit = |turn: &TurnRecord| Some(&turn.loaded.address_id) == hit.as_ref();
        let dropped: Vec<bool> = turns.iter().map(is_hit).collect();
        let left: Vec<TurnRecord> = turns.into_iter().filter(|turn| !is_hit(turn)).collect();
        let behind: Vec<bool> = left.iter().map(|turn| turn.goes_behind.is_some()).collect();
        let events: Vec<String> = left.iter().map(|turn| turn.event_id.as_str()[..6].to_owned()).collect();
        if self.mutant == Some(Mutant::SendsBeforeTheCommit) {
            return self.hand_over_first(left, lease, &dropped).await;
        }
        let committed = self.call("commit", self.inner.commit(left, lease)).await?;
        self.life.note(format_args!("commits {events:?}: {committed:?}"));
        for (committed, behind) in committed.iter().zip(behind) {
            match committed {
                Committed::Done { sends_leased: true } if behind => {
                    self.life.world.meets("commit: behind those in hand");
                }
                Committed::Done { sends_leased: false } if behind => self.life.world.meets("commit: behind others too"),
                Committed::Duplicate => self.life.world.meets("commit: duplicate"),
                Committed::Conflict => self.life.world.meets("commit: conflict"),
                Committed::Done { .. } => {}
            }
        }
        let mut committed = committed.into_iter();
        let said = |dropped: &bool| if *dropped { Some(Committed::Conflict) } else { committed.next() };
        Ok(dropped.iter().filter_map(said).collect())
    }

    async fn seen(&self, events: &[EventId]) -> Result<Vec<bool>> {
        self.call("seen", self.inner.seen(events)).await
    }

    async fn due_effects(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>> {
        let due = self.call("due_effects", self.inner.due_effects(now, limit, lease)).await?;
        for due in &due {
            let (id, standing) = (&due.effect.id.as_str(), due.standing);
            self.life.world.meets(&format!("effect: {standing:?}"));
            self.life.note(format_args!("takes {} {standing:?}", short(id)));
        }
        Ok(due)
    }

    async fn end_leases(&self, now: Timestamp) -> Result<u64> {
        self.call("end_leases", self.inner.end_leases(now)).await
    }

    async fn release(&self, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64> {
        let released = self.call("release", self.inner.release(effects, owner, now)).await?;
        if released < effects.len() as u64 {
            self.life.world.meets("release: leased no longer");
        }
        Ok(released)
    }

    async fn waiting_systems(&self) -> Result<Vec<String>> {
        self.call("waiting_systems", self.inner.waiting_systems()).await
    }

    async fn let_in(&self, systems: &[(String, u32)]) -> Result<u64> {
        self.call("let_in", self.inner.let_in(systems)).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>> {
        for Settlement { effect, outcome } in &settlements {
            let outcome = format!("{outcome:?}");
            let word = outcome.split([' ', '{']).next().unwrap_or_default();
            self.life.note(format_args!("settles {} {word}", short(effect.as_str())));
        }
        self.call("settle", self.inner.settle(settlements, now)).await
    }

    async fn pending_events(&self, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        self.call("pending_events", self.inner.pending_events(now, again_at, limit)).await
    }

    async fn consume(&self, events: &[EventId]) -> Result<()> {
        self.call("consume", self.inner.consume(events)).await
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        let now = if self.mutant == Some(Mutant::FiresEarly) { now + FAST } else { now };
        self.call("due_timers", self.inner.due_timers(now, limit)).await
    }

    async fn expired_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        self.call("expired_sessions", self.inner.expired_sessions(now, limit)).await
    }

    async fn beat(&self, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat> {
        let beat = self.call("beat", self.inner.beat(process, now, grace_ms)).await?;
        if beat.away_ms > 0 {
            self.life.world.meets("time given back");
        }
        Ok(beat)
    }

    async fn bury(&self, process: &str, now: Timestamp) -> Result<u64> {
        self.life.world.meets("buried");
        self.life.note(format_args!("buries {process}"));
        self.call("bury", self.inner.bury(process, now)).await
    }

    async fn leave(&self, process: &str) -> Result<()> {
        self.call("leave", self.inner.leave(process)).await
    }

    async fn record_statuses(&self, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded> {
        self.call("record_statuses", self.inner.record_statuses(statuses, now)).await
    }

    async fn prune(&self, now: Timestamp) -> Result<Pruned> {
        self.call("prune", self.inner.prune(now)).await
    }
}

impl FaultyStore {
    /// Says that turns are committed and begins only then: what [`Mutant::SendsBeforeTheCommit`] does.
    async fn hand_over_first(
        &self,
        left: Vec<TurnRecord>,
        lease: Option<&Lease>,
        dropped: &[bool],
    ) -> Result<Vec<Committed>> {
        let (inner, life, lease) = (Arc::clone(&self.inner), Arc::clone(&self.life), lease.cloned());
        tokio::spawn(async move {
            life.step("commit").await;
            life.step("commit").await;
            let _ = inner.commit(left, lease.as_ref()).await;
        });
        let said = |dropped: &bool| match dropped {
            true => Committed::Conflict,
            false => Committed::Done { sends_leased: true },
        };
        Ok(dropped.iter().map(said).collect())
    }
}

/// Shortens the id of an effect for the record.
pub fn short(effect: &str) -> String {
    let (event, index) = effect.rsplit_once('-').unwrap_or((effect, ""));
    format!("{}-{index}", &event[..event.len().min(6)])
}
