//! A store in memory that keeps the promises of the real ones, or breaks one of them on purpose.
//!
//! Each call is done in one go, as a transaction that waits for nobody; what lies before and after it is the business of
//! [`FaultyStore`](super::faulty::FaultyStore). A test compares it with the store on SQLite, call by call.

mod commit;
mod effects;
mod events;
mod statuses;
pub mod tables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use usher_engine::contact::Contact;
use usher_engine::id::EventId;
use usher_server::clock::Clock;
use usher_store::{
    AddressKey, Beat, Committed, DueEffect, Hot, Lease, Loaded, OwnEvent, Present, Pruned, Recorded, Release, Result,
    Settlement, Status, TurnRecord,
};

use super::chance::Chance;
use super::house::Machine;
use super::mutants::Mutant;
use super::shop::Shop;
use tables::Tables;

/// How long sends that wait behind others are left alone, as in the real stores.
const PARKED: i64 = 5 * 60 * 1000;
/// How many transactions at most are not on the disk: sooner or later the system writes them by itself.
const UNSYNCED: usize = 64;

#[derive(Debug)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    /// What was there before each transaction since the disk was last waited for: the first is on the disk.
    unsynced: Mutex<VecDeque<Tables>>,
    clock: Clock,
    mutant: Option<Mutant>,
    /// The number of the deployment and the configuration's revision that turns begin with.
    deployment: u64,
    revision: u64,
    is_single_process: bool,
}

impl MemoryStore {
    /// Makes an empty store for a shop, which so many processes share.
    pub fn new(clock: Clock, shop: &Shop, processes: u64, mutant: Option<Mutant>) -> Self {
        let (tables, unsynced) = (Mutex::default(), Mutex::default());
        let &Shop { deployment, revision, .. } = shop;
        Self { tables, unsynced, clock, mutant, deployment, revision, is_single_process: processes == 1 }
    }

    /// Says whether whoever leases by this name was found to be dead.
    pub fn is_buried(&self, owner: Option<&str>) -> bool {
        owner.is_some_and(|owner| self.tables().buried.contains(owner))
    }

    /// Shows the tables; the lock is held for as long.
    pub fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unsynced(&self) -> MutexGuard<'_, VecDeque<Tables>> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes transactions back that are not on the disk, the last one first, until what is there is what is left, or there
    /// are no more. Gives how many.
    pub fn lose(&self, mut is_left: impl FnMut(&Tables) -> bool) -> usize {
        let (mut tables, mut unsynced) = (self.tables(), self.unsynced());
        let mut lost = 0;
        while !is_left(&tables)
            && let Some(before) = unsynced.pop_back()
        {
            *tables = before;
            lost += 1;
        }
        unsynced.clear();
        lost
    }

    fn breaks(&self, promise: Mutant) -> bool {
        self.mutant == Some(promise)
    }

    /// Does something in one transaction, which is on the disk before anybody hears of it.
    fn transact<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> T {
        let tells_before = self.breaks(Mutant::TellsBeforeTheDisk);
        if self.unsynced().is_empty() && !tells_before {
            return work(&mut self.tables());
        }
        self.transact_if(|_| !tells_before, work)
    }

    /// Does something in one transaction, which waits for the disk if its answer is to last.
    fn transact_if<T>(&self, waits: impl FnOnce(&T) -> bool, work: impl FnOnce(&mut Tables) -> T) -> T {
        let (mut tables, mut unsynced) = (self.tables(), self.unsynced());
        let before = tables.clone();
        let answer = work(&mut tables);
        // A transaction that changes nothing syncs nothing.
        if *tables != before {
            if waits(&answer) {
                unsynced.clear();
            } else {
                unsynced.push_back(before);
            }
        }
        if unsynced.len() > UNSYNCED {
            unsynced.pop_front();
        }
        answer
    }

    fn wall(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn load_one(&self, tables: &Tables, key: &AddressKey) -> Result<Loaded> {
        let address_id = key.id();
        let mut loaded = Loaded {
            contact: Contact { id: key.first_contact(), address: key.address.clone(), ..Contact::default() },
            key: key.clone(),
            known: false,
            present: Present::None,
            position: 0,
            deployment: self.deployment,
            revision: self.revision,
            address_id,
        };
        let Some(address) = tables.addresses.get(&loaded.address_id) else { return Ok(loaded) };
        loaded.known = true;
        loaded.contact.id.clone_from(&address.contact);
        if let Some(contact) = tables.contacts.get(&address.contact) {
            loaded.contact.name.clone_from(&contact.name);
            loaded.contact.phone.clone_from(&contact.phone);
            loaded.contact.language.clone_from(&contact.language);
            for (name, value) in &contact.attributes {
                let value = serde_json::from_str(value).expect("an attribute is JSON that the store was given");
                loaded.contact.attributes.insert(name.clone(), value);
            }
        }
        if let Some(session) = address.session.as_ref().and_then(|id| tables.sessions.get(id)) {
            let mut state: usher_engine::Session =
                serde_json::from_str(&session.row.state).expect("a session is JSON that the store was given");
            // Time in which nobody was up was given back to the column alone.
            if let Some(deadline) = session.row.expires_at.or(session.expiring_at)
                && state.expires_at.map(Timestamp::as_millisecond) != Some(deadline)
            {
                state.expires_at = Some(time(deadline));
            }
            loaded.position = session.row.position;
            loaded.present = Present::Session { session: Box::new(state), version: session.row.version };
        }
        Ok(loaded)
    }
}

impl Machine for MemoryStore {
    fn power_cut(&self, chance: &Chance) -> usize {
        self.lose(|_| chance.per_mille(500))
    }
}

#[async_trait]
impl Hot for MemoryStore {
    fn is_single_process(&self) -> bool {
        self.is_single_process
    }

