//! What this process has asked the stream for, and what it has in hand, partition by partition.
//!
//! A partition has either one pull request, for one message, or one message in hand. So a process that is cut off holds up
//! a partition once: by what it had in hand, or by what is still sent to it; never by both.
//!
//! A request to a consumer that has no leader gets no answer of any kind, nor does one that a dead leader held. So only
//! where the stream has just answered is a request a long one; elsewhere it is a trial, which soon shows whether
//! somebody is there. While servers choose a leader, trials follow each other until one is answered.

use std::time::{Duration, Instant};

use async_nats::Subject;

use super::stream::ACK_WAIT;
use crate::bus::partition::PARTITIONS;

/// How long the stream keeps a pull request, and a trial.
pub(super) const EXPIRES: Duration = Duration::from_secs(4);
pub(super) const TRIAL: Duration = Duration::from_millis(250);
/// How much later a request counts as lost, when the stream does not say that it expired.
const GRACE: Duration = Duration::from_millis(500);
/// How long an answer tells that somebody is there; servers take longer to notice that a leader is dead.
const FRESH: Duration = Duration::from_secs(1);
/// How often the stream is told that work on a message goes on.
const PROGRESS: Duration = Duration::from_secs(2);
/// After how long without a sign of life somebody else may have the message.
const STUCK: Duration = Duration::from_secs(30);

const _: () = assert!(PROGRESS.as_millis() * 2 < ACK_WAIT.as_millis());

/// The pull requests and the messages in hand.
#[derive(Debug)]
pub(super) struct Pulls(Vec<Partition>);

#[derive(Debug)]
struct Partition {
    state: State,
    /// Numbers the requests, so that word of an old one is known.
    request: u32,
    /// When the stream last gave a message or let a request expire, over this connection.
    answered: Option<Instant>,
}

/// A pull request that is to be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub number: u32,
    pub is_trial: bool,
}

/// Why a request ended without a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its time is over: it was kept until then.
    Expired,
    /// The partition's consumer has another leader, which knows nothing of any request before.
    NewLeader,
    /// It was not kept.
    Refused,
}

#[derive(Debug)]
enum State {
    Idle,
    Asked { lost_at: Instant },
    InHand(InHand),
}

/// A message in hand.
#[derive(Debug)]
struct InHand {
    sequence: u64,
    /// Where its fate is told.
    reply: Subject,
    /// When the stream was last told of it, and when somebody last said that work goes on.
    told: Instant,
    alive: Instant,
}

/// What to do with a message that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Handle it.
    Handle,
    /// Nothing: it is in hand already.
    Known,
    /// Give it back: another of its partition is in hand.
    GiveBack,
}

impl Pulls {
    pub fn new() -> Self {
        Self((0..PARTITIONS).map(|_| Partition { state: State::Idle, request: 0, answered: None }).collect())
    }

    /// Notes that a message is asked for; gives the request.
    pub fn ask(&mut self, partition: usize, now: Instant) -> Request {
        let partition = &mut self.0[partition];
        let is_trial = partition.answered.is_none_or(|answered| now.duration_since(answered) >= FRESH);
        let expires = if is_trial { TRIAL } else { EXPIRES };
        partition.state = State::Asked { lost_at: now + expires + GRACE };
        partition.request = partition.request.wrapping_add(1);
        Request { number: partition.request, is_trial }
    }

    /// Notes that a request ended without a message; says whether the next is to be made at once. Word of an old request
    /// ends the present one if that is lost too.
    pub fn ended(&mut self, partition: usize, request: u32, why: Ended, now: Instant) -> bool {
        let Some(partition) = self.0.get_mut(partition) else { return false };
        if why == Ended::Expired {
            partition.answered = Some(now);
        }
        let is_present = partition.request == request || why == Ended::NewLeader;
        if !is_present || !matches!(partition.state, State::Asked { .. }) {
            return false;
        }
        partition.state = State::Idle;
        why == Ended::Expired
    }

    /// Notes that a message came.
    pub fn came(&mut self, partition: usize, sequence: u64, reply: Subject, now: Instant) -> Came {
        let partition = &mut self.0[partition];
        partition.answered = Some(now);
        match &partition.state {
            State::InHand(in_hand) if in_hand.sequence == sequence => Came::Known,
            State::InHand(_) => Came::GiveBack,
            State::Idle | State::Asked { .. } => {
                partition.state = State::InHand(InHand { sequence, reply, told: now, alive: now });
                Came::Handle
            }
        }
    }

    /// Notes that work on a message goes on.
    pub fn alive(&mut self, partition: usize, now: Instant) {
        if let State::InHand(in_hand) = &mut self.0[partition].state {
            in_hand.alive = now;
        }
    }

    /// Lets go of what is in hand; gives where its fate is to be told.
    pub fn let_go(&mut self, partition: usize) -> Option<Subject> {
        let partition = &mut self.0[partition];
        match std::mem::replace(&mut partition.state, State::Idle) {
            State::InHand(in_hand) => Some(in_hand.reply),
            other => {
                partition.state = other;
                None
            }
        }
    }

    /// Returns the partitions for which a message should be asked for: nothing of them is in hand, and no request is
    /// under way that can still be answered.
    pub fn to_ask(&self, now: Instant) -> Vec<usize> {
        self.partitions(|state| match state {
            State::Idle => true,
            State::Asked { lost_at } => now >= *lost_at,
            State::InHand(_) => false,
        })
    }

    /// Forgets what was asked for and answered: the connection over which it was is gone, maybe with its server.
    pub fn reconnected(&mut self) {
        for partition in &mut self.0 {
            partition.answered = None;
            if matches!(partition.state, State::Asked { .. }) {
                partition.state = State::Idle;
            }
        }
    }

