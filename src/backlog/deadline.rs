//! The day on which CUCM deletes what it could not deliver.
//!
//! What Cisco says: the CDR Repository Manager files each file under the date of the UTC timestamp in its name;
//! its File Manager "runs hourly" and "deletes files with dates outside the configured preservation duration"
//! (Call Reporting and Billing Administration Guide 15, "CDR Repository Manager"); it tries to deliver until
//! "files fall outside the preservation window and are deleted" (Cisco Unified Serviceability Administration
//! Guide, "CDR Repository Manager"). What Cisco leaves open is in [`ASSUMPTIONS`].

use chrono::{Days, NaiveDate};

use super::Question;
use crate::document::backlog::{Date, Deadline, Loss};

const RULE: &str = "A file is deleted on the day that is the UTC date in its name plus the preservation duration: the \
    File Manager runs hourly and deletes files with dates outside that duration (Cisco, Call Reporting and Billing \
    Administration Guide 15, \"CDR Repository Manager\").";

const ASSUMPTIONS: [&str; 3] = [
    "Cisco does not say whether a file's own date counts as a day of the duration. Assumed to count, which \
     gives the earlier day: if it does not, every day is one later.",
    "The day is assumed to change at 00:00 UTC, as the names do. If CUCM compares with the node's local date, it \
     changes earlier or later by the node's distance from UTC.",
    "The disk allocation is assumed to suffice. Once it is used up CUCM deletes undelivered files before their day, the \
     oldest first, and raises CDRMaximumDiskSpaceExceeded.",
];

/// Why there is no deadline.
pub const NEEDS_PRESERVE_DAYS: &str = "Give --preserve-days N to see when CUCM deletes these files: N is \"CDR / CMR \
    Files Preservation Duration (Days)\" in Cisco Unified Serviceability, Tools > CDR Management, General Parameters.";

/// The first day (UTC) on which a file of this date may be deleted; `None` beyond the calendar's end.
pub fn deletion_day(date: NaiveDate, preserve_days: u32) -> Option<NaiveDate> {
    date.checked_add_days(Days::new(u64::from(preserve_days)))
}

/// Notes on each date when it is deleted, and sums up; `None` where nothing waits or the duration is not known.
pub fn deadline(dates: &mut [Date], question: Question) -> Option<Deadline> {
    let preserve_days = question.preserve_days?;
    for date in dates.iter_mut() {
        date.deleted_on = deletion_day(date.date, preserve_days);
    }
    let days = losses(dates);
    let first_day = days.first()?.day;
    let today = question.now.date_naive();
    let overdue = days.iter().take_while(|loss| loss.day <= today).last();
    Some(Deadline {
        preserve_days,
        now: question.now,
        first_day,
        days_left: (first_day - today).num_days(),
        overdue_files: overdue.map_or(0, |loss| loss.lost_by_then),
        days,
        rule: RULE.to_owned(),
        assumptions: ASSUMPTIONS.map(str::to_owned).to_vec(),
    })
}

/// `dates` is sorted and each date stands in it once, so each day of deletion does.
fn losses(dates: &[Date]) -> Vec<Loss> {
    let all: u64 = dates.iter().map(|date| date.files).sum();
    let mut lost = 0;
    dates
        .iter()
        .filter_map(|date| {
            lost += date.files;
            Some(Loss { day: date.deleted_on?, files: date.files, lost_by_then: lost, left: all - lost })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn date(text: &str, files: u64) -> Date {
        Date { date: day(text), files, cdr: files, cmr: 0, bytes: None, deleted_on: None }
    }

    fn asked(preserve_days: u32, now: &str) -> Question {
        Question { preserve_days: Some(preserve_days), now: now.parse().unwrap() }
    }

    #[test]
    fn files_go_day_by_day_the_oldest_first() {
        let mut dates = [date("2019-07-15", 5), date("2019-07-16", 7), date("2019-07-20", 1)];
        let deadline = deadline(&mut dates, asked(30, "2019-07-25T23:59:59Z")).unwrap();
        assert_eq!((deadline.first_day, deadline.days_left, deadline.overdue_files), (day("2019-08-14"), 20, 0));
        let days: Vec<_> =
            deadline.days.iter().map(|loss| (loss.day, loss.files, loss.lost_by_then, loss.left)).collect();
        assert_eq!(days, [(day("2019-08-14"), 5, 5, 8), (day("2019-08-15"), 7, 12, 1), (day("2019-08-19"), 1, 13, 0)]);
        assert_eq!(dates[0].deleted_on, Some(day("2019-08-14")));
    }

    #[test]
    fn on_the_day_itself_the_files_count_as_overdue() {
        let mut dates = [date("2019-07-15", 5), date("2019-07-16", 7)];
        let at = |now| deadline(&mut dates.clone(), asked(30, now)).unwrap();
        assert_eq!((at("2019-08-13T23:59:59Z").days_left, at("2019-08-13T23:59:59Z").overdue_files), (1, 0));
        assert_eq!((at("2019-08-14T00:00:00Z").days_left, at("2019-08-14T00:00:00Z").overdue_files), (0, 5));
        let late = deadline(&mut dates, asked(30, "2019-09-01T00:00:00Z")).unwrap();
        assert_eq!((late.days_left, late.overdue_files), (-18, 12));
    }

    #[test]
    fn a_leap_day_is_a_day() {
        assert_eq!(deletion_day(day("2024-02-28"), 2), Some(day("2024-03-01")));
    }

    #[test]
    fn without_the_duration_there_is_no_deadline() {
        let mut dates = [date("2019-07-15", 5)];
        let question = Question { preserve_days: None, now: "2019-08-14T00:00:00Z".parse().unwrap() };
        assert_eq!(deadline(&mut dates, question), None);
        assert_eq!(deadline(&mut [], asked(30, "2019-08-14T00:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn every_file_is_lost_once(counts in prop::collection::vec(1_u64..100, 1..40), keep in 1_u32..400, ahead in 0_i64..500) {
            let first = day("2019-07-15");
            let mut dates: Vec<Date> =
                counts.iter().zip(first.iter_days()).map(|(files, at)| date(&at.to_string(), *files)).collect();
            let now = (first + chrono::Duration::days(ahead)).and_time(chrono::NaiveTime::MIN).and_utc();
            let deadline = deadline(&mut dates, Question { preserve_days: Some(keep), now }).unwrap();
            let total: u64 = counts.iter().sum();
            prop_assert_eq!(deadline.days.iter().map(|loss| loss.files).sum::<u64>(), total);
            prop_assert!(deadline.days.iter().all(|loss| loss.lost_by_then + loss.left == total));
            let gone: u64 = dates.iter().filter(|date| date.deleted_on.unwrap() <= now.date_naive()).map(|date| date.files).sum();
            prop_assert_eq!(deadline.overdue_files, gone);
        }
    }
}
