//! What happened over time in a bounded number of buckets, whatever the length of the trace.
//!
//! Buckets begin at whole multiples of their width, and each width divides the next, so that making them wider, and
//! adding another node's, is addition: no count is ever lost.

use chrono::{DateTime, NaiveDateTime};

/// At most so many buckets, from the first with something in it to the last.
pub const MOST: i64 = 240;

/// Widths in seconds that read well on an axis; beyond a day each is twice the one before.
const WIDTHS: [i64; 13] = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400];

/// What happened in one bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Files delivered.
    pub deliveries: u64,
    /// Failed deliveries by cause.
    pub failures: Vec<(&'static str, u64)>,
    /// Connections that could not be made.
    pub connection_failures: u64,
    /// Files that began to wait, less those that no longer do.
    pub waiting_change: i64,
}

impl Bucket {
    /// Counts failed deliveries.
    pub fn fail(&mut self, cause: &'static str, count: u64) {
        // The table of causes holds each name once, and there are few.
        let same = |(known, _): &(&'static str, u64)| std::ptr::eq(*known, cause);
        let equal = |(known, _): &(&'static str, u64)| *known == cause;
        let place = self.failures.iter().position(same).or_else(|| self.failures.iter().position(equal));
        match place.and_then(|place| self.failures.get_mut(place)) {
            Some((_, known)) => *known += count,
            None => self.failures.push((cause, count)),
        }
    }

    fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.connection_failures += other.connection_failures;
        self.waiting_change += other.waiting_change;
        for (cause, count) in other.failures {
            self.fail(cause, count);
        }
    }
}

/// Buckets of one width; those in which nothing happened are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Doublings and steps taken so far; 0 is a second.
    step: usize,
    /// By number: the time divided by the width. In ascending order.
    filled: Vec<(i64, Bucket)>,
}

impl Buckets {
    /// The width in seconds.
    pub fn width_s(&self) -> i64 {
        width(self.step)
    }

    /// The bucket of this time. A time far off makes all buckets wider.
    pub fn at(&mut self, time: NaiveDateTime) -> &mut Bucket {
        let (second, width) = (time.and_utc().timestamp(), self.width_s());
        // Traces run forward, so it is the last one almost always.
        let is_last = |(last, _): &(i64, Bucket)| (last * width..(last + 1) * width).contains(&second);
        let index = if self.filled.last().is_some_and(is_last) { self.filled.len() - 1 } else { self.find(second) };
        &mut self.filled[index].1
    }

    #[cold]
    fn find(&mut self, second: i64) -> usize {
        self.make_room(second);
        let number = second.div_euclid(self.width_s());
        self.filled.binary_search_by_key(&number, |(known, _)| *known).unwrap_or_else(|index| {
            self.filled.insert(index, (number, Bucket::default()));
            index
        })
    }

    /// Adds another node's buckets.
    pub fn add(&mut self, mut other: Self) {
        if other.step > self.step {
            std::mem::swap(self, &mut other);
        }
        for (number, bucket) in other.filled {
            if let Some(time) = DateTime::from_timestamp(number * width(other.step), 0) {
                self.at(time.naive_utc()).add(bucket);
            }
        }
    }

    /// The filled buckets, each with the time at which it begins, in the order of time.
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDateTime, &Bucket)> {
        let begin = |number: i64| DateTime::from_timestamp(number * self.width_s(), 0).unwrap_or_default().naive_utc();
        self.filled.iter().map(move |(number, bucket)| (begin(*number), bucket))
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    fn make_room(&mut self, second: i64) {
        while let (Some((first, _)), Some((last, _))) = (self.filled.first(), self.filled.last()) {
            let number = second.div_euclid(self.width_s());
            if number.max(*last) - number.min(*first) < MOST {
                break;
            }
            self.widen();
        }
    }

    fn widen(&mut self) {
        let factor = width(self.step + 1) / width(self.step);
        self.step += 1;
        let mut wider: Vec<(i64, Bucket)> = Vec::new();
        for (number, bucket) in self.filled.drain(..) {
            let number = number.div_euclid(factor);
            match wider.last_mut() {
                Some((last, known)) if *last == number => known.add(bucket),
                _ => wider.push((number, bucket)),
            }
        }
        self.filled = wider;
    }
}

