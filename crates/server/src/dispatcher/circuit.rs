//! Stops calling a system that does not answer, and tries it again after a while.

use jiff::{SignedDuration, Timestamp};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 10;
/// How long it stays open at first; doubled with every failed try, up to the longest.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// What is known of a system that failed lately; one that answers is forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circuit {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    /// Nothing is tried until then.
    until: Timestamp,
    pause: SignedDuration,
    /// Whether a trial is under way: only that can tell that the system is still away.
    on_trial: bool,
}

impl Open {
    fn from(now: Timestamp, pause: SignedDuration) -> Self {
        Self { until: now.saturating_add(pause).unwrap_or(Timestamp::MAX), pause, on_trial: false }
    }
}

impl Circuit {
    /// Says whether the system may be called now. After the pause one call may pass, as a trial: until its
    /// outcome is known, the pause goes on for the others.
    ///
    /// # Errors
    ///
    /// Returns until when it must wait.
    pub fn pass(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        match &mut self.open {
            Some(open) if now < open.until => Err(open.until),
            Some(open) => {
                *open = Open { on_trial: true, ..Open::from(now, open.pause) };
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Returns until when nothing is tried, if nothing is.
    pub fn open_until(&self) -> Option<Timestamp> {
        self.open.map(|open| open.until)
    }

    /// Notes that the system did not answer, or answered that it cannot.
    pub fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let pause = match self.open {
            Some(open) if open.on_trial => LONGEST.min(open.pause.saturating_mul(2)),
            None if self.failures >= FAILURES => FIRST,
            // Too few yet; or it was called before the circuit opened, as many are at a time, and tells nothing new.
            _ => return,
        };
        self.open = Some(Open::from(now, pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_for_longer_each_time() {
        let mut circuit = Circuit::default();
        let start = Timestamp::from_second(1_000).unwrap();
        for _ in 1..FAILURES {
            circuit.failed(start);
        }
        assert_eq!(circuit.pass(start), Ok(()));
        circuit.failed(start);
        assert_eq!(circuit.pass(start), Err(start + FIRST));
        for _ in 0..30 {
            circuit.failed(start);
        }
        assert_eq!(circuit.pass(start), Err(start + FIRST), "those that were under way make it no longer");

        let trial = start + FIRST;
        assert_eq!(circuit.pass(trial), Ok(()), "one trial passes");
        assert!(circuit.pass(trial).is_err(), "the others wait for its outcome");
        circuit.failed(trial);
        assert_eq!(circuit.pass(trial), Err(trial + FIRST * 2), "the pause is longer each time");
    }
}
