//! Takes messages from the stream, for as many partitions as others leave, and tells it what became of them.

use std::time::{Duration, Instant};

use async_nats::jetstream::Message;
use async_nats::jetstream::context::Context;
use async_nats::{Client, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::pulls::{Came, EXPIRES, Ended, Pulls, TRIAL};
use super::stream;
use super::worker::Work;
use crate::bus::partition::PARTITIONS;

/// How often lost requests and long work are looked for.
const TICK: Duration = Duration::from_millis(250);
/// How long the stream waits before it gives a message again that was given back, unless Usher stops.
const REST: Duration = Duration::from_secs(1);
/// What a consumer's new leader answers to the requests that the one before held.
const NEW_LEADER: &str = "Leadership Change";

/// A message of a partition, in this process's hand.
#[derive(Debug)]
pub(super) struct Delivery {
    pub payload: Bytes,
    /// How often it was given to somebody, this time included.
    pub delivered: u64,
    pub hold: Hold,
}

/// The hold on a message. When it is dropped without a word, the message is given back.
#[derive(Debug)]
pub(super) struct Hold {
    partition: usize,
    words: mpsc::UnboundedSender<Word>,
    is_done: bool,
}

/// What becomes of a partition's message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    Done(usize),
    Alive(usize),
    Back(usize),
}

impl Hold {
    pub fn new(partition: usize, words: mpsc::UnboundedSender<Word>) -> Self {
        Self { partition, words, is_done: false }
    }

    /// Says that everything in the message is done for good.
    pub fn done(mut self) {
        self.is_done = true;
    }

    /// Says that work on the message goes on.
    pub fn alive(&self) {
        let _ = self.words.send(Word::Alive(self.partition));
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let word = if self.is_done { Word::Done(self.partition) } else { Word::Back(self.partition) };
        // The taker lives as long as something is in hand, unless it was torn down.
        let _ = self.words.send(word);
    }
}

/// What a request says, by itself and in the acknowledgement of the message before.
#[derive(Debug)]
struct Wording {
    ask: Bytes,
    ask_on: Bytes,
}

impl Wording {
    fn of(expires: Duration) -> Self {
        let request = format!(r#"{{"batch":1,"expires":{}}}"#, expires.as_nanos());
        Self { ask_on: Bytes::from(format!("+NXT {request}")), ask: Bytes::from(request) }
    }
}

/// Asks, takes and tells.
#[derive(Debug)]
pub(super) struct Taker {
    client: Client,
    context: Context,
    /// Where messages come to: followed by the partition and the number of the request.
    inbox: String,
    /// Where messages are asked for, by partition.
    ask: Vec<Subject>,
    usual: Wording,
    trial: Wording,
    pulls: Pulls,
    taken: mpsc::UnboundedSender<Work>,
    words: mpsc::UnboundedSender<Word>,
    heard: mpsc::UnboundedReceiver<Word>,
    connected: watch::Receiver<u64>,
    is_stopping: bool,
}

impl Taker {
    pub fn new(
        context: &Context,
        stream: &str,
        connected: watch::Receiver<u64>,
        taken: mpsc::UnboundedSender<Work>,
    ) -> Self {
        let client = context.client();
        let (words, heard) = mpsc::unbounded_channel();
        let ask =
            |partition| Subject::from(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{}", stream::consumer_of(partition)));
        Self {
            inbox: client.new_inbox(),
            ask: (0..PARTITIONS).map(ask).collect(),
            usual: Wording::of(EXPIRES),
            trial: Wording::of(TRIAL),
            context: context.clone(),
            client,
            pulls: Pulls::new(),
            taken,
            words,
            heard,
            connected,
            is_stopping: false,
        }
    }

    /// Takes until it is told to stop and has told the fate of everything it took.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut messages = match self.client.subscribe(format!("{}.*.*", self.inbox)).await {
            Ok(messages) => messages,
            Err(error) => return tracing::error!(%error, "cannot take messages from the stream"),
        };
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_drained = false;
        while !(is_drained && self.pulls.is_empty_handed()) {
            tokio::select! {
                message = messages.next(), if !is_drained => match message {
                    Some(message) => self.take(message).await,
                    None => is_drained = true,
                },
                Some(word) = self.heard.recv() => self.hear(word).await,
                _ = ticks.tick() => self.look_after().await,
                Ok(()) = self.connected.changed() => {
                    self.pulls.reconnected();
                    self.look_after().await;
                }
                () = told(&mut stop), if !self.is_stopping => {
                    self.is_stopping = true;
                    is_drained = !drain(&mut messages).await;
                }
            }
        }
        // What became of the last messages leaves before the connection goes.
        let _ = self.client.flush().await;
    }