fn width(step: usize) -> i64 {
    match WIDTHS.get(step) {
        Some(width) => *width,
        None => WIDTHS[WIDTHS.len() - 1] << (step + 1 - WIDTHS.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(second: i64) -> NaiveDateTime {
        DateTime::from_timestamp(second, 0).unwrap().naive_utc()
    }

    fn filled(events: &[(i64, bool)]) -> Buckets {
        let mut buckets = Buckets::default();
        for (second, failed) in events {
            let bucket = buckets.at(time(*second));
            if *failed {
                bucket.fail("timeout", 1);
                bucket.waiting_change += 1;
            } else {
                bucket.deliveries += 1;
            }
        }
        buckets
    }

    fn totals(buckets: &Buckets) -> (u64, u64, i64) {
        let mut totals = (0, 0, 0);
        for (_, bucket) in buckets.iter() {
            totals.0 += bucket.deliveries;
            totals.1 += bucket.failures.iter().map(|(_, count)| count).sum::<u64>();
            totals.2 += bucket.waiting_change;
        }
        totals
    }

    #[test]
    fn each_width_divides_the_next() {
        assert!((0..30).all(|step| width(step + 1) % width(step) == 0 && width(step + 1) > width(step)));
    }

    #[test]
    fn ten_days_make_buckets_of_an_hour() {
        let events: Vec<_> = (0..10 * 1440).map(|minute| (1_563_926_400 + minute * 60, false)).collect();
        let buckets = filled(&events);
        assert_eq!((buckets.width_s(), buckets.iter().count()), (3600, 240));
        assert_eq!(buckets.iter().next().unwrap().0, time(1_563_926_400));
    }

    proptest! {
        #[test]
        fn no_count_is_lost_and_the_number_of_buckets_is_bounded(
            events in prop::collection::vec((-4_000_000_000i64..200_000_000_000, any::<bool>()), 0..60)
        ) {
            let buckets = filled(&events);
            let failed = events.iter().filter(|(_, failed)| *failed).count() as u64;
            prop_assert_eq!(totals(&buckets), (events.len() as u64 - failed, failed, failed.cast_signed()));
            prop_assert!(buckets.iter().count() <= 240);
            let (first, last) = (buckets.filled.first(), buckets.filled.last());
            prop_assert!(first.zip(last).is_none_or(|(first, last)| last.0 - first.0 < MOST));
        }

        #[test]
        fn two_nodes_added_in_either_order_are_the_same(
            one in prop::collection::vec((0i64..5_000_000, any::<bool>()), 0..40),
            other in prop::collection::vec((0i64..90_000, any::<bool>()), 0..40)
        ) {
            let (mut there, mut back) = (filled(&one), filled(&other));
            there.add(filled(&other));
            back.add(filled(&one));
            prop_assert_eq!(totals(&there), totals(&filled(&[one.clone(), other.clone()].concat())));
            prop_assert_eq!(there, back);
        }

        #[test]
        fn every_bucket_holds_its_own_time(seconds in prop::collection::vec(0i64..10_000_000, 1..40)) {
            let events: Vec<_> = seconds.iter().map(|second| (*second, false)).collect();
            let buckets = filled(&events);
            for (begin, bucket) in buckets.iter() {
                let begin = begin.and_utc().timestamp();
                let own = seconds.iter().filter(|second| (begin..begin + buckets.width_s()).contains(*second)).count();
                prop_assert_eq!(bucket.deliveries, own as u64);
            }
        }
    }
}
