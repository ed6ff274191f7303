//! The mean of what was measured twice: of rates, times and shares. What counts something is added up, and of what is the
//! most that ever was, the most is kept.

use crate::disk::Disk;
use crate::results::{Checks, Cpu, Figures, Phase, Spread, Stored, rounded};

fn mean(one: f64, other: f64) -> f64 {
    rounded(f64::midpoint(one, other))
}

impl Figures {
    pub fn mean(self, other: Self) -> Self {
        Self {
            busy: self.busy.mean(&other.busy),
            steady: self.steady.mean(&other.steady),
            cpu: self.cpu.mean(&other.cpu),
            idle_mib: mean(self.idle_mib, other.idle_mib),
            peak_mib: self.peak_mib.max(other.peak_mib),
            ready_ms: mean(self.ready_ms, other.ready_ms),
            checks: self.checks.and(other.checks),
            disk_beside: match (self.disk_beside, other.disk_beside) {
                (Some(one), Some(other)) => Some(one.mean(&other)),
                (one, other) => one.or(other),
            },
            ..self
        }
    }
}

impl Stored {
    pub fn mean(self, other: Self) -> Self {
        Self {
            busy: self.busy.mean(&other.busy),
            cpu: self.cpu.mean(&other.cpu),
            peak_mib: self.peak_mib.max(other.peak_mib),
            ready_ms: mean(self.ready_ms, other.ready_ms),
            checks: self.checks.and(other.checks),
            ..self
        }
    }
}

impl Phase {
    fn mean(&self, other: &Self) -> Self {
        Self {
            seconds: rounded(self.seconds + other.seconds),
            conversations: self.conversations + other.conversations,
            per_second: mean(self.per_second, other.per_second),
            to_send: self.to_send.mean(other.to_send),
            to_acknowledge: self.to_acknowledge.mean(other.to_acknowledge),
        }
    }
}

impl Spread {
    fn mean(self, other: Self) -> Self {
        Self { p50: mean(self.p50, other.p50), p99: mean(self.p99, other.p99) }
    }
}

impl Cpu {
    fn mean(&self, other: &Self) -> Self {
        let beside =
            self.beside.iter().filter_map(|(name, one)| Some((name.clone(), mean(*one, *other.beside.get(name)?))));
        Self { server: mean(self.server, other.server), beside: beside.collect() }
    }
}

impl Disk {
    fn mean(self, other: &Self) -> Self {
        Self { flushes: self.flushes + other.flushes, time: self.time.mean(other.time), ..self }
    }
}

impl Checks {
    fn and(self, other: Self) -> Self {
        Self {
            answers: self.answers + other.answers,
            wrong: self.wrong + other.wrong,
            unexpected: self.unexpected + other.unexpected,
            refused: self.refused + other.refused,
            failures: [self.failures, other.failures].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_twice_counts_once_and_no_fault_is_lost() {
        let measured = |per_second, cpu, peak_mib, wrong| Figures {
            busy: Phase { conversations: 10, per_second, ..Phase::default() },
            cpu: Cpu { server: cpu, beside: [("NATS".to_owned(), cpu)].into() },
            peak_mib,
            checks: Checks { answers: 20, wrong, ..Checks::default() },
            ..Figures::default()
        };
        let mean = measured(100.0, 0.5, 90.0, 0).mean(measured(200.0, 0.3, 80.0, 1));
        assert_eq!(mean.busy, Phase { conversations: 20, per_second: 150.0, ..Phase::default() });
        assert_eq!((mean.cpu.server, mean.cpu.beside["NATS"], mean.peak_mib), (0.4, 0.4, 90.0));
        assert_eq!((mean.checks.answers, mean.checks.wrong), (40, 1));
    }
}
