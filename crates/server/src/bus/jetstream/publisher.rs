//! Publishes what is accepted: one message at a time to each subject, so that order holds; what comes meanwhile is
//! packed into the next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use async_nats::{Client, Request, RequestErrorKind};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use crate::bus::Refused;
use crate::bus::wire::{self, Content};

/// Items in one message, and bytes; an item that is longer is a message by itself.
const ITEMS: usize = 256;
const BYTES: usize = 512 * 1024;
/// Bytes of a message beside its items.
const FRAME: usize = 64;
/// Items and bytes that may wait to be published; beyond, events are refused.
const WAITING: usize = 16_384;
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How long the stream may take to say that it has a message.
const ACKNOWLEDGED: Duration = Duration::from_secs(5);
/// For how long a message is offered again to a stream that has no leader, and how often: its servers mostly choose one
/// within nine seconds, and nobody knows when a provider that is refused comes again.
const NO_LEADER: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(100);
/// What the stream answers that holds all that it may, or whose server does.
const FULL: [ErrorCode; 3] =
    [ErrorCode::STREAM_STORE_FAILED, ErrorCode::STORAGE_RESOURCES_EXCEEDED, ErrorCode::INSUFFICIENT_RESOURCES];

/// Where items wait for one subject; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Publisher {
    given: mpsc::UnboundedSender<Given>,
    waiting: Arc<Waiting>,
}

/// What waits to be published to all subjects.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    items: AtomicUsize,
    bytes: AtomicUsize,
}

/// Items that were given together, and who waits for them.
#[derive(Debug)]
struct Given {
    items: VecDeque<Vec<u8>>,
    done: Option<oneshot::Sender<Result<(), Refused>>>,
}

impl Waiting {
    /// Returns how many items wait.
    pub fn items(&self) -> usize {
        self.items.load(Ordering::Acquire)
    }

    /// Returns how much of the room is taken.
    pub fn fullness(&self) -> f64 {
        let part = |taken: &AtomicUsize, all: usize| taken.load(Ordering::Acquire) as f64 / all as f64;
        part(&self.items, WAITING).max(part(&self.bytes, WAITING_BYTES))
    }

    fn take_place(&self, items: usize, bytes: usize) -> bool {
        let (items_before, bytes_before) =
            (self.items.fetch_add(items, Ordering::AcqRel), self.bytes.fetch_add(bytes, Ordering::AcqRel));
        let fits = items_before + items <= WAITING && bytes_before + bytes <= WAITING_BYTES;
        if !fits {
            self.leave(items, bytes);
        }
        fits
    }

