//! Reads now and then how much waits in the database: one process at a time, so that it costs the same however many
//! there are.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::MissedTickBehavior;
use usher_store::{Backlog, Error};

use super::Waiting;
use crate::runner::Room;

/// How often.
const EVERY: Duration = Duration::from_secs(15);
/// For how long who has read is the one who reads: a little shorter, so that it is still in time the next time.
const HELD: SignedDuration = SignedDuration::from_millis(14_500);

/// Starts to read, for as long as the room is there.
pub fn start(room: &Arc<Room>) {
    tokio::spawn(run(Arc::downgrade(room)));
}

async fn run(room: Weak<Room>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(room) = room.upgrade() else { return };
        match sample(&room).await {
            Ok(backlog) => room.metrics.waiting.set(&backlog, room.clock.now()),
            Err(error) => tracing::debug!(%error, "cannot read how much waits; it is read again"),
        }
    }
}

/// Reads what waits; nothing if another process does.
async fn sample(room: &Room) -> Result<Backlog, Error> {
    let now = room.clock.now();
    if !room.store.is_single_process() {
        let mut tx = room.records.begin().await?;
        let claimed = tx.backlog().claim(now, HELD).await?;
        tx.commit().await?;
        if !claimed {
            return Ok(Backlog::default());
        }
    }
    room.records.backlog().count(None, now).await
}

impl Waiting {
    fn set(&self, backlog: &Backlog, now: jiff::Timestamp) {
        // What is counted is at most 10,000, which every float holds.
        let number = |count: u64| count as f64;
        self.due.set(number(backlog.due_effects));
        self.leased.set(number(backlog.leased_effects));
        self.retried.set(number(backlog.retried_effects));
        self.unknown.set(number(backlog.unknown_effects));
        self.parked.set(number(backlog.parked_effects));
        self.oldest.set(backlog.due_since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0)));
        self.dead_letters.set(number(backlog.dead_letters));
        self.kept.set(number(backlog.kept));
        self.own_events.set(number(backlog.own_events));
        self.timers.set(number(backlog.due_timers));
    }
}
