//! Handles what was taken, the messages of many partitions together, and with them answers that came in this process; and
//! by itself what could not be stored.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::Instant;
use usher_store::AddressKey;

use super::Handling;
use super::taker::{Delivery, Hold, told};
use crate::bus::partition::PARTITIONS;
use crate::bus::wire;
use crate::bus::{Envelope, Handled, Report, Unread};
use crate::gather::{Company, Rests};

/// How long to wait before events that were not stored are handled again, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The time from which on the events of a message are handled one by one: something among them may be the reason.
const SINGLY: u64 = 3;
/// Why an event is set aside.
const FAILED: &str = "it failed every time, although the database was there";

/// How the work is measured out.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workers: usize,
    /// Events in one batch, unless one message holds more.
    pub batch: usize,
    /// How often an event is handled that fails although the store is there, before it is set aside.
    pub tries: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { workers: 1, batch: 256, tries: 5 }
    }
}

/// Handles what comes through a queue that several share; cheap to clone.
#[derive(Clone)]
pub(super) struct Worker {
    pub size: Size,
    pub handler: Arc<dyn Handling>,
    pub given: Arc<Mutex<mpsc::UnboundedReceiver<Work>>>,
    pub company: Company,
    pub stop: watch::Receiver<bool>,
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Work {
    /// Events on the stream.
    Delivery(Delivery),
    /// An answer that is not on the stream, and who waits for the turn on it.
    Answer(Box<Envelope>, oneshot::Sender<Handled>),
}

/// A message in hand, and what of it is not done yet.
struct Bundle {
    events: Vec<Envelope>,
    unread: Vec<Unread>,
    delivered: u64,
    hold: Hold,
}

impl Bundle {
    fn read(delivery: Delivery) -> Self {
        let Delivery { payload, delivered, hold } = delivery;
        let (mut events, mut unread) = (Vec::new(), Vec::new());
        for item in wire::read_events(&payload) {
            match item {
                Ok(event) => events.push(event),
                Err(item) => unread.push(*item),
            }
        }
        Self { events, unread, delivered, hold }
    }

    fn is_done(&self) -> bool {
        self.events.is_empty() && self.unread.is_empty()
    }
}

impl Worker {
    /// Works until nobody gives any more.
    pub async fn run(self) {
        let mut rests = Rests::among(self.company.clone());
        loop {
            // Each partition has one message in hand, whoever has it: more than a share is not to be expected.
            let enough = self.company.share_of(PARTITIONS);
            let work = rests.gather(&mut *self.given.lock().await, enough, self.size.batch).await;
            if work.is_empty() {
                return;
            }
            let began = Instant::now();
            let mut batch = Batch::default();
            for work in work {
                let bundle = match work {
                    Work::Answer(answer, done) => {
                        batch.answers.push((*answer, done));
                        continue;
                    }
                    Work::Delivery(delivery) => Bundle::read(delivery),
                };
                if bundle.delivered >= SINGLY || !bundle.unread.is_empty() {
                    let before = bundle.delivered - 1;
                    self.go_on_with(bundle, before, Duration::ZERO);
                    continue;
                }
                if !batch.is_empty() && batch.events() + bundle.events.len() > self.size.batch {
                    self.handle(std::mem::take(&mut batch)).await;
                }
                batch.bundles.push(bundle);
            }
            self.handle(batch).await;
            rests.begin(began);
        }
    }

    /// Handles what has gathered as one batch.
    async fn handle(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let mut events = Vec::with_capacity(batch.events());
        let mut holds = Vec::with_capacity(batch.bundles.len());
        for mut bundle in batch.bundles {
            holds.push((bundle.events.len(), bundle.delivered, bundle.hold));
            events.append(&mut bundle.events);
        }
        let mut waiting = Vec::with_capacity(batch.answers.len());
        for (answer, done) in batch.answers {
            events.push(answer);
            waiting.push(done);
        }
        let handled = self.take_turns(&events).await;
        let mut outcomes = events.into_iter().zip(handled);
        for (count, delivered, hold) in holds {
            let left = outcomes.by_ref().take(count).filter(|(_, handled)| *handled != Handled::Done);
            let events: Vec<_> = left.map(|(event, _)| event).collect();
            if events.is_empty() {
                hold.done();
            } else {
                self.go_on_with(Bundle { events, unread: Vec::new(), delivered, hold }, delivered, FIRST_WAIT);
            }
        }
        for (done, (_, handled)) in waiting.into_iter().zip(outcomes) {
            // Who waited may be gone, as in a process that is torn down.
            let _ = done.send(handled);
        }
    }

