//! Writes down what the outside sees: what was said and when it was acknowledged, what arrived at the providers, and
//! what was done to the servers meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::bounds::AFTER_A_KILL;

/// What was seen, and since when.
#[derive(Debug)]
pub struct Witness {
    began: Instant,
    seen: Mutex<Seen>,
}

/// Times are since the beginning.
#[derive(Debug, Default)]
pub struct Seen {
    /// By contact, in the order in which they were said: each after the one before was acknowledged.
    pub said: BTreeMap<u32, Vec<Said>>,
    /// In the order in which they arrived.
    pub arrivals: Vec<Arrival>,
    /// When the first status of a send was acknowledged, by its effect.
    pub told: HashMap<String, Duration>,
    /// What was done to the servers.
    pub deeds: Vec<(Duration, String)>,
    /// When somebody was killed, and who.
    pub kills: Vec<(Duration, String)>,
    /// When something was away that contacts may have to wait for.
    pub outages: Vec<(Duration, Duration)>,
    /// Times in which this machine itself was late: until when, and by how much.
    pub late: Vec<(Duration, Duration)>,
    pub ready_after: Vec<Duration>,
    pub webhooks: Webhooks,
    pub waits: Vec<Wait>,
    pub failures: Vec<Violation>,
}

/// A customer's message.
#[derive(Debug, Clone)]
pub struct Said {
    /// The provider's id of it.
    pub id: String,
    pub text: String,
    pub first_posted: Duration,
    pub acknowledged: Option<Duration>,
}

/// A message that the provider took.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub at: Duration,
    pub phone: String,
    pub effect: String,
    pub text: String,
}

/// How webhooks were answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Webhooks {
    pub acknowledged: u64,
    pub unavailable: u64,
    /// No answer: nobody there, or the connection broke.
    pub broken: u64,
}

/// How long a contact waited for a reply.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    pub contact: u32,
    pub from: Duration,
    pub to: Duration,
}

impl Wait {
    pub fn length(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// Something that must not be.
#[derive(Debug, Clone)]
pub struct Violation {
    pub contact: Option<u32>,
    pub what: String,
}

impl Witness {
    pub fn new() -> Self {
        Self { began: Instant::now(), seen: Mutex::default() }
    }

    /// Returns the time since the beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was done to the servers.
    pub fn note(&self, deed: impl Into<String>) {
        let now = self.now();
        self.seen().deeds.push((now, deed.into()));
    }

    pub fn note_kill(&self, who: &str) {
        self.note(format!("killed {who}"));
        let now = self.now();
        self.seen().kills.push((now, who.to_owned()));
    }

    /// Notes that something that contacts may have to wait for was away.
    pub fn note_outage(&self, from: Duration, to: Duration) {
        self.seen().outages.push((from, to));
    }

    pub fn fail(&self, contact: Option<u32>, what: impl Into<String>) {
        let what = what.into();
        println!("after {:.1?}: {what}", self.now());
        self.seen().failures.push(Violation { contact, what });
    }

    /// Says whether something has gone wrong already, so that it is no use to go on.
    pub fn has_failed(&self) -> bool {
        !self.seen().failures.is_empty()
    }

    /// Notes how late this machine is, as long as it is polled.
    pub async fn watch_the_machine(&self) {
        const TICK: Duration = Duration::from_millis(20);
        loop {
            let before = Instant::now();
            tokio::time::sleep(TICK).await;
            let late = before.elapsed().saturating_sub(TICK);
            if late > TICK {
                let now = self.now();
                self.seen().late.push((now, late));
            }
        }
    }
}

impl Seen {
    /// Returns how much of a time fell into outages, or passed while this machine stood still.
    pub fn excused(&self, from: Duration, to: Duration) -> Duration {
        let mut outages = self.outages.clone();
        outages.sort_unstable();
        let (mut away, mut counted) = (Duration::ZERO, from);
        for (begun, over) in outages {
            // What two of them have in common counts once.
            away += to.min(over).saturating_sub(counted.max(begun));
            counted = counted.max(over);
        }
        let late = self.late.iter().filter(|(at, _)| (from..=to).contains(at)).map(|(_, late)| *late);
        away + late.sum::<Duration>()
    }

    /// Returns how long a contact may have to wait for a reply in a time: it is the kills and outages in it that excuse it.
    pub fn reasonable_wait(&self, from: Duration, to: Duration) -> Duration {
        let kills = u32::try_from(self.kills_between(from, to)).expect("kills are few");
        AFTER_A_KILL * kills.max(1) + self.excused(from, to)
    }

    /// Returns how often somebody was killed in a time.
    pub fn kills_between(&self, from: Duration, to: Duration) -> usize {
        self.kills.iter().filter(|(at, _)| (from..=to).contains(at)).count()
    }
}
