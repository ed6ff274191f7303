//! Divides a bounded number of places, so that nobody can keep the others out.
//!
//! Whoever holds places gets more only while at least as many are free as they hold then. Alone they come to half of
//! all; when `n` want whatever they can get, each comes to one part in `n + 1`, and as much stays free for whoever
//! comes next.

use std::collections::HashMap;

/// Places, and who holds how many of them.
#[derive(Debug)]
pub struct Shares {
    all: usize,
    /// The most that one may hold, however many are free.
    each: usize,
    taken: usize,
    held: HashMap<String, usize>,
}

impl Shares {
    /// Makes so many places, all free.
    pub fn new(all: usize) -> Self {
        Self { all, each: all, taken: 0, held: HashMap::new() }
    }

    /// Lets nobody hold more than this.
    #[must_use]
    pub fn at_most(mut self, each: usize) -> Self {
        self.each = each;
        self
    }

    /// Returns how many more places one may take now.
    pub fn room(&self, who: &str) -> usize {
        self.each.min(self.free()).saturating_sub(self.held(who))
    }

    /// Takes places for one; the caller has made sure that there is room.
    pub fn take(&mut self, who: &str, count: usize) {
        self.taken += count;
        if let Some(held) = self.held.get_mut(who) {
            *held += count;
        } else if count > 0 {
            self.held.insert(who.to_owned(), count);
        }
    }

    /// Gives places back that were taken for one.
    pub fn give_back(&mut self, who: &str, count: usize) {
        self.taken = self.taken.saturating_sub(count);
        if let Some(held) = self.held.get_mut(who) {
            *held = held.saturating_sub(count);
            if *held == 0 {
                self.held.remove(who);
            }
        }
    }

    /// Returns how many places one holds.
    pub fn held(&self, who: &str) -> usize {
        self.held.get(who).copied().unwrap_or(0)
    }

    /// Returns which part of the places is taken.
    pub fn fullness(&self) -> f64 {
        self.taken as f64 / self.all.max(1) as f64
    }

    /// Returns how many places are free.
    pub fn free(&self) -> usize {
        self.all.saturating_sub(self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one place after another for each of them in turn, until nobody gets any more.
    fn fill(shares: &mut Shares, greedy: &[String]) {
        while greedy.iter().any(|who| shares.room(who) > 0) {
            for who in greedy {
                let more = shares.room(who).min(1);
                shares.take(who, more);
            }
        }
    }

    #[test]
    fn one_alone_comes_to_half_and_others_still_get_in() {
        let mut shares = Shares::new(100);
        fill(&mut shares, &["greedy".to_owned()]);
        assert_eq!(shares.held("greedy"), 50);
        assert_eq!(shares.room("another"), 50);
    }

    #[test]
    fn many_who_want_all_leave_room_for_the_next() {
        for count in [2, 5, 20] {
            let mut shares = Shares::new(1_000);
            let greedy: Vec<String> = (0..count).map(|n| n.to_string()).collect();
            fill(&mut shares, &greedy);
            let share = 1_000 / (count + 1);
            for who in &greedy {
                assert!(shares.held(who).abs_diff(share) <= 1, "{} of {share}", shares.held(who));
            }
            assert!(shares.room("another") + 1 >= share);
        }
    }

    #[test]
    fn what_is_given_back_is_free_again_and_nobody_is_remembered_for_nothing() {
        let mut shares = Shares::new(10).at_most(3);
        shares.take("a", 3);
        assert_eq!((shares.room("a"), shares.room("b"), shares.free()), (0, 3, 7));
        shares.give_back("a", 3);
        assert_eq!((shares.room("a"), shares.free()), (3, 10));
        assert!(shares.held.is_empty());
    }
}
