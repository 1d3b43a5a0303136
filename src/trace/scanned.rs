//! What one block of a trace holds: its counts, what is odd, its events.

use super::counts::Counts;
use super::event::Event;
use super::names::{Name, Names};
use super::oddities::Oddities;
use crate::log4j::records::{self, TIMESTAMP};

/// What one block holds.
#[derive(Debug, Default)]
pub struct Scanned<'b> {
    /// Which source, by its place in the list.
    pub source: usize,
    /// Bytes, lines and records of that source.
    pub counts: Counts,
    /// What stands before this block in its source and belongs to the block before.
    pub rest: Counts,
    /// The first and the last record's time as written.
    pub times: Option<([u8; TIMESTAMP], [u8; TIMESTAMP])>,
    /// What is odd.
    pub oddities: Oddities,
    /// The events.
    pub events: Vec<Seen<'b>>,
    /// The names that the events hold.
    pub names: Names<'b>,
    /// The first line that tells of a failure, whether or not it shows which delivery failed.
    pub failure: Option<u64>,
    /// Whether the source ends with this block.
    pub last: bool,
    /// Whether the source could not be read on from here.
    pub broken: bool,
}

/// An event and its place.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'b> {
    /// The line in the block, from 0.
    pub line: u64,
    /// What happened.
    pub event: Event<Name>,
    /// The record as it stands.
    pub record: &'b [u8],
    /// Whether it is the source's last record, of which something may be missing.
    pub last: bool,
}

impl<'b> Seen<'b> {
    /// The record's first line.
    pub fn first_line(&self) -> &'b [u8] {
        records::first_line(self.record)
    }
}