    async fn take(&mut self, message: async_nats::Message) {
        let now = Instant::now();
        let Some(reply) = message.reply.clone() else { return self.ended(&message).await };
        let message = Message { message, context: self.context.clone() };
        let partition = last_number(&message.subject).filter(|partition| *partition < PARTITIONS);
        let (Ok(info), Some(partition)) = (message.info(), partition) else {
            return tracing::error!(subject = %message.subject, "a message came that nobody asked for");
        };
        match self.pulls.came(partition, info.stream_sequence, reply.clone(), now) {
            Came::Known => {}
            Came::GiveBack => self.tell(reply, Bytes::from_static(b"-NAK")).await,
            Came::Handle => {
                let delivered = u64::try_from(info.delivered).unwrap_or(1);
                let hold = Hold::new(partition, self.words.clone());
                // A worker that is gone drops it, and with it the hold: it is given back.
                let delivery = Delivery { payload: message.message.payload, delivered, hold };
                let _ = self.taken.send(Work::Delivery(delivery));
            }
        }
    }

    /// Notes that a request ended without a message. One that expired is made again at once, others with the next tick.
    async fn ended(&mut self, message: &async_nats::Message) {
        let Some((rest, request)) = message.subject.rsplit_once('.') else { return };
        let (Some(partition), Ok(request)) = (last_number(rest), request.parse()) else { return };
        let why = match message.status {
            Some(StatusCode::TIMEOUT) => Ended::Expired,
            _ if message.description.as_deref() == Some(NEW_LEADER) => Ended::NewLeader,
            _ => Ended::Refused,
        };
        if self.pulls.ended(partition, request, why, Instant::now()) && !self.is_stopping {
            self.ask(partition).await;
        }
    }

    async fn hear(&mut self, word: Word) {
        match word {
            Word::Alive(partition) => self.pulls.alive(partition, Instant::now()),
            Word::Done(partition) => {
                let Some(reply) = self.pulls.let_go(partition) else { return };
                if self.is_stopping {
                    return self.tell(reply, Bytes::from_static(b"+ACK")).await;
                }
                let (inbox, wording) = self.note_request(partition);
                // The acknowledgement asks for the next message: one message out for one message in.
                let request = wording.ask_on.clone();
                let _ = self.client.publish_with_reply(reply, inbox, request).await;
            }
            Word::Back(partition) => {
                let Some(reply) = self.pulls.let_go(partition) else { return };
                let rest = if self.is_stopping { Duration::ZERO } else { REST };
                self.tell(reply, Bytes::from(format!(r#"-NAK {{"delay":{}}}"#, rest.as_nanos()))).await;
            }
        }
    }

    /// Asks where nothing was asked for, and tells of long work.
    async fn look_after(&mut self) {
        // What is told to a connection that is broken would only pile up.
        if self.client.connection_state() != async_nats::connection::State::Connected {
            return;
        }
        let now = Instant::now();
        for reply in self.pulls.in_progress(now) {
            self.tell(reply, Bytes::from_static(b"+WPI")).await;
        }
        if self.is_stopping {
            return;
        }
        for partition in self.pulls.to_ask(now) {
            self.ask(partition).await;
        }
    }

    async fn ask(&mut self, partition: usize) {
        let (inbox, wording) = self.note_request(partition);
        let request = wording.ask.clone();
        let _ = self.client.publish_with_reply(self.ask[partition].clone(), inbox, request).await;
    }

    /// Notes a request; gives where it is answered and what it says.
    fn note_request(&mut self, partition: usize) -> (String, &Wording) {
        let request = self.pulls.ask(partition, Instant::now());
        let inbox = format!("{}.{partition}.{}", self.inbox, request.number);
        (inbox, if request.is_trial { &self.trial } else { &self.usual })
    }

    async fn tell(&self, reply: Subject, word: Bytes) {
        // It fails when the client is closed; then the stream gives the message to others in a while.
        let _ = self.client.publish(reply, word).await;
    }
}

/// Asks for no more, and lets come what is on its way; says whether anything can come.
async fn drain(messages: &mut Subscriber) -> bool {
    messages.drain().await.is_ok()
}

/// Waits until this process stops.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone without a word tells the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn last_number(subject: &str) -> Option<usize> {
    subject.rsplit('.').next()?.parse().ok()
}
