//! Whether this process is known to be up, and which others are not any more.
//!
//! Each process raises its own count in the store every second. Who watches keeps, by its own clock, how often it
//! looked and found a count where it was: after [`LOOKS`] such looks that process is dead, and what it had at hand is
//! due again. So a process that could not raise its count for [`HOLDS`] may have been buried: it starts nothing of what it
//! holds, gives it back, and goes on under another name; its former one is buried like that of any dead process. No clocks
//! of different machines are compared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use usher_store::{Beat, Error};

use super::{Shared, lock};
use crate::gather::Company;

/// How often a process says that it is up.
const EVERY: Duration = Duration::from_secs(1);
/// How long it may go without and still hold what it has leased: less than the looks of the others take.
const HOLDS: Duration = Duration::from_millis(2_500);
/// Looks at an unchanged count after which a process is dead, and how far they are apart at least.
const LOOKS: u32 = 3;
const APART: Duration = Duration::from_millis(990);
/// A pause of all processes that still counts as up, in milliseconds.
const GRACE_MS: i64 = 10_000;

/// What is known of this process and of the others.
#[derive(Debug)]
pub(super) struct Presence {
    /// The process's own name, without which of its lives it is in.
    process: String,
    /// Nobody else works on the store, and so nobody buries this process.
    is_alone: bool,
    company: Company,
    life: Mutex<Life>,
    others: Mutex<Watch>,
    /// Whether the store took the last beat: one that is full or read-only answers, and takes nothing.
    is_heard: AtomicBool,
}

#[derive(Debug)]
struct Life {
    number: u64,
    /// The name in leases.
    name: Arc<str>,
    /// When the last beat began that the store took; none before the first of this life.
    up_at: Option<Instant>,
    /// Set when what was leased in it may be lost.
    lost: CancellationToken,
}

impl Presence {
    pub(super) fn new(process: String, is_alone: bool, company: Company) -> Self {
        let life = Life { number: 0, name: Arc::from(process.as_str()), up_at: None, lost: CancellationToken::new() };
        let (life, others) = (Mutex::new(life), Mutex::default());
        Self { process, is_alone, company, life, others, is_heard: AtomicBool::new(true) }
    }

    /// Says whether the store took the last sign of life.
    pub(super) fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Acquire)
    }

    /// Returns the name by which this process leases effects now.
    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&lock(&self.life).name)
    }

    /// Says whether what was leased by this name is still this process's own, so that it may be started.
    pub(super) fn holds(&self, name: &str) -> bool {
        let life = lock(&self.life);
        *life.name == *name && (self.is_alone || life.up_at.is_some_and(|at| at.elapsed() < HOLDS))
    }

    /// Returns what is set when what is leased by the present name may be lost.
    pub(super) fn lost(&self) -> CancellationToken {
        lock(&self.life).lost.clone()
    }

    /// Takes another name, since what was leased by the present one may be lost.
    fn begin_another_life(&self) {
        let mut life = lock(&self.life);
        let number = life.number + 1;
        let name = Arc::from(format!("{}.{number}", self.process));
        let former = std::mem::replace(&mut *life, Life { number, name, up_at: None, lost: CancellationToken::new() });
        drop(life);
        former.lost.cancel();
    }

    /// Returns when what is leased is lost unless there is a beat before.
    fn lost_at(&self) -> Option<Instant> {
        lock(&self.life).up_at.map(|at| at + HOLDS).filter(|_| !self.is_alone)
    }

    /// Says whether what is leased is lost, though nobody has said so yet.
    fn is_lost(&self) -> bool {
        self.lost_at().is_some_and(|at| at <= Instant::now())
    }

    /// Takes what a beat told, which began then under that name. Gives the processes that are dead.
    fn note(&self, name: &str, began: Instant, others: Vec<(String, i64)>) -> Vec<String> {
        let mut life = lock(&self.life);
        if *life.name == *name && life.up_at.is_none_or(|at| at < began) {
            life.up_at = Some(began);
        }
        drop(life);
        if !self.is_alone {
            self.company.note(others.len());
        }
        lock(&self.others).look(others, began)
    }
}

/// The counts of other processes, as they were seen.
#[derive(Debug, Default)]
struct Watch {
    seen: HashMap<String, Seen>,
    looked_at: Option<Instant>,
}

#[derive(Debug)]
struct Seen {
    count: i64,
    /// How many looks found it where it was.
    stood: u32,
}

impl Watch {
    /// Looks at the counts, and gives the processes that are dead.
    fn look(&mut self, others: Vec<(String, i64)>, now: Instant) -> Vec<String> {
        if self.looked_at.is_some_and(|before| now.duration_since(before) < APART) {
            return Vec::new();
        }
        self.looked_at = Some(now);
        let mut before = std::mem::take(&mut self.seen);
        let mut dead = Vec::new();
        for (process, count) in others {
            let stood = before.remove(&process).filter(|seen| seen.count == count).map_or(0, |seen| seen.stood + 1);
            if stood >= LOOKS {
                dead.push(process.clone());
            }
            self.seen.insert(process, Seen { count, stood });
        }
        dead
    }
}

