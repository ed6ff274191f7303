//! What comes due by itself: timers, ends of sessions, and everything that is done now and then.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use opentelemetry::KeyValue;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};
use usher_store::{Error, Hot};

use crate::bus::Bus;
use crate::runner::Room;
use crate::spans::What;
use crate::supervise;

/// How often things are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Timers and ends of sessions.
    pub due_every: Duration,
    /// Events of our own that nobody consumed.
    pub pending_every: Duration,
    /// Tidying what is in memory.
    pub tidy_every: Duration,
    /// Removing what need not be remembered.
    pub prune_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            due_every: Duration::from_millis(250),
            pending_every: Duration::from_secs(1),
            tidy_every: Duration::from_secs(2),
            prune_every: Duration::from_secs(60),
        }
    }
}

/// How often what was noted of channels is written down.
const NOTES_EVERY: Duration = Duration::from_secs(1);
/// How often what was counted is folded into sums, and how much of it at a time.
const FOLD_EVERY: Duration = Duration::from_secs(10);
const FOLD: u32 = 2_000;
/// Rows taken at a time.
const BATCH: u32 = 500;
/// After how long an event of our own that was offered and not consumed is offered again.
const OFFER_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// A pause between two looks after which Usher may have been away.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// Events on the bus beyond which nothing more is added to it.
const ON_THE_BUS: usize = 4_000;
/// How many times as long as it took to remove a part the others have the store before the next.
const PRUNE_PAUSE: u32 = 4;

/// The loops, to be waited for in the end.
#[derive(Debug)]
pub struct Timers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Timers {
    /// Starts the loops.
    pub fn start(room: &Arc<Room>, bus: &Arc<dyn Bus>, settings: Settings) -> Self {
        let stop = watch::Sender::new(false);
        let of_all = [(Duty::Note, NOTES_EVERY), (Duty::Tidy, settings.tidy_every)];
        let of_timers = [
            (Duty::Fire, settings.due_every),
            (Duty::OfferAgain, settings.pending_every),
            (Duty::Fold, FOLD_EVERY),
            (Duty::Prune, settings.prune_every),
        ];
        let of_timers = of_timers.into_iter().filter(|_| room.roles.timers);
        let tasks = of_timers
            .chain(of_all)
            .map(|(duty, period)| {
                let (room, bus, stop) = (Arc::clone(room), Arc::clone(bus), stop.subscribe());
                let began = room.clock.now();
                let begin = move || {
                    let (room, bus, stop) = (Arc::clone(&room), Arc::clone(&bus), stop.clone());
                    Loop { duty, fired_at: began, room, bus, stop }.every(period)
                };
                supervise::keep(duty.name(), begin)
            })
            .collect();
        Self { stop, tasks }
    }

    /// Ends the loops, each after what it is doing; one that waits for the store until the deadline is left to itself.
    pub async fn finish(self, deadline: Instant) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // It ends by itself, or with the runtime.
            let _ = timeout_at(deadline, task).await;
        }
    }
}

/// What a loop does.
#[derive(Debug, Clone, Copy)]
enum Duty {
    /// Fires timers and ends sessions, once time in which Usher was away is given back.
    Fire,
    /// Offers events of our own that nobody consumed.
    OfferAgain,
    /// Writes down what was noted of channels.
    Note,
    /// Tidies what is in memory.
    Tidy,
    /// Folds what was counted into sums.
    Fold,
    /// Removes what need not be remembered.
    Prune,
}

impl Duty {
    fn name(self) -> &'static str {
        match self {
            Self::Fire => "timers",
            Self::OfferAgain => "pending events",
            Self::Note => "notes of channels",
            Self::Tidy => "tidying",
            Self::Fold => "folding statistics",
            Self::Prune => "pruning",
        }
    }
}

struct Loop {
    duty: Duty,
    /// When timers were last fired.
    fired_at: Timestamp,
    room: Arc<Room>,
    bus: Arc<dyn Bus>,
    stop: watch::Receiver<bool>,
}

