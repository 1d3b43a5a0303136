//! Records whose newest stands first, as log servers list and export them.

use std::io::{self, Cursor, Read};

use chrono::NaiveDateTime;

use super::{lines, starts_record};
use crate::bounds;
use crate::log4j::records;

/// So many records in a row show the order, where they span a second.
const TELLING: usize = 3;

/// So many show it whatever they span.
const CERTAIN: usize = 6;

/// Whether the records of a text that begins so run backwards in time, each and every one: threads write a few
/// milliseconds out of order, and a clock is set back once.
pub(super) fn is_reversed(head: &[u8]) -> bool {
    let times: Vec<NaiveDateTime> = lines(head).filter_map(records::line_time).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return false };
    let spans = (*first - *last).num_milliseconds();
    let is_telling = (times.len() >= TELLING && spans >= 1_000) || (times.len() >= CERTAIN && spans > 0);
    is_telling && times.is_sorted_by(|before, after| before >= after)
}

/// The records turned round, each with the lines that continue it. They are held in memory until the last is read.
pub(super) struct Reversed<R> {
    records: Option<R>,
    out: Cursor<Vec<u8>>,
}

impl<R: Read> Reversed<R> {
    pub(super) fn new(records: R) -> Self {
        Self { records: Some(records), out: Cursor::default() }
    }
}

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(records) = self.records.take() {
            let mut text = Vec::new();
            bounds::REVERSED.limit(records).read_to_end(&mut text)?;
            self.out = Cursor::new(turned_round(&text));
        }
        self.out.read(buffer)
    }
}

fn turned_round(text: &[u8]) -> Vec<u8> {
    let mut records: Vec<&[u8]> = Vec::new();
    let mut from = 0;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if starts_record(line.trim_ascii_end()) && at > from {
            records.push(&text[from..at]);
            from = at;
        }
        at += line.len();
    }
    records.push(&text[from..]);
    let end = |record: &&[u8]| if record.ends_with(b"\n") || record.is_empty() { b"".as_slice() } else { b"\n" };
    records.iter().rev().flat_map(|record| [*record, end(record)]).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{RECORDS, restored};

    #[test]
    fn records_whose_newest_stands_first_are_turned_round_with_their_stacks() {
        let stack = "\tat x.Y.z(Y.java:1)";
        let whole: Vec<String> = RECORDS.iter().map(|record| format!("{record}\n{stack}")).collect();
        let reversed = whole.iter().rev().cloned().collect::<Vec<_>>().join("\n");
        let (copied, lines) = restored(&reversed);
        assert!(copied.remark().unwrap().contains("newest"));
        assert_eq!(lines.join("\n"), whole.join("\n"));
    }

    #[test]
    fn threads_out_of_order_and_a_clock_that_was_set_back_are_no_reversal() {
        let at = |time: &str| format!("2019-07-25 {time} INFO  [main] a.B (B.java:1) - x");
        for times in [
            ["13:12:11,002", "13:12:11,001", "13:12:11,000"].as_slice(),
            &["13:12:11,000", "13:12:09,000"],
            &["13:12:11,000", "12:12:11,000", "12:12:12,000", "12:12:13,000"],
        ] {
            let text = times.iter().map(|time| at(time)).collect::<Vec<_>>().join("\n");
            assert_eq!(restored(&text).0.remark(), None, "{text}");
        }
    }
}