    async fn load(&self, keys: &[AddressKey]) -> Result<Vec<Loaded>> {
        let tables = self.tables();
        keys.iter().map(|key| self.load_one(&tables, key)).collect()
    }

    async fn commit(&self, turns: Vec<TurnRecord>, lease: Option<&Lease>) -> Result<Vec<Committed>> {
        Ok(self.transact(|tables| self.commit_in(tables, &turns, lease)))
    }

    async fn seen(&self, events: &[EventId]) -> Result<Vec<bool>> {
        let tables = self.tables();
        Ok(events.iter().map(|event| tables.remembered.contains_key(event.as_str())).collect())
    }

    async fn due_effects(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<DueEffect>> {
        Ok(self.transact(|tables| self.due_effects_in(tables, now.as_millisecond(), limit, lease)))
    }

    async fn end_leases(&self, now: Timestamp) -> Result<u64> {
        Ok(self.transact(|tables| effects::end_leases(tables, now.as_millisecond(), |_| true)))
    }

    async fn release(&self, effects: &[Release], owner: &str, now: Timestamp) -> Result<u64> {
        Ok(self.transact(|tables| effects::release(tables, effects, owner, now.as_millisecond())))
    }

    async fn waiting_systems(&self) -> Result<Vec<String>> {
        let tables = self.tables();
        let systems: BTreeSet<_> = tables.effects.values().filter_map(|row| row.waits_for.clone()).collect();
        Ok(systems.into_iter().collect())
    }

    async fn let_in(&self, systems: &[(String, u32)]) -> Result<u64> {
        Ok(self.transact(|tables| effects::let_in(tables, systems)))
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<OwnEvent>> {
        // What is lost without an event is done again; several processes share a database that waits each time.
        let waits = |events: &Vec<OwnEvent>| !(events.is_empty() && self.is_single_process);
        Ok(self.transact_if(waits, |tables| self.settle_in(tables, settlements, now.as_millisecond())))
    }

    async fn pending_events(&self, now: Timestamp, again_at: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        Ok(self.transact(|tables| events::pending(tables, now.as_millisecond(), again_at.as_millisecond(), limit)))
    }

    async fn consume(&self, events: &[EventId]) -> Result<()> {
        self.transact(|tables| {
            for event in events {
                tables.own_events.remove(event.as_str());
            }
        });
        Ok(())
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        Ok(self.transact(|tables| self.due_timers_in(tables, now, limit)))
    }

    async fn expired_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<OwnEvent>> {
        Ok(self.transact(|tables| self.expired_in(tables, now.as_millisecond(), limit)))
    }

    async fn beat(&self, process: &str, now: Timestamp, grace_ms: i64) -> Result<Beat> {
        Ok(self.transact(|tables| {
            let now = now.as_millisecond();
            let away = tables.last_beat.map_or(0, |last| now - last);
            let away_ms = if away > grace_ms { away } else { 0 };
            if away_ms > 0 {
                for session in tables.sessions.values_mut() {
                    session.row.expires_at = session.row.expires_at.map(|at| at + away_ms);
                }
                // What was due before is only late.
                let last = tables.last_beat.unwrap_or(now);
                for timer in tables.timers.values_mut().filter(|timer| timer.due > last) {
                    timer.due += away_ms;
                }
            }
            tables.last_beat = Some(tables.last_beat.map_or(now, |last| last.max(now)));
            *tables.processes.entry(process.to_owned()).or_default() += 1;
            let others: BTreeMap<_, _> = tables.processes.iter().filter(|(id, _)| *id != process).collect();
            Beat { away_ms, others: others.into_iter().map(|(id, beats)| (id.clone(), *beats)).collect() }
        }))
    }

    async fn bury(&self, process: &str, now: Timestamp) -> Result<u64> {
        Ok(self.transact(|tables| {
            tables.processes.remove(process);
            tables.buried.insert(process.to_owned());
            effects::end_leases(tables, now.as_millisecond(), |owner| owner == Some(process))
        }))
    }

    async fn leave(&self, process: &str) -> Result<()> {
        self.transact(|tables| {
            let leased =
                |row: &tables::Row| row.state == tables::EffectState::Leased && row.owner.as_deref() == Some(process);
            if !tables.effects.values().any(leased) {
                tables.processes.remove(process);
            }
        });
        Ok(())
    }

    async fn record_statuses(&self, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded> {
        Ok(self.transact(|tables| self.record_statuses_in(tables, &statuses, now.as_millisecond())))
    }

    async fn prune(&self, _now: Timestamp) -> Result<Pruned> {
        // A simulated day is a minute long: nothing is old enough.
        Ok(Pruned::default())
    }
}

pub fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).expect("a time that was stored is in range")
}