    /// Returns where to tell that work goes on, so that the messages are not given to others.
    pub fn in_progress(&mut self, now: Instant) -> Vec<Subject> {
        let mut replies = Vec::new();
        for partition in &mut self.0 {
            if let State::InHand(in_hand) = &mut partition.state
                && now.duration_since(in_hand.told) >= PROGRESS
                && now.duration_since(in_hand.alive) < STUCK
            {
                in_hand.told = now;
                replies.push(in_hand.reply.clone());
            }
        }
        replies
    }

    /// Says whether nothing is in hand.
    pub fn is_empty_handed(&self) -> bool {
        self.partitions(|state| matches!(state, State::InHand(_))).is_empty()
    }

    fn partitions(&self, of: impl Fn(&State) -> bool) -> Vec<usize> {
        self.0.iter().enumerate().filter(|(_, partition)| of(&partition.state)).map(|(place, _)| place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(name: &'static str) -> Subject {
        Subject::from_static(name)
    }

    #[test]
    fn a_partition_has_a_request_or_a_message_never_both() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        assert_eq!(pulls.to_ask(now).len(), PARTITIONS);
        for partition in pulls.to_ask(now) {
            assert_eq!(pulls.ask(partition, now).number, 1);
        }
        assert!(pulls.to_ask(now).is_empty());
        assert_eq!(pulls.came(7, 100, reply("a"), now), Came::Handle);
        assert!(!pulls.is_empty_handed());
        assert!(!pulls.to_ask(now + EXPIRES * 2).contains(&7));
        assert_eq!(pulls.let_go(7), Some(reply("a")));
        assert_eq!(pulls.let_go(7), None, "once");
        assert_eq!(pulls.to_ask(now), [7]);
        assert!(pulls.is_empty_handed());
    }

    #[test]
    fn a_request_that_ended_or_got_lost_is_made_again() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        let (first, second) = (pulls.ask(3, now).number, pulls.ask(3, now).number);
        assert!(!pulls.ended(3, first, Ended::Expired, now), "word of an old request ends no other");
        assert!(!pulls.to_ask(now).contains(&3));
        assert!(pulls.ended(3, second, Ended::Expired, now));
        assert!(!pulls.ended(3, second, Ended::Expired, now), "once");
        assert!(!pulls.ended(PARTITIONS, 1, Ended::Expired, now), "nor does word of what there is not");
        let third = pulls.ask(3, now).number;
        assert!(!pulls.to_ask(now + EXPIRES).contains(&3));
        assert!(pulls.to_ask(now + EXPIRES + GRACE).contains(&3));
        assert!(!pulls.ended(3, third, Ended::Refused, now), "not at once");
        assert!(pulls.to_ask(now).contains(&3));
        pulls.ask(3, now);
        pulls.reconnected();
        assert!(pulls.to_ask(now).contains(&3));
    }

    #[test]
    fn a_request_is_long_only_where_the_stream_has_just_answered() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        let first = pulls.ask(3, now);
        assert!(first.is_trial, "nothing was heard yet");
        assert!(pulls.to_ask(now + TRIAL + GRACE).contains(&3), "nobody was there");
        assert!(pulls.ask(3, now).is_trial);
        pulls.ended(3, first.number, Ended::Expired, now);
        assert!(!pulls.ask(3, now).is_trial, "an answer that is late is one");
        let lost = now + EXPIRES + GRACE;
        assert!(pulls.ask(3, lost).is_trial);
        pulls.came(3, 1, reply("a"), lost);
        pulls.let_go(3);
        assert!(!pulls.ask(3, lost + FRESH / 2).is_trial);
        assert!(pulls.ask(3, lost + FRESH).is_trial, "it took long to handle");
        pulls.came(3, 2, reply("b"), lost);
        pulls.reconnected();
        pulls.let_go(3);
        assert!(pulls.ask(3, lost).is_trial, "another server answers from now on");
    }

    #[test]
    fn word_of_a_new_leader_ends_whatever_request_there_is() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        let old = pulls.ask(3, now).number;
        pulls.ask(3, now);
        assert!(!pulls.ended(3, old, Ended::NewLeader, now), "not at once: each old request brings such word");
        assert!(pulls.to_ask(now).contains(&3));
        assert!(pulls.ask(3, now).is_trial, "it has not answered yet");
        pulls.came(3, 5, reply("a"), now);
        pulls.ended(3, old, Ended::NewLeader, now);
        assert!(!pulls.to_ask(now).contains(&3), "what is in hand stays there");
    }

    #[test]
    fn what_comes_again_while_it_is_in_hand_is_known() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        pulls.ask(0, now);
        assert_eq!(pulls.came(0, 5, reply("a"), now), Came::Handle);
        assert_eq!(pulls.came(0, 5, reply("b"), now), Came::Known);
        assert_eq!(pulls.came(0, 6, reply("c"), now), Came::GiveBack);
    }

    #[test]
    fn the_stream_hears_of_what_is_in_hand_until_nobody_works_on_it() {
        let (mut pulls, now) = (Pulls::new(), Instant::now());
        pulls.came(0, 5, reply("a"), now);
        assert!(pulls.in_progress(now + PROGRESS / 2).is_empty());
        assert_eq!(pulls.in_progress(now + PROGRESS), [reply("a")]);
        assert!(pulls.in_progress(now + PROGRESS).is_empty(), "told already");
        pulls.alive(0, now + STUCK);
        assert_eq!(pulls.in_progress(now + STUCK), [reply("a")]);
        assert!(pulls.in_progress(now + STUCK * 2).is_empty(), "stuck");
    }
}