impl Loop {
    async fn every(mut self, period: Duration) {
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            let stopping = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => true,
                _ = ticks.tick() => false,
            };
            if stopping && !matches!(self.duty, Duty::Note) {
                return;
            }
            let done = match self.duty {
                Duty::Fire => fire(&mut self).await,
                Duty::OfferAgain => offer_again(&self).await,
                Duty::Note => self.room.configurations.notes().write(&self.room.records, &self.room.ids).await,
                Duty::Tidy => self.tidy(),
                Duty::Fold => fold_all(&self).await,
                Duty::Prune => prune_all(&self).await,
            };
            match done {
                Ok(()) => failing = false,
                Err(error) => {
                    self.room.metrics.store_errors.timers.increment(1);
                    if !mem::replace(&mut failing, true) {
                        tracing::warn!(duty = ?self.duty, %error, "the store does not answer; it is asked again");
                    }
                }
            }
            if stopping {
                return;
            }
        }
    }

    fn tidy(&self) -> Result<(), Error> {
        self.room.metrics.upkeep();
        self.room.visitors.tidy(self.room.clock.now());
        Ok(())
    }
}

/// Fires what is due.
async fn fire(of: &mut Loop) -> Result<(), Error> {
    let store: &dyn Hot = &*of.room.store;
    if of.room.clock.now().duration_since(of.fired_at) > PAUSE {
        of.room.dispatcher.beat().await?;
    }
    while of.bus.waiting() < ON_THE_BUS {
        let now = of.room.clock.now();
        let mut events = store.due_timers(now, BATCH).await?;
        let timers = events.len();
        events.append(&mut store.expired_sessions(now, BATCH).await?);
        let all = events.len();
        if all > 0 {
            of.room.metrics.timers_fired.increment(all as u64);
            drop(of.room.spans.begin_late(What::Fire, now, || vec![KeyValue::new("usher.timers", all as i64)]));
            of.bus.offer(events);
        }
        if timers < BATCH as usize && all - timers < BATCH as usize {
            break;
        }
    }
    of.fired_at = of.room.clock.now();
    Ok(())
}

/// Offers events again that were not consumed: those of before the start, those that found a full queue.
async fn offer_again(of: &Loop) -> Result<(), Error> {
    while of.bus.waiting() < ON_THE_BUS {
        let now = of.room.clock.now();
        let again_at = now.saturating_add(OFFER_AGAIN).unwrap_or(Timestamp::MAX);
        let events = of.room.store.pending_events(now, again_at, BATCH).await?;
        let taken = events.len();
        of.bus.offer(events);
        if taken < BATCH as usize {
            break;
        }
    }
    Ok(())
}

/// Removes what is over its time, a part at a time; between two parts others have the store for longer than the part took.
async fn fold_all(of: &Loop) -> Result<(), Error> {
    loop {
        let mut tx = of.room.records.begin().await?;
        let folded = tx.statistics().fold(FOLD).await?;
        tx.commit().await?;
        if folded < u64::from(FOLD) || *of.stop.borrow() {
            return Ok(());
        }
    }
}

async fn prune_all(of: &Loop) -> Result<(), Error> {
    loop {
        let began = Instant::now();
        if !of.room.store.prune(of.room.clock.now()).await?.more || *of.stop.borrow() {
            return Ok(());
        }
        tokio::time::sleep((PRUNE_PAUSE * began.elapsed()).max(Duration::from_millis(20))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_the_store_keeps_waiting_does_not_keep_usher_from_stopping() {
        let stop = watch::Sender::new(false);
        let hanging = || tokio::spawn(std::future::pending());
        let timers = Timers { stop, tasks: vec![hanging(), hanging()] };
        let began = Instant::now();
        timers.finish(began + Duration::from_secs(10)).await;
        assert_eq!(began.elapsed().as_secs(), 10);
    }
}
