//! The times without delivery of one destination. A trace can tell of a million, so of very many the first and the last
//! are kept, and how many lie between.

use std::collections::VecDeque;

use chrono::NaiveDateTime;

/// So many of the first and so many of the last are kept.
pub const KEPT: usize = 1000;

/// A time without delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The first failure.
    pub from: NaiveDateTime,
    /// The last failure.
    pub until: NaiveDateTime,
    /// The success that ended it.
    pub ended: Option<NaiveDateTime>,
    /// Failed deliveries.
    pub failures: u64,
}

impl Outage {
    fn is_ongoing(&self) -> bool {
        self.ended.is_none()
    }
}

/// Outages in the order in which they began.
#[derive(Debug, Clone, Default)]
pub struct Outages {
    first: Vec<Outage>,
    last: VecDeque<Outage>,
    left_out: u64,
}

impl Outages {
    /// Whether one is ongoing.
    pub fn any_ongoing(&self) -> bool {
        self.iter().any(Outage::is_ongoing)
    }

    /// How many are between those that are kept.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Those that are kept.
    pub fn iter(&self) -> impl Iterator<Item = &Outage> {
        self.first.iter().chain(&self.last)
    }

    /// The first.
    pub fn first(&self) -> Option<&Outage> {
        self.first.first()
    }

    /// The only one.
    pub fn only(&self) -> Option<&Outage> {
        self.first().filter(|_| self.first.len() == 1)
    }

    /// The ongoing one, or a new one that begins at this time.
    pub fn ongoing_at(&mut self, time: NaiveDateTime) -> &mut Outage {
        if self.ongoing().is_none() {
            self.push(Outage { from: time, until: time, ended: None, failures: 0 });
        }
        let (first, last) = (self.first.len(), self.last.len());
        if last > 0 { &mut self.last[last - 1] } else { &mut self.first[first - 1] }
    }

    fn ongoing(&mut self) -> Option<&mut Outage> {
        self.last.back_mut().or_else(|| self.first.last_mut()).filter(|outage| outage.is_ongoing())
    }

    fn push(&mut self, outage: Outage) {
        if self.first.len() < KEPT {
            return self.first.push(outage);
        }
        self.last.push_back(outage);
        if self.last.len() > KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
    }

    /// Adds those of another node.
    pub fn add(&mut self, other: Self) {
        let left_out = self.left_out + other.left_out;
        let mut all: Vec<Outage> = std::mem::take(self).into_kept().chain(other.into_kept()).collect();
        all.sort_by_key(|outage| outage.from);
        for outage in all {
            self.push(outage);
        }
        self.left_out += left_out;
    }

    fn into_kept(self) -> impl Iterator<Item = Outage> {
        self.first.into_iter().chain(self.last)
    }

    /// Ends the ongoing one.
    pub fn end(&mut self, time: NaiveDateTime) {
        if let Some(outage) = self.ongoing() {
            outage.ended = Some(time);
        }
    }

    /// Ends all that are ongoing, or none.
    pub fn end_all(&mut self, time: Option<NaiveDateTime>) {
        let all = self.first.iter_mut().chain(&mut self.last);
        all.filter(|outage| outage.is_ongoing()).for_each(|outage| outage.ended = time);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(second: usize) -> NaiveDateTime {
        DateTime::from_timestamp(i64::try_from(second).unwrap(), 0).unwrap().naive_utc()
    }

    fn outages(seconds: impl IntoIterator<Item = usize>) -> Outages {
        let mut outages = Outages::default();
        for second in seconds {
            outages.ongoing_at(at(second)).failures += 1;
            outages.end(at(second));
        }
        outages
    }

    #[test]
    fn of_very_many_the_first_and_the_last_are_kept() {
        let mut outages = outages(0..5 * KEPT);
        outages.ongoing_at(at(9 * KEPT)).failures += 1;
        let begun: Vec<_> = outages.iter().map(|outage| outage.from).collect();
        assert_eq!(begun.len() as u64 + outages.left_out(), 5 * KEPT as u64 + 1);
        assert_eq!((begun[0], begun[KEPT - 1], begun[KEPT]), (at(0), at(KEPT - 1), at(4 * KEPT + 1)));
        assert_eq!(begun.last(), Some(&at(9 * KEPT)));
        assert!(outages.any_ongoing() && outages.only().is_none());
    }

    #[test]
    fn those_of_two_nodes_are_put_in_order_and_none_is_lost_count_of() {
        let mut all = outages((0..3 * KEPT).map(|second| 2 * second));
        all.add(outages((0..3 * KEPT).map(|second| 2 * second + 1)));
        let begun: Vec<_> = all.iter().map(|outage| outage.from).collect();
        assert!(begun.is_sorted());
        assert_eq!((begun.len(), all.left_out()), (2 * KEPT, 4 * KEPT as u64));
        assert_eq!((begun.first(), begun.last()), (Some(&at(0)), Some(&at(6 * KEPT - 1))));
    }

    #[test]
    fn one_that_is_ongoing_goes_on_until_it_ends() {
        let mut outages = Outages::default();
        outages.ongoing_at(at(1)).failures += 1;
        outages.ongoing_at(at(2)).failures += 1;
        assert_eq!(outages.only().map(|outage| (outage.from, outage.failures)), Some((at(1), 2)));
        outages.end_all(None);
        assert!(outages.any_ongoing());
        outages.end_all(Some(at(3)));
        assert!(!outages.any_ongoing());
    }
}