    fn leave(&self, items: usize, bytes: usize) {
        self.items.fetch_sub(items, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Publisher {
    /// Starts to publish to a subject, until the last publisher is gone.
    pub fn start(client: Client, subject: String, content: Content, waiting: Arc<Waiting>) -> Self {
        let (given, taken) = mpsc::unbounded_channel();
        let packer = Packer { packing: Packing::default(), waiting: Arc::clone(&waiting), client, subject, content };
        tokio::spawn(packer.run(taken));
        Self { given, waiting }
    }

    /// Gives items, and returns what tells that the stream has them.
    ///
    /// # Errors
    ///
    /// Too much waits already.
    pub fn give(&self, items: Vec<Vec<u8>>) -> Result<oneshot::Receiver<Result<(), Refused>>, Refused> {
        let (done, outcome) = oneshot::channel();
        self.put(items, Some(done))?;
        Ok(outcome)
    }

    /// Gives an item that comes again by itself if it is lost.
    pub fn give_freely(&self, item: Vec<u8>) {
        let _ = self.put(vec![item], None);
    }

    fn put(&self, items: Vec<Vec<u8>>, done: Option<oneshot::Sender<Result<(), Refused>>>) -> Result<(), Refused> {
        let (count, bytes) = (items.len(), items.iter().map(Vec::len).sum());
        if !self.waiting.take_place(count, bytes) {
            return Err(Refused::Full);
        }
        self.given.send(Given { items: items.into(), done }).map_err(|_| {
            self.waiting.leave(count, bytes);
            Refused::Stopping
        })
    }
}

struct Packer {
    packing: Packing,
    waiting: Arc<Waiting>,
    client: Client,
    subject: String,
    content: Content,
}

impl Packer {
    async fn run(mut self, mut taken: mpsc::UnboundedReceiver<Given>) {
        loop {
            if self.packing.is_empty() {
                let Some(given) = taken.recv().await else { return };
                self.packing.push(given);
            }
            while let Ok(given) = taken.try_recv() {
                self.packing.push(given);
            }
            let items = self.packing.next();
            let outcome = publish(&self.client, &self.subject, wire::join(self.content, &items)).await;
            self.waiting.leave(items.len(), items.iter().map(Vec::len).sum());
            let dropped = self.packing.tell(outcome);
            self.waiting.leave(dropped.len(), dropped.iter().map(Vec::len).sum());
        }
    }
}

/// What waits for one subject, first to last.
#[derive(Debug, Default)]
struct Packing {
    given: VecDeque<Given>,
    /// How many of those given have all their items in the message that is under way.
    whole: usize,
    /// Whether the one after them has some.
    in_part: bool,
}

impl Packing {
    fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    fn push(&mut self, given: Given) {
        self.given.push_back(given);
    }

    /// Takes the items of the next message.
    fn next(&mut self) -> Vec<Vec<u8>> {
        let mut items: Vec<Vec<u8>> = Vec::new();
        let mut bytes = FRAME;
        (self.whole, self.in_part) = (0, false);
        for given in &mut self.given {
            while let Some(item) = given.items.front() {
                if items.len() == ITEMS || (!items.is_empty() && bytes + item.len() + 1 > BYTES) {
                    return items;
                }
                bytes += item.len() + 1;
                items.extend(given.items.pop_front());
                self.in_part = true;
            }
            self.whole += 1;
            self.in_part = false;
        }
        items
    }

    /// Tells those who wait for the message what became of it. Gives what is left of one whose first items were
    /// refused: it is refused as a whole.
    fn tell(&mut self, outcome: Result<(), Refused>) -> VecDeque<Vec<u8>> {
        for given in self.given.drain(..self.whole) {
            if let Some(done) = given.done {
                // Who waited may have gone, as when a provider hangs up.
                let _ = done.send(outcome);
            }
        }
        match outcome {
            Err(refused) if self.in_part => {
                let Some(Given { items, done }) = self.given.pop_front() else { return VecDeque::new() };
                if let Some(done) = done {
                    let _ = done.send(Err(refused));
                }
                items
            }
            _ => VecDeque::new(),
        }
    }
}

/// Publishes a message, and waits until the stream has it.
async fn publish(client: &Client, subject: &str, message: Vec<u8>) -> Result<(), Refused> {
    let message = bytes::Bytes::from(message);
    let give_up = Instant::now() + NO_LEADER;
    loop {
        let request = Request::new().payload(message.clone()).timeout(Some(ACKNOWLEDGED));
        let answer = match client.send_request(subject.to_owned(), request).await {
            Ok(answer) => answer,
            // Nobody took it, or who did is dead: while the stream's servers choose a leader, it comes again. If it was
            // taken after all, its events are known by their ids.
            Err(error)
                if matches!(error.kind(), RequestErrorKind::NoResponders | RequestErrorKind::TimedOut)
                    && Instant::now() < give_up =>
            {
                sleep(AGAIN).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "the stream did not take a message");
                return Err(Refused::NotStored);
            }
        };
        return match serde_json::from_slice(&answer.payload) {
            Ok(Response::<PublishAck>::Ok(_)) => Ok(()),
            Ok(Response::Err { error }) => {
                let full = FULL.contains(&error.error_code());
                tracing::warn!(%error, full, "the stream refused a message");
                Err(if full { Refused::Full } else { Refused::NotStored })
            }
            Err(error) => {
                tracing::warn!(%error, "the stream's answer cannot be read");
                Err(Refused::NotStored)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(packing: &mut Packing, items: &[&[u8]]) -> oneshot::Receiver<Result<(), Refused>> {
        let (done, outcome) = oneshot::channel();
        let items = items.iter().map(|item| item.to_vec()).collect();
        packing.push(Given { items, done: Some(done) });
        outcome
    }

    #[test]
    fn what_waits_is_packed_in_order_and_each_is_told_with_its_last_item() {
        let mut packing = Packing::default();
        let mut first = given(&mut packing, &[b"1", b"2"]);
        let many: Vec<&[u8]> = vec![b"m"; ITEMS];
        let mut second = given(&mut packing, &many);
        let mut third = given(&mut packing, &[b"3"]);
        let message = packing.next();
        assert_eq!(
            (message.len(), &message[0][..], &message[1][..], &message[2][..]),
            (ITEMS, &b"1"[..], &b"2"[..], &b"m"[..])
        );
        assert!(packing.tell(Ok(())).is_empty());
        assert_eq!(first.try_recv(), Ok(Ok(())));
        assert!(second.try_recv().is_err(), "two of its items are not published yet");
        assert_eq!(packing.next(), [b"m", b"m", b"3"]);
        packing.tell(Err(Refused::Full));
        assert_eq!(second.try_recv(), Ok(Err(Refused::Full)));
        assert_eq!(third.try_recv(), Ok(Err(Refused::Full)));
        assert!(packing.is_empty());
    }

    #[test]
    fn a_message_keeps_to_its_bytes_unless_one_item_is_longer() {
        let mut packing = Packing::default();
        let half = vec![b'h'; BYTES / 2];
        let long = vec![b'l'; BYTES + 1];
        let _first = given(&mut packing, &[&half, &half, &long, b"s"]);
        for expected in [vec![half.len()], vec![half.len()], vec![long.len()], vec![1]] {
            let message = packing.next();
            assert_eq!(message.iter().map(Vec::len).collect::<Vec<_>>(), expected);
            assert!(wire::join(Content::Events, &message[..1]).len() <= BYTES.max(message[0].len() + FRAME));
            packing.tell(Ok(()));
        }
        assert!(packing.is_empty());
    }

    #[test]
    fn who_is_refused_in_part_is_refused_as_a_whole() {
        let mut packing = Packing::default();
        let half = vec![b'h'; BYTES / 2];
        let mut first = given(&mut packing, &[&half, &half]);
        let mut second = given(&mut packing, &[b"next"]);
        packing.next();
        assert_eq!(packing.tell(Err(Refused::NotStored)), [half]);
        assert_eq!(first.try_recv(), Ok(Err(Refused::NotStored)));
        assert_eq!(packing.next(), [b"next"]);
        packing.tell(Ok(()));
        assert_eq!(second.try_recv(), Ok(Ok(())));
    }

    #[test]
    fn no_more_waits_than_there_is_room_for() {
        let waiting = Waiting::default();
        assert!(waiting.take_place(WAITING, 1));
        assert!(!waiting.take_place(1, 1), "too many");
        assert_eq!(waiting.items(), WAITING);
        waiting.leave(WAITING, 1);
        assert!(!waiting.take_place(1, WAITING_BYTES + 1), "too long");
        assert!(waiting.take_place(1, WAITING_BYTES));
    }
}
