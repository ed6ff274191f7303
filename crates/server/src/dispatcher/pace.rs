//! The pace and the health of what effects go to: rates of channels and pairs, what a provider asked to wait for, and
//! circuits of those that do not answer.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use usher_connect::channels::{Scope, SendOutcome};
use usher_engine::event::{Answer, CallFailure};

use super::circuit::Circuit;
use super::rate::{Bucket, Rate};
use crate::runner::configuration::ChannelSetup;

/// How many paces are remembered before those that mean nothing any more are forgotten.
const RATES: usize = 10_000;

/// What is known of the pace and health of channels and systems.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// By channel, and by address.
    rates: HashMap<String, Bucket>,
    /// By channel: nothing is sent before.
    holds: HashMap<String, Timestamp>,
    circuits: HashMap<String, Circuit>,
    /// By system: nothing that waits for it in the store is taken before.
    rests: HashMap<String, Timestamp>,
}

impl Pace {
    /// Returns how long nothing may be sent to a channel; nought if something may.
    pub(super) fn closed_for(&self, setup: &ChannelSetup, now: Timestamp) -> SignedDuration {
        let held = self.holds.get(&setup.id).map_or(now, |until| *until);
        let open = self.circuits.get(&setup.id).and_then(Circuit::open_until).unwrap_or(now);
        held.max(open).duration_since(now).max(SignedDuration::ZERO)
    }

    /// Takes the next time at which a message may leave for the customer of a lane, and returns how long until then.
    ///
    /// # Errors
    ///
    /// It is longer than `most`; nothing was taken.
    pub(super) fn reserve(
        &mut self,
        setup: &ChannelSetup,
        lane: &str,
        now: Timestamp,
        most: SignedDuration,
    ) -> Result<SignedDuration, Late> {
        let mut wait = SignedDuration::ZERO;
        if let Some(pair) = setup.pair {
            wait = self.bucket(lane).reserve(pair, now, most).map_err(Late::OfPair)?;
        }
        if let Some(number) = setup.number {
            match self.bucket(&setup.id).reserve(number, now, most) {
                Ok(longer) => wait = wait.max(longer),
                Err(late) => {
                    if let Some(pair) = setup.pair {
                        self.bucket(lane).give_back(pair);
                    }
                    return Err(Late::OfChannel(late));
                }
            }
        }
        Ok(wait)
    }

    /// Says whether a message may leave now; after a pause one may, as a trial.
    ///
    /// # Errors
    ///
    /// Returns how long it must wait.
    pub(super) fn pass(&mut self, setup: &ChannelSetup, now: Timestamp) -> Result<(), SignedDuration> {
        if let Some(until) = self.holds.get(&setup.id).filter(|until| **until > now) {
            return Err(until.duration_since(now));
        }
        match self.circuits.get_mut(&setup.id) {
            Some(circuit) => circuit.pass(now).map_err(|until| until.duration_since(now)),
            None => Ok(()),
        }
    }

    /// Says whether a system may be called now; after a pause one call may, as a trial.
    ///
    /// # Errors
    ///
    /// Returns until when it is not called.
    pub(super) fn may_call(&mut self, system: &str, now: Timestamp) -> Result<(), Timestamp> {
        self.circuits.get_mut(system).map_or(Ok(()), |circuit| circuit.pass(now))
    }

    /// Learns what came of a send.
    pub(super) fn sent(&mut self, setup: &ChannelSetup, outcome: &SendOutcome, now: Timestamp) {
        match outcome {
            SendOutcome::Blocked { .. }
            | SendOutcome::Unknown { .. }
            | SendOutcome::Retry { scope: Scope::Transient | Scope::Number, .. } => {
                self.circuits.entry(setup.id.clone()).or_default().failed(now);
            }
            _ => {
                self.circuits.remove(&setup.id);
            }
        }
    }

    /// Learns what came of a call.
    pub(super) fn called(&mut self, system: &str, answer: &Answer, now: Timestamp) {
        match answer {
            Answer::Failed { kind: CallFailure::Timeout | CallFailure::Unreachable, .. } => {
                self.circuits.entry(system.to_owned()).or_default().failed(now);
            }
            Answer::Responded { .. } | Answer::Failed { .. } => {
                self.circuits.remove(system);
            }
        }
    }

    /// Keeps the others back whom the provider's limit concerns too.
    pub(super) fn hold(
        &mut self,
        setup: &ChannelSetup,
        lane: &str,
        scope: Scope,
        wait: SignedDuration,
        now: Timestamp,
    ) {
        match scope {
            Scope::Number | Scope::Account => {
                let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                let hold = self.holds.entry(setup.id.clone()).or_insert(until);
                *hold = until.max(*hold);
            }
            Scope::Pair => {
                if let Some(pair) = setup.pair {
                    self.bucket(lane).drain(Rate { burst: 1, ..pair }, now);
                }
            }
            Scope::Transient => {}
        }
    }

    /// Leaves what waits for a system in the store for a while.
    pub(super) fn rest(&mut self, system: &str, wait: SignedDuration, now: Timestamp) {
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        self.rests.insert(system.to_owned(), until);
    }

    /// Says whether what waits for a system in the store is left there for now.
    pub(super) fn rests(&self, system: &str, now: Timestamp) -> bool {
        self.rests.get(system).is_some_and(|until| *until > now)
    }

    /// Forgets what means nothing any more.
    pub(super) fn tidy(&mut self, now: Timestamp) {
        if self.rates.len() > RATES {
            self.rates.retain(|_, bucket| !bucket.is_full(now));
        }
        self.holds.retain(|_, until| *until > now);
        self.rests.retain(|_, until| *until > now);
    }

    fn bucket(&mut self, of: &str) -> &mut Bucket {
        if !self.rates.contains_key(of) {
            self.rates.insert(of.to_owned(), Bucket::default());
        }
        self.rates.entry(of.to_owned()).or_default()
    }
}

/// A time to leave that is too far off, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// By the pace of the one customer.
    OfPair(SignedDuration),
    /// By that of the channel, for everybody.
    OfChannel(SignedDuration),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: CallFailure) -> Answer {
        Answer::Failed { kind, message: String::new() }
    }

    #[test]
    fn a_refused_call_does_not_keep_the_circuit_open() {
        let (mut pace, now) = (Pace::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..10 {
            pace.called("api", &failed(CallFailure::Timeout), now);
        }
        let until = pace.may_call("api", now).unwrap_err();
        assert_eq!(pace.may_call("api", until), Ok(()), "the trial");
        pace.called("api", &failed(CallFailure::NotConfigured), until);
        for _ in 0..3 {
            assert_eq!(pace.may_call("api", until), Ok(()), "nothing is known against it any more");
        }
    }

    #[test]
    fn a_system_rests_for_as_long_as_it_was_said_and_is_forgotten_then() {
        let (mut pace, now) = (Pace::default(), Timestamp::UNIX_EPOCH);
        let second = SignedDuration::from_secs(1);
        pace.rest("w/channel", second * 5, now);
        assert!(pace.rests("w/channel", now + second * 4) && !pace.rests("w/channel", now + second * 5));
        pace.tidy(now + second * 5);
        assert!(pace.rests.is_empty());
    }
}
