//! The time in which nobody was there, and what is owed to those who waited meanwhile.

use std::ops::Range;

/// A pause of all processes that is too short to be given back, in milliseconds; the server says so too.
const SHORT: i64 = 10_000;

/// When nobody of a kind was there, in milliseconds.
#[derive(Debug, Clone)]
pub struct Absences {
    there: usize,
    /// Since when nobody is there, while nobody is.
    since: i64,
    over: Vec<Range<i64>>,
}

impl Absences {
    /// Begins with nobody.
    pub fn new(now: i64) -> Self {
        Self { there: 0, since: now, over: Vec::new() }
    }

    pub fn comes(&mut self, now: i64) {
        if self.there == 0 {
            self.over.push(self.since..now);
        }
        self.there += 1;
    }

    pub fn goes(&mut self, now: i64) {
        self.there -= 1;
        if self.there == 0 {
            self.since = now;
        }
    }

    /// Returns how long nobody was there between two times.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        self.over.iter().map(|gap| (to.min(gap.end) - from.max(gap.start)).max(0)).sum()
    }
}

/// When who was not there.
#[derive(Debug, Clone)]
pub struct Away {
    /// Nobody was up; who opens or stops is.
    pub up: Absences,
    /// Nobody took messages and fired timers; who opens or stops does not.
    pub serving: Absences,
}

impl Away {
    pub fn new(now: i64) -> Self {
        Self { up: Absences::new(now), serving: Absences::new(now) }
    }

    /// Returns when something is due that was to come at `due`, as was said at `set`: time in which nobody was up is given
    /// back to it, if it was to come after that began.
    pub fn due(&self, set: i64, due: i64) -> i64 {
        let long = self.up.over.iter().filter(|gap| gap.start >= set && gap.end - gap.start > SHORT);
        long.fold(due, |due, gap| if gap.start < due { due + gap.end - gap.start } else { due })
    }

    /// Returns how late something is that came at `now` and was due at `due`, where nobody who serves was there to be late.
    pub fn lateness(&self, due: i64, now: i64) -> i64 {
        now - due - self.serving.between(due, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    /// One process, up and serving from the beginning.
    fn one() -> Away {
        let mut away = Away::new(0);
        away.up.comes(0);
        away.serving.comes(0);
        away
    }

    #[test]
    fn time_in_which_the_only_process_stops_is_time_in_which_no_timer_is_late() {
        let mut away = one();
        away.serving.goes(10 * SECOND);
        away.up.goes(50 * SECOND);
        away.up.comes(52 * SECOND);
        away.serving.comes(53 * SECOND);
        assert_eq!(away.lateness(20 * SECOND, 55 * SECOND), 2 * SECOND, "it stopped for 40 s, and opened for 3");
        assert_eq!(away.due(0, 20 * SECOND), 20 * SECOND, "and was up: nothing is given back");
    }

    #[test]
    fn a_timer_is_late_while_anybody_serves() {
        let mut away = one();
        away.serving.comes(5 * SECOND);
        away.serving.goes(10 * SECOND);
        assert_eq!(away.lateness(20 * SECOND, 55 * SECOND), 35 * SECOND);
    }

    #[test]
    fn time_in_which_nobody_was_up_is_given_back_to_what_waited_then() {
        let mut away = one();
        away.up.goes(10 * SECOND);
        away.up.comes(40 * SECOND);
        assert_eq!(away.due(0, 20 * SECOND), 50 * SECOND);
        assert_eq!(away.due(0, 9 * SECOND), 9 * SECOND, "what was due before is only late");
        assert_eq!(away.due(15 * SECOND, 35 * SECOND), 35 * SECOND, "nothing is set while nobody is up");
        away.up.goes(45 * SECOND);
        away.up.comes(55 * SECOND);
        assert_eq!(away.due(0, 20 * SECOND), 50 * SECOND, "a short pause counts");
    }
}
