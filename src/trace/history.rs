//! What is kept of one destination while its events go by, and how the histories of several nodes are added up.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;

use super::buckets::Buckets;
use super::by_cause::FailuresByCause;
use super::note::Note;
use super::outages::{Outage, Outages};
use super::waiting::{FileName, WaitingFiles};

/// CUCM doubles its pause up to 120 s (Cisco, Call Reporting and Billing Administration Guide 14, "CDR Agent");
/// a connection that times out adds up to about two minutes. A longer pause means that nothing was tried or traced.
pub const OVERLONG_PAUSE_S: f64 = 300.0;

/// One failed delivery, judged.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// When.
    pub time: NaiveDateTime,
    /// What.
    pub file: &'a FileName,
    /// Why.
    pub note: &'a Arc<Note>,
}

/// How often something happened, and when first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How often.
    pub count: u64,
    pub first: NaiveDateTime,
    pub last: NaiveDateTime,
}

/// What happened at one destination.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Files delivered.
    pub deliveries: u64,
    /// Files that could not be delivered, each attempt counted.
    pub delivery_failures: u64,
    /// Connections that could not be made.
    pub connection_failures: u64,
    /// Failed deliveries of causes that were not asked for.
    pub passed_over: u64,
    /// Failed deliveries before and after the time that was asked for.
    pub outside: u64,
    /// First known good moment, in the window or not: a file delivered, or the service's start.
    pub first_good: Option<NaiveDateTime>,
    /// Whether the last thing known from before the window is a failure.
    pub failing_before: bool,
    /// How many failures CUCM counts before the first that is traced; `None` where nothing tells.
    pub counted_before: Option<u64>,
    /// First failure of a delivery or a connection.
    pub first_failure: Option<NaiveDateTime>,
    /// Last failure of a delivery or a connection.
    pub last_failure: Option<NaiveDateTime>,
    /// First file delivered.
    pub first_delivery: Option<NaiveDateTime>,
    /// Last file delivered.
    pub last_delivery: Option<NaiveDateTime>,
    /// Failed deliveries by cause.
    pub causes: FailuresByCause,
    /// Failed connections by cause.
    pub connection_causes: FailuresByCause,
    /// Times without delivery.
    pub outages: Outages,
    /// Alarms by name.
    pub alarms: BTreeMap<&'static str, Span>,
    /// Files that failed and were not delivered since, with the number of attempts.
    pub waiting: WaitingFiles,
    /// Pauses between two failures of one outage: how many, and how many were overlong.
    pub pauses: (u64, u64),
    /// The longest pause in seconds.
    pub longest_pause_s: f64,
    /// The same over time.
    pub buckets: Buckets,
}

impl History {
    /// Whether anything failed, in what was asked for or outside of it.
    pub fn has_failures(&self) -> bool {
        self.delivery_failures + self.connection_failures + self.passed_over + self.outside > 0
    }

    /// Whether the last thing that happened is a failure.
    pub fn is_failing(&self) -> bool {
        self.outages.any_ongoing()
    }

    /// A delivery failed.
    pub fn fail(&mut self, failure: Failure<'_>) {
        self.delivery_failures += 1;
        let attempts_before = self.waiting.add(failure.file, 1);
        let bucket = self.buckets.at(failure.time);
        bucket.fail(failure.note.reason.cause, 1);
        bucket.waiting_change += i64::from(attempts_before == 0);
        let outage = self.outage_at(failure.time);
        let pause = (failure.time - outage.until).as_seconds_f64();
        let counts = outage.failures > 0;
        outage.failures += 1;
        // A delivery of which only the end is traced is judged after the next one's connection.
        outage.from = outage.from.min(failure.time);
        outage.until = if counts { outage.until.max(failure.time) } else { failure.time };
        if counts {
            self.pauses.0 += 1;
            self.pauses.1 += u64::from(pause > OVERLONG_PAUSE_S);
            self.longest_pause_s = self.longest_pause_s.max(pause);
        }
        self.causes.count(failure.time, failure.note);
    }

    /// A connection could not be made.
    pub fn fail_connection(&mut self, time: NaiveDateTime, note: &Arc<Note>) {
        self.connection_failures += 1;
        self.connection_causes.count(time, note);
        self.buckets.at(time).connection_failures += 1;
        self.outage_at(time);
    }