    /// Handles events; after a panic they are as good as not stored.
    async fn take_turns(&self, batch: &[Envelope]) -> Vec<Handled> {
        let handled = AssertUnwindSafe(self.handler.handle(batch)).catch_unwind().await;
        handled.unwrap_or_else(|_| {
            tracing::error!(events = batch.len(), "a batch of events panicked; they come again");
            vec![Handled::Failed; batch.len()]
        })
    }

    /// Goes on with a message by itself, so that the others need not wait for it.
    fn go_on_with(&self, bundle: Bundle, before: u64, wait: Duration) {
        let tries = vec![0; bundle.events.len()];
        tokio::spawn(Persisting { worker: self.clone(), bundle, tries, before, wait }.run());
    }
}

/// What is handled together.
#[derive(Default)]
struct Batch {
    bundles: Vec<Bundle>,
    answers: Vec<(Envelope, oneshot::Sender<Handled>)>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.bundles.is_empty() && self.answers.is_empty()
    }

    fn events(&self) -> usize {
        self.answers.len() + self.bundles.iter().map(|bundle| bundle.events.len()).sum::<usize>()
    }
}

/// Work on one message that goes on until it is done, however long the store is away.
struct Persisting {
    worker: Worker,
    bundle: Bundle,
    /// How often each of the events failed by itself.
    tries: Vec<u32>,
    /// How often the message was handled before, by whomever.
    before: u64,
    wait: Duration,
}

impl Persisting {
    async fn run(mut self) {
        let mut stop = self.worker.stop.clone();
        loop {
            tokio::select! {
                biased;
                // Another process goes on with it, or this one after its next start.
                () = told(&mut stop) => return,
                () = tokio::time::sleep(self.wait) => {}
            }
            self.bundle.hold.alive();
            self.keep_unread().await;
            if self.before + 1 >= SINGLY {
                self.take_singly().await;
            } else {
                self.take_together().await;
            }
            if self.bundle.is_done() {
                return self.bundle.hold.done();
            }
            self.before += 1;
            self.wait = LONGEST_WAIT.min(FIRST_WAIT.max(self.wait * 2));
        }
    }

    async fn keep_unread(&mut self) {
        if self.bundle.unread.is_empty() {
            return;
        }
        let reports = self.bundle.unread.iter().cloned().map(Report::Unread).collect();
        if self.worker.handler.record(reports).await {
            self.bundle.unread.clear();
        }
    }

    async fn take_together(&mut self) {
        let handled = self.worker.take_turns(&self.bundle.events).await;
        self.retain(|place| handled.get(place) != Some(&Handled::Done));
    }

