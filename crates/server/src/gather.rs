//! Larger batches where they save work: whoever takes what has gathered rests after each batch, for as long as that took;
//! among several processes for as much longer that together they come to the database as often as one would.
//!
//! Where the database cannot be shared (SQLite) its one writer gathers what comes meanwhile by itself, and only those rest
//! whom hardly anybody waits for, so that they are not in the way of the others.
//!
//! When little is to do, a rest is over long before the next item comes, and nobody waits. The more there is to do, the
//! longer a batch takes, the longer the rest, and the more the next one holds; but nobody rests who has enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

/// The longest rest: what an item may wait for others to go with.
const LONGEST: Duration = Duration::from_millis(50);

/// How many processes share the database, none where it cannot be shared; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Company(Arc<AtomicU32>);

impl Company {
    /// Notes how many others there are beside this process.
    pub fn note(&self, others: usize) {
        self.0.store(u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1), Ordering::Relaxed);
    }

    /// Returns this process's share of so many, rounded up; all of them where nobody shares.
    pub fn share_of(&self, all: usize) -> usize {
        all.div_ceil(self.processes().max(1) as usize)
    }

    /// Returns how long to rest after work that took so long: one process works and rests half of the time each.
    fn rest(&self, took: Duration) -> Duration {
        let times = self.processes().saturating_mul(2).saturating_sub(1);
        took.saturating_mul(times).min(LONGEST)
    }

    fn processes(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Paces one who works in batches.
#[derive(Debug)]
pub struct Rests {
    company: Company,
    least: Duration,
    until: Instant,
}

impl Rests {
    pub fn among(company: Company) -> Self {
        Self { company, least: Duration::ZERO, until: Instant::now() }
    }

    /// Rests at least so long, whatever the work took.
    pub fn of_at_least(self, least: Duration) -> Self {
        Self { least, ..self }
    }

    /// Waits for an item, then until the rest is over or enough is there, and gives what has gathered, `most` at most;
    /// nothing once nobody can give any more.
    pub async fn gather<T>(&self, given: &mut UnboundedReceiver<T>, enough: usize, most: usize) -> Vec<T> {
        let mut gathered = Vec::new();
        let mut came = given.recv_many(&mut gathered, most).await;
        let rest = sleep_until(self.until);
        tokio::pin!(rest);
        while came > 0 && gathered.len() < enough.min(most) {
            let room = most - gathered.len();
            came = tokio::select! {
                biased;
                () = &mut rest => break,
                came = given.recv_many(&mut gathered, room) => came,
            };
        }
        while gathered.len() < most
            && let Ok(next) = given.try_recv()
        {
            gathered.push(next);
        }
        gathered
    }

    /// Begins the rest after a batch on which work began at `began`.
    pub fn begin(&mut self, began: Instant) {
        let now = Instant::now();
        self.until = now + self.company.rest(now - began).max(self.least);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::advance;

    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_is_as_long_as_the_work_and_no_longer_than_the_bound() {
        let (give, mut given) = mpsc::unbounded_channel();
        let company = Company::default();
        let mut rests = Rests::among(company.clone());
        rests.begin(Instant::now() - ms(10));
        assert_eq!(rests.until, Instant::now(), "it is not shared");
        for (others, work, rest) in [(0, 0, 0), (0, 7, 7), (0, 400, 50), (3, 5, 35), (3, 10, 50)] {
            company.note(others);
            let began = Instant::now();
            advance(ms(work)).await;
            rests.begin(began);
            let asked = Instant::now();
            give.send(1).unwrap();
            assert_eq!(rests.gather(&mut given, 10, 10).await, [1]);
            assert_eq!(asked.elapsed(), ms(rest));
        }
        let mut rests = Rests::among(Company::default()).of_at_least(ms(10));
        rests.begin(Instant::now());
        assert_eq!(rests.until, Instant::now() + ms(10), "it is not shared, and nobody waits");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_meanwhile_goes_along_and_once_there_is_enough_nobody_waits() {
        let (give, mut given) = mpsc::unbounded_channel();
        let mut rests = Rests::among(Company::default());
        for (enough, gathered, waited) in [(9, vec![1, 2, 3, 4], 20), (3, vec![1, 2, 3], 10), (1, vec![1], 0)] {
            rests.until = Instant::now() + ms(20);
            give.send(1).unwrap();
            let later = async {
                for item in 2..5 {
                    tokio::time::sleep(ms(5)).await;
                    give.send(item).unwrap();
                }
            };
            let asked = Instant::now();
            let gathering = async { (rests.gather(&mut given, enough, 10).await, asked.elapsed()) };
            let (was, ()) = tokio::join!(gathering, later);
            assert_eq!(was, (gathered, ms(waited)), "{enough} are enough");
            while given.try_recv().is_ok() {}
        }
        rests.until = Instant::now() + ms(20);
        (0..9).for_each(|item| give.send(item).unwrap());
        let asked = Instant::now();
        assert_eq!(rests.gather(&mut given, 3, 5).await, [0, 1, 2, 3, 4], "what is there goes along, up to the most");
        assert_eq!(rests.gather(&mut given, 5, 5).await, [5, 6, 7, 8], "the last of them wait for one more");
        assert_eq!(asked.elapsed(), ms(20));
        drop(give);
        assert!(rests.gather(&mut given, 3, 3).await.is_empty());
    }

    #[test]
    fn what_is_shared_is_shared_equally() {
        let company = Company::default();
        assert_eq!(company.share_of(64), 64, "nobody shares");
        for (others, share) in [(0, 64), (1, 32), (2, 22), (3, 16), (99, 1)] {
            company.note(others);
            assert_eq!(company.share_of(64), share);
        }
    }
}