    /// A file arrived, or the service started, whether or not the window holds it.
    pub fn is_good_at(&mut self, time: NaiveDateTime) {
        self.first_good = earlier(self.first_good, Some(time));
        self.failing_before = false;
    }

    /// CUCM counts so many failures without a success between them, the last one told of included.
    pub fn count_failures(&mut self, counted: u64) {
        if let (Some(outage), None, None) = (self.outages.only(), self.first_good, self.counted_before) {
            self.counted_before = counted.checked_sub(outage.failures);
        }
    }

    /// Whether the first outage may have begun before what was read: nothing good is known of the time before it.
    pub fn begins_inside_outage(&self) -> bool {
        let Some(first) = self.outages.first() else { return false };
        let good_before = self.first_good.is_some_and(|good| good <= first.from) || self.counted_before == Some(0);
        self.failing_before || !good_before
    }

    /// A file arrived. Where the trace does not name it, it is the one that failed last on the same thread, or
    /// else the oldest that waits: CUCM sends the oldest first.
    pub fn succeed(&mut self, time: NaiveDateTime, named: Option<&FileName>, failed_last: Option<&FileName>) {
        self.deliveries += 1;
        self.first_delivery = self.first_delivery.or(Some(time));
        self.last_delivery = Some(time);
        self.outages.end(time);
        let before = self.waiting.len();
        if before > 0 {
            self.no_longer_waits(named, failed_last);
        }
        let bucket = self.buckets.at(time);
        bucket.deliveries += 1;
        bucket.waiting_change -= i64::from(self.waiting.len() < before);
    }

    fn no_longer_waits(&mut self, named: Option<&FileName>, failed_last: Option<&FileName>) {
        if let Some(name) = named {
            self.waiting.remove(name);
        } else if !failed_last.is_some_and(|name| self.waiting.remove(name)) {
            self.waiting.remove_oldest();
        }
    }

    /// An alarm was raised.
    pub fn alarm(&mut self, name: &'static str, time: NaiveDateTime) {
        add_span(&mut self.alarms, name, Span { count: 1, first: time, last: time });
    }

    /// Adds another node's history of the same destination, or the deliveries of a thread whose host showed late.
    pub fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.delivery_failures += other.delivery_failures;
        self.connection_failures += other.connection_failures;
        self.passed_over += other.passed_over;
        self.outside += other.outside;
        self.first_good = earlier(self.first_good, other.first_good);
        self.failing_before |= other.failing_before;
        self.counted_before = self.counted_before.max(other.counted_before);
        self.first_failure = earlier(self.first_failure, other.first_failure);
        self.last_failure = self.last_failure.max(other.last_failure);
        self.first_delivery = earlier(self.first_delivery, other.first_delivery);
        self.last_delivery = self.last_delivery.max(other.last_delivery);
        for cause in other.causes.into_causes() {
            self.causes.add(cause);
        }
        for cause in other.connection_causes.into_causes() {
            self.connection_causes.add(cause);
        }
        self.outages.add(other.outages);
        for (name, span) in other.alarms {
            add_span(&mut self.alarms, name, span);
        }
        self.buckets.add(other.buckets);
        for (file, attempts) in other.waiting.into_attempts() {
            let known = self.waiting.add(&FileName::of(file.into()), attempts);
            if let (1.., Some(time)) = (known, self.last_failure) {
                // Both waited for it, and it is one file.
                self.buckets.at(time).waiting_change -= 1;
            }
        }
        self.pauses.0 += other.pauses.0;
        self.pauses.1 += other.pauses.1;
        self.longest_pause_s = self.longest_pause_s.max(other.longest_pause_s);
    }

    fn outage_at(&mut self, time: NaiveDateTime) -> &mut Outage {
        self.first_failure = earlier(self.first_failure, Some(time));
        self.last_failure = self.last_failure.max(Some(time));
        self.outages.ongoing_at(time)
    }
}