    /// Handles the events one by one. One that fails holds up those of its address alone, and is set aside after the
    /// set number of tries.
    async fn take_singly(&mut self) {
        let mut held_up: HashSet<AddressKey> = HashSet::new();
        let mut done = vec![false; self.bundle.events.len()];
        for (place, event) in self.bundle.events.iter().enumerate() {
            if held_up.contains(&event.key) {
                continue;
            }
            match self.worker.take_turns(std::slice::from_ref(event)).await.first() {
                Some(Handled::Done) => done[place] = true,
                Some(Handled::Failed) => {
                    self.tries[place] += 1;
                    let tries = self.tries[place];
                    let is_over = tries >= self.worker.size.tries;
                    done[place] = is_over && self.worker.handler.set_aside(event, FAILED, tries).await;
                    if !done[place] {
                        held_up.insert(event.key.clone());
                    }
                }
                // The store is away: the others need not be tried now.
                Some(Handled::NotStored) | None => break,
            }
            self.bundle.hold.alive();
        }
        self.retain(|place| !done[place]);
    }

    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let events = std::mem::take(&mut self.bundle.events);
        let tries = std::mem::take(&mut self.tries);
        for (place, (event, tries)) in events.into_iter().zip(tries).enumerate() {
            if keep(place) {
                self.bundle.events.push(event);
                self.tries.push(tries);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use jiff::Timestamp;
    use usher_engine::id::EventId;
    use usher_engine::{Environment, Event, EventKind};

    use super::super::taker::Word;
    use super::*;
    use crate::bus::wire::Content;
    use crate::bus::{Handler, Origin, Told};
    use crate::spans::Parent;

    /// Fails, panics, or is away as the events' ids say, and notes what it is given.
    #[derive(Debug, Default)]
    struct Notes {
        batches: std::sync::Mutex<Vec<Vec<String>>>,
        aside: std::sync::Mutex<Vec<(String, u32)>>,
        seen: std::sync::Mutex<BTreeMap<String, u32>>,
        unread: std::sync::Mutex<usize>,
    }

    #[async_trait]
    impl Handler for Notes {
        async fn handle(&self, batch: &[Envelope]) -> Vec<Handled> {
            let ids: Vec<String> = batch.iter().map(|event| event.event.id.to_string()).collect();
            self.batches.lock().unwrap().push(ids.clone());
            assert!(!ids.iter().any(|id| id.contains("boom")), "boom");
            let mut failed: HashSet<&str> = HashSet::new();
            let handled = ids.iter().map(|id| {
                let (address, _) = id.split_once('/').unwrap();
                let mut seen = self.seen.lock().unwrap();
                let times = seen.entry(id.clone()).or_default();
                *times += 1;
                match id {
                    // What comes after it at its address rests on it.
                    id if id.contains("bad") || failed.contains(address) => {
                        failed.insert(address);
                        Handled::Failed
                    }
                    id if id.contains("later") && *times < 20 => Handled::NotStored,
                    _ => Handled::Done,
                }
            });
            handled.collect()
        }
    }

    #[async_trait]
    impl Handling for Notes {
        async fn set_aside(&self, event: &Envelope, _: &str, tries: u32) -> bool {
            self.aside.lock().unwrap().push((event.event.id.to_string(), tries));
            true
        }

        async fn record(&self, reports: Vec<Report>) -> bool {
            *self.unread.lock().unwrap() += reports.len();
            true
        }
    }

    struct Stage {
        notes: Arc<Notes>,
        give: mpsc::UnboundedSender<Work>,
        words: mpsc::UnboundedSender<Word>,
        heard: mpsc::UnboundedReceiver<Word>,
        stop: watch::Sender<bool>,
    }

    impl Stage {
        fn set() -> Self {
            let notes = Arc::new(Notes::default());
            let (give, given) = mpsc::unbounded_channel();
            let (words, heard) = mpsc::unbounded_channel();
            let stop = watch::Sender::new(false);
            let worker = Worker {
                size: Size::default(),
                handler: Arc::<Notes>::clone(&notes),
                given: Arc::new(Mutex::new(given)),
                company: Company::default(),
                stop: stop.subscribe(),
            };
            tokio::spawn(worker.run());
            Self { notes, give, words, heard, stop }
        }

        /// Delivers a message of a partition with these events, `address/id` each.
        fn deliver(&self, partition: usize, delivered: u64, events: &[&str]) {
            let items: Vec<_> = events.iter().map(|event| wire::write_event(&envelope(event)).unwrap()).collect();
            let payload = wire::join(Content::Events, &items).into();
            let hold = Hold::new(partition, self.words.clone());
            self.give.send(Work::Delivery(Delivery { payload, delivered, hold })).unwrap();
        }

        /// Gives an answer that is not on the stream, and waits for what becomes of it.
        async fn answer(&self, event: &str) -> Handled {
            let (done, handled) = oneshot::channel();
            self.give.send(Work::Answer(Box::new(envelope(event)), done)).unwrap();
            handled.await.unwrap()
        }

        /// Waits until it is told what becomes of a message.
        async fn fate(&mut self) -> Word {
            loop {
                match self.heard.recv().await.unwrap() {
                    Word::Alive(_) => {}
                    fate => return fate,
                }
            }
        }
    }

    fn envelope(name: &str) -> Envelope {
        let (address, _) = name.split_once('/').unwrap();
        Envelope {
            key: AddressKey {
                workspace: "w".into(),
                environment: Environment::Production,
                channel: "chat".into(),
                address: address.into(),
            },
            event: Event { id: EventId::from(name), kind: EventKind::ConversationOpened },
            at: Timestamp::UNIX_EPOCH,
            origin: Origin::Channel(Box::<Told>::default()),
            led_by: Parent::default(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn messages_of_many_partitions_are_one_batch() {
        let mut stage = Stage::set();
        for partition in 0..10 {
            stage.deliver(partition, 1, &["a/1", "b/1"]);
        }
        for partition in 0..10 {
            assert_eq!(stage.fate().await, Word::Done(partition));
        }
        assert_eq!(stage.notes.batches.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_handled_with_what_is_on_the_stream_and_told_once() {
        let mut stage = Stage::set();
        stage.deliver(1, 1, &["a/1"]);
        assert_eq!(stage.answer("a/2").await, Handled::Done);
        assert_eq!(stage.fate().await, Word::Done(1));
        assert_eq!(stage.answer("a/later").await, Handled::NotStored, "whoever gave it has it stored");
        assert_eq!(stage.answer("a/boom").await, Handled::Failed);
        let batches = stage.notes.batches.lock().unwrap();
        assert_eq!(batches[..], [vec!["a/1", "a/2"], vec!["a/later"], vec!["a/boom"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_fails_every_time_is_set_aside_and_holds_up_its_own_address_alone() {
        let mut stage = Stage::set();
        stage.deliver(7, 1, &["a/1", "a/bad", "a/2", "b/1"]);
        assert_eq!(stage.fate().await, Word::Done(7));
        assert_eq!(*stage.notes.aside.lock().unwrap(), [("a/bad".to_owned(), 5)]);
        let batches = stage.notes.batches.lock().unwrap();
        assert_eq!(batches[0], ["a/1", "a/bad", "a/2", "b/1"]);
        assert_eq!(batches[1], ["a/bad", "a/2"], "the others are done");
        assert_eq!(batches[2..], [["a/bad"], ["a/bad"], ["a/bad"], ["a/bad"], ["a/bad"], ["a/2"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_stops_no_partition() {
        let mut stage = Stage::set();
        stage.deliver(1, 1, &["a/boom", "b/1"]);
        stage.deliver(2, 1, &["c/1"]);
        let mut fates = [stage.fate().await, stage.fate().await];
        fates.sort_by_key(|fate| matches!(fate, Word::Done(1)));
        assert_eq!(fates, [Word::Done(2), Word::Done(1)]);
        assert_eq!(*stage.notes.aside.lock().unwrap(), [("a/boom".to_owned(), 5)]);
        stage.deliver(1, 1, &["a/2"]);
        assert_eq!(stage.fate().await, Word::Done(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_no_failure_of_an_event() {
        let mut stage = Stage::set();
        stage.deliver(3, 4, &["a/later"]);
        assert_eq!(stage.fate().await, Word::Done(3));
        assert!(stage.notes.aside.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_often_is_handled_one_by_one() {
        let mut stage = Stage::set();
        stage.deliver(3, SINGLY, &["a/1", "a/2"]);
        assert_eq!(stage.fate().await, Word::Done(3));
        assert_eq!(*stage.notes.batches.lock().unwrap(), [["a/1"], ["a/2"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_finished_before_the_stop_is_given_back() {
        let mut stage = Stage::set();
        stage.deliver(5, 1, &["a/bad"]);
        tokio::time::sleep(Duration::from_millis(10)).await;
        stage.stop.send_replace(true);
        assert_eq!(stage.fate().await, Word::Back(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_read_is_kept_and_done() {
        let mut stage = Stage::set();
        let hold = Hold::new(9, stage.words.clone());
        stage.give.send(Work::Delivery(Delivery { payload: "oops".into(), delivered: 1, hold })).unwrap();
        assert_eq!(stage.fate().await, Word::Done(9));
        assert_eq!(*stage.notes.unread.lock().unwrap(), 1);
    }
}
