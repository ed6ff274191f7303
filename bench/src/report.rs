//! What was measured, side by side.

use std::fmt;

use crate::conversation::TURNS;
use crate::load::{Outcome, percentile};

/// The figures of one server.
#[derive(Debug)]
pub struct Figures {
    pub name: &'static str,
    /// As many conversations as it can.
    pub busy: Outcome,
    /// CPU time that the server used for them.
    pub cpu_seconds: f64,
    /// A part of that rate, at which an answer does not wait for others.
    pub steady: Outcome,
    pub steady_pace: f64,
    pub resident_idle: f64,
    pub resident_busy: f64,
    /// Sessions left at rest, and the memory with them.
    pub at_rest: Option<(Outcome, f64)>,
    /// Start to ready: with an empty folder, and with all of this in it.
    pub ready_fresh: f64,
    pub ready_full: f64,
    /// What came to the stand-ins for nobody, and what they refused.
    pub unexpected: u64,
    pub refused: u64,
}

impl Figures {
    fn turns_per_second(&self) -> f64 {
        self.busy.conversations_per_second() * f64::from(TURNS)
    }

    fn cpu_per_thousand_turns(&self) -> f64 {
        self.cpu_seconds * 1_000.0 / f64::from(self.busy.conversations * TURNS)
    }

    fn parts(&self) -> impl Iterator<Item = &Outcome> {
        [&self.busy, &self.steady].into_iter().chain(self.at_rest.as_ref().map(|(outcome, _)| outcome))
    }

    /// Whether every answer was right, and nothing came that nobody waited for.
    pub fn is_right(&self) -> bool {
        self.parts().all(|part| part.failed == 0) && self.unexpected == 0 && self.refused == 0
    }
}

/// All servers of one run; the floor first.
#[derive(Debug)]
pub struct Report(pub Vec<Figures>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(all) = self;
        write!(f, "{:44}", "")?;
        for figures in all {
            write!(f, "{:>14}", figures.name)?;
        }
        writeln!(f)?;
        let mut line = |label: &str, value: &dyn Fn(&Figures) -> String| {
            write!(f, "{label:44}")?;
            for figures in all {
                write!(f, "{:>14}", value(figures))?;
            }
            writeln!(f)
        };
        let milliseconds = |values: &[u32], share| format!("{:.2}", f64::from(percentile(values, share)) / 1_000.0);

        line("conversations per second", &|it| format!("{:.0}", it.busy.conversations_per_second()))?;
        line("turns per second", &|it| format!("{:.0}", it.turns_per_second()))?;
        line("  as a share of the floor's", &|it| {
            let floor = all.iter().find(|other| other.name == "floor");
            floor.map_or("-".to_owned(), |floor| format!("{:.2}", it.turns_per_second() / floor.turns_per_second()))
        })?;
        line("CPU seconds per 1000 turns", &|it| format!("{:.3}", it.cpu_per_thousand_turns()))?;
        line("message to send, busy, p50 (ms)", &|it| milliseconds(&it.busy.to_send, 0.50))?;
        line("message to send, busy, p99 (ms)", &|it| milliseconds(&it.busy.to_send, 0.99))?;
        line("steady load (conversations per second)", &|it| format!("{:.0}", it.steady_pace))?;
        line("message to send, steady, p50 (ms)", &|it| milliseconds(&it.steady.to_send, 0.50))?;
        line("message to send, steady, p99 (ms)", &|it| milliseconds(&it.steady.to_send, 0.99))?;
        line("message to acknowledgement, steady, p50 (ms)", &|it| milliseconds(&it.steady.to_acknowledge, 0.50))?;
        line("message to acknowledgement, steady, p99 (ms)", &|it| milliseconds(&it.steady.to_acknowledge, 0.99))?;
        line("resident memory, idle (MiB)", &|it| format!("{:.0}", it.resident_idle))?;
        line("resident memory, after the busy part (MiB)", &|it| format!("{:.0}", it.resident_busy))?;
        line("resident memory, sessions at rest (MiB)", &|it| {
            it.at_rest.as_ref().map_or("-".to_owned(), |(_, resident)| format!("{resident:.0}"))
        })?;
        line("  sessions at rest", &|it| {
            it.at_rest.as_ref().map_or("-".to_owned(), |(rest, _)| rest.conversations.to_string())
        })?;
        line("start to ready, empty folder (ms)", &|it| format!("{:.0}", it.ready_fresh))?;
        line("start to ready, full folder (ms)", &|it| format!("{:.0}", it.ready_full))?;
        line("answers checked", &|it| it.parts().map(|part| part.answers).sum::<u32>().to_string())?;
        line("conversations that went wrong", &|it| it.parts().map(|part| part.failed).sum::<u32>().to_string())?;
        line("sends that nobody waited for", &|it| it.unexpected.to_string())?;
        line("requests that the stand-ins refused", &|it| it.refused.to_string())?;
        for figures in all {
            for failure in figures.parts().flat_map(|part| &part.failures) {
                writeln!(f, "{}: {failure}", figures.name)?;
            }
        }
        Ok(())
    }
}