fn earlier(a: Option<NaiveDateTime>, b: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn add_span(spans: &mut BTreeMap<&'static str, Span>, name: &'static str, span: Span) {
    spans
        .entry(name)
        .and_modify(|known| {
            known.count += span.count;
            known.first = known.first.min(span.first);
            known.last = known.last.max(span.last);
        })
        .or_insert(span);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::by_cause::UNKNOWN_TEXTS;
    use crate::trace::note::{Reason, RecordPlace};

    fn at(second: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2024, 1, 31).unwrap().and_hms_opt(12, second / 60, second % 60).unwrap()
    }

    fn name(file: &str) -> FileName {
        FileName::of(file.into())
    }

    fn note(message: &str) -> Arc<Note> {
        let place = RecordPlace { source: 0, line: 1, record: b"" }.keep();
        Arc::new(Note { reason: Arc::new(Reason { message: Some(message.into()), ..Reason::none() }), place })
    }

    fn fail(history: &mut History, second: u32, file: &str, message: &str) {
        history.fail(Failure { time: at(second), file: &name(file), note: &note(message) });
    }

    #[test]
    fn an_outage_lasts_from_the_first_failure_to_the_next_success() {
        let mut history = History::default();
        fail(&mut history, 0, "a", "x");
        fail(&mut history, 6, "a", "x");
        assert!(history.is_failing());
        history.succeed(at(18), None, None);
        history.succeed(at(24), None, None);
        assert!(!history.is_failing());
        let outage = Outage { from: at(0), until: at(6), ended: Some(at(18)), failures: 2 };
        assert_eq!(history.outages.iter().collect::<Vec<_>>(), [&outage]);
        assert_eq!(history.pauses, (1, 0));
    }

    #[test]
    fn a_success_clears_the_named_file_or_the_one_that_failed_last_or_the_oldest() {
        let (old, new) = ("cdr_C_01_202401010000_1", "cdr_C_01_202401020000_2");
        let waiting = |named: Option<&str>, last: Option<&str>| {
            let mut history = History::default();
            fail(&mut history, 0, old, "x");
            fail(&mut history, 1, new, "x");
            history.succeed(at(2), named.map(name).as_ref(), last.map(name).as_ref());
            history.waiting.oldest(9).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(waiting(Some(new), Some(old)), [old]);
        assert_eq!(waiting(None, Some(new)), [old]);
        assert_eq!(waiting(None, None), [new]);
        assert_eq!(waiting(Some("cdr_C_01_202401030000_3"), Some(new)), [old, new]);
    }

    #[test]
    fn unknown_texts_are_told_apart_but_not_without_bound() {
        let mut history = History::default();
        for number in 0..100 {
            fail(&mut history, 0, "a", &format!("strange {number}"));
        }
        assert_eq!(history.causes.iter().count(), UNKNOWN_TEXTS);
        assert_eq!(
            history.causes.iter().last().map(|cause| cause.count),
            Some(69),
            "what comes on top is with the last"
        );
        assert_eq!(history.causes.iter().map(|cause| cause.count).sum::<u64>(), 100);
    }

    #[test]
    fn what_the_buckets_hold_adds_up_to_the_totals() {
        let mut history = History::default();
        for second in 0..500 {
            match second % 5 {
                0 => history.succeed(at(second), None, None),
                1 => history.fail_connection(at(second), &note("x")),
                _ => fail(&mut history, second, &format!("cdr_C_01_202401010000_{second}"), "x"),
            }
        }
        let mut other = History::default();
        fail(&mut other, 77, "cdr_C_01_202401010000_77", "y");
        fail(&mut other, 4000 - 600, "cdr_C_01_202401010000_499", "y");
        history.add(other);
        let sum = |of: fn(&crate::trace::buckets::Bucket) -> i64| {
            history.buckets.iter().map(|(_, bucket)| of(bucket)).sum::<i64>().unsigned_abs()
        };
        assert_eq!(sum(|bucket| bucket.deliveries.cast_signed()), history.deliveries);
        assert_eq!(sum(|bucket| bucket.connection_failures.cast_signed()), history.connection_failures);
        assert_eq!(sum(|bucket| bucket.waiting_change), history.waiting.len() as u64);
        let failed = |bucket: &crate::trace::buckets::Bucket| {
            bucket.failures.iter().map(|(_, count)| count.cast_signed()).sum::<i64>()
        };
        assert_eq!(sum(failed), history.delivery_failures);
    }

    #[test]
    fn an_overlong_pause_is_counted() {
        let mut history = History::default();
        fail(&mut history, 0, "a", "x");
        fail(&mut history, 120, "a", "x");
        fail(&mut history, 700, "a", "x");
        assert_eq!((history.pauses, history.longest_pause_s), ((2, 1), 580.0));
    }
}