impl Shared {
    /// Says that this process is up, and gives the time back in which none was.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub(super) async fn beat(&self) -> Result<(), Error> {
        if self.presence.is_lost() {
            self.lose();
        }
        let (name, began) = (self.presence.name(), Instant::now());
        let Beat { away_ms, others } = self.parts.store.beat(&name, self.parts.clock.now(), GRACE_MS).await?;
        if away_ms > 0 {
            tracing::info!(seconds = away_ms / 1000, "sessions get the time back in which Usher was away");
        }
        for process in self.presence.note(&name, began, others) {
            self.bury(&process).await?;
        }
        Ok(())
    }

    /// Buries all others: for the start of a process that knows that it is alone.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub(super) async fn bury_others(&self) -> Result<(), Error> {
        let beat = self.parts.store.beat(&self.presence.name(), self.parts.clock.now(), GRACE_MS).await?;
        for (process, _) in beat.others {
            self.bury(&process).await?;
        }
        Ok(())
    }

    async fn bury(&self, process: &str) -> Result<(), Error> {
        let interrupted = self.parts.store.bury(process, self.parts.clock.now()).await?;
        self.parts.metrics.processes_buried.increment(1);
        tracing::info!(process, interrupted, "a process is gone; what it had at hand is taken up");
        if interrupted > 0 {
            self.sweeps.ask();
        }
        Ok(())
    }

    /// Gives back what is held and not under way: others may have taken it up.
    fn lose(&self) {
        tracing::warn!("the store did not take this process's sign of life; what it had leased is given back");
        self.presence.begin_another_life();
        self.give_waiting_back();
    }
}

/// Beats for as long as the dispatcher is there and not stopping.
pub(super) async fn run(alive: Weak<Shared>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_away = false;
    loop {
        let Some(shared) = alive.upgrade() else { return };
        tokio::select! {
            biased;
            () = shared.left.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let beat = shared.beat();
        tokio::pin!(beat);
        let outcome = match shared.presence.lost_at() {
            Some(at) => match timeout_at(at, &mut beat).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    shared.presence.is_heard.store(false, Ordering::Release);
                    shared.lose();
                    // A beat of the former life is of no use any more.
                    continue;
                }
            },
            None => beat.await,
        };
        shared.presence.is_heard.store(outcome.is_ok(), Ordering::Release);
        match outcome {
            Ok(()) => is_away = false,
            Err(error) if !is_away => {
                is_away = true;
                tracing::warn!(%error, "the store does not take this process's sign of life; it is tried again");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(of: i64) -> Vec<(String, i64)> {
        vec![("other".to_owned(), of)]
    }

    #[test]
    fn a_count_that_stands_still_through_three_looks_is_that_of_a_dead_process() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(watch.look(count(7), at(0)).is_empty());
        assert!(watch.look(count(7), at(1)).is_empty());
        assert!(watch.look(count(7), at(2)).is_empty());
        assert!(watch.look(count(7), at(2) + APART / 2).is_empty(), "a look too soon does not count");
        assert_eq!(watch.look(count(7), at(3)), ["other"]);
    }

    #[test]
    fn a_watcher_that_was_away_itself_buries_nobody_for_it() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        watch.look(count(1), start);
        watch.look(count(1), start + Duration::from_secs(1));
        assert!(watch.look(count(1), start + Duration::from_secs(60)).is_empty(), "looks count, not time");
        assert!(watch.look(count(2), start + Duration::from_secs(61)).is_empty());
        for seconds in 62..64 {
            assert!(watch.look(count(2), start + Duration::from_secs(seconds)).is_empty());
        }
        assert!(watch.look(Vec::new(), start + Duration::from_secs(64)).is_empty());
        assert!(watch.seen.is_empty(), "one that left is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_holds_what_it_leased_only_while_it_is_known_to_be_up() {
        let presence = Presence::new("p".to_owned(), false, Company::default());
        let first = presence.name();
        assert!(!presence.holds(&first), "not before its first beat");
        presence.note(&first, Instant::now(), Vec::new());
        tokio::time::advance(HOLDS - Duration::from_millis(1)).await;
        assert!(presence.holds(&first) && !presence.is_lost());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!presence.holds(&first) && presence.is_lost());

        let lost = presence.lost();
        presence.begin_another_life();
        assert!(lost.is_cancelled() && !presence.lost().is_cancelled());
        presence.note(&first, Instant::now(), Vec::new());
        let second = presence.name();
        assert!(!presence.holds(&second), "a beat of the former life says nothing of this one");
        presence.note(&second, Instant::now(), Vec::new());
        assert!(presence.holds(&second) && !presence.holds(&first));
        assert!(!presence.lost().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_alone_is_never_buried() {
        let presence = Presence::new("p".to_owned(), true, Company::default());
        let name = presence.name();
        presence.note(&name, Instant::now(), Vec::new());
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert!(presence.holds(&name) && !presence.is_lost());
    }
}
