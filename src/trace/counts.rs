//! What is counted of an input.

use std::ops::AddAssign;

use chrono::NaiveDateTime;

/// One input's counts and times.
#[derive(Debug, Default, Clone)]
pub struct InputCounts {
    /// What was counted.
    pub counts: Counts,
    /// The first record's time.
    pub first: Option<NaiveDateTime>,
    /// The last record's time.
    pub last: Option<NaiveDateTime>,
}

/// What `inputs[]` counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Bytes, unpacked.
    pub bytes: u64,
    pub lines: u64,
    /// Records that begin here.
    pub records: u64,
    /// Lines that belong to no record.
    pub skipped_lines: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.lines += more.lines;
        self.records += more.records;
        self.skipped_lines += more.skipped_lines;
    }
}

/// Lines, the last one counted although it may have no end.
pub fn count_lines(bytes: &[u8]) -> u64 {
    let ends = memchr::memchr_iter(b'\n', bytes).count() as u64;
    ends + u64::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}
