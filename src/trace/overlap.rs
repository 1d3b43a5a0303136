//! Copies of the same trace, taken at different times, hold the same records; each counts once.
//!
//! Only events that a later file may hold as well are remembered: those not before the first record of any file
//! that is still to come. With files that follow one another that is none at all. A file's last record may be cut
//! short, as it is in a copy taken while the trace was written; then the copy that has it whole counts.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use foldhash::HashMap;
use foldhash::quality::RandomState;

use super::counts::InputCounts;
use super::scanned::Seen;
use super::sources::Source;
use crate::log4j::records::{self, MINUTE, Minute};

/// Seeded anew each time, so that no trace can hold two records that pass for one.
static FINGERPRINTS: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// A record that was held back, and where it stands.
#[derive(Debug)]
pub struct Held {
    /// Which source, by its place in the list.
    pub source: usize,
    /// The line, from 1.
    pub line: u64,
    /// The record as it stands.
    pub record: Vec<u8>,
}

/// Knows which events were read before, from another file.
#[derive(Debug)]
pub struct Overlap {
    /// For each source, the earliest record of all behind it.
    coming: Vec<Option<NaiveDateTime>>,
    /// Which source held an event first, by the event's fingerprint.
    holders: HashMap<u64, usize>,
    repeated: Vec<u64>,
    /// Last records, until it shows whether another file has them whole.
    held: Vec<Held>,
}

impl Overlap {
    /// Expects these sources, in this order.
    pub fn new(sources: &[Source]) -> Self {
        let mut coming = vec![None; sources.len()];
        let mut earliest: Option<NaiveDateTime> = None;
        for index in (0..sources.len()).rev() {
            coming[index] = earliest;
            earliest = match (earliest, sources[index].first) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Self { coming, holders: HashMap::default(), repeated: vec![0; sources.len()], held: Vec::new() }
    }

    /// For each source, from when on another that comes behind it may hold the same records.
    pub fn repeated_from(&self) -> Vec<Option<Minute>> {
        let written =
            |time: &NaiveDateTime| time.format("%Y-%m-%d %H:%M").to_string().as_bytes().first_chunk().copied();
        self.coming.iter().map(|time| time.as_ref().map(|time| written(time).unwrap_or([0; MINUTE]))).collect()
    }

    /// Whether the next event counts and no other has to be thought of: no file that was read, or will be, may hold it.
    #[inline]
    pub fn is_alone(&self, source: usize, seen: &Seen<'_>) -> bool {
        self.holders.is_empty() && self.held.is_empty() && !seen.last && !self.may_come_again(source, seen)
    }

    fn may_come_again(&self, source: usize, seen: &Seen<'_>) -> bool {
        self.coming[source].is_some_and(|coming| seen.event.time >= coming)
    }

    /// Takes the next event. Gives those records held back that count now, before it, and tells whether it counts itself.
    /// `inputs` tells what time the sources span that were read so far.
    pub fn count_once(
        &mut self,
        source: usize,
        line: u64,
        seen: &Seen<'_>,
        inputs: &[InputCounts],
    ) -> (Vec<Held>, bool) {
        let may_come_again = self.may_come_again(source, seen);
        let fingerprint = FINGERPRINTS.hash_one(seen.first_line());
        if self.was_read(seen, fingerprint, source, inputs) {
            self.repeated[source] += 1;
            return (Vec::new(), false);
        }
        self.held.retain(|held| !same_record(&held.record, seen.record));
        let released = self.release();
        let hold_back = may_come_again && seen.last;
        if hold_back {
            self.held.push(Held { source, line, record: seen.record.to_vec() });
        } else if may_come_again {
            self.holders.insert(fingerprint, source);
        }
        (released, !hold_back)
    }

    /// What was held back until now.
    pub fn release(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.held)
    }

    /// How many events of this source were read before.
    pub fn repeated(&self, source: usize) -> u64 {
        self.repeated[source]
    }

    fn was_read(&self, seen: &Seen<'_>, fingerprint: u64, source: usize, inputs: &[InputCounts]) -> bool {
        self.holders.get(&fingerprint).is_some_and(|holder| *holder != source)
            || seen.last && (self.holds_longer(seen) || self.is_cut_copy(seen, source, inputs))
    }

    fn holds_longer(&self, seen: &Seen<'_>) -> bool {
        let length = |record| records::first_line(record).len();
        self.held
            .iter()
            .any(|held| same_record(&held.record, seen.record) && length(&held.record) >= length(seen.record))
    }

    /// Whether this last record is a piece of one that stands inside a source that was read before.
    fn is_cut_copy(&self, seen: &Seen<'_>, source: usize, inputs: &[InputCounts]) -> bool {
        let (time, first) = (Some(seen.event.time), inputs[source].first);
        inputs[..source].iter().any(|other| {
            let is_copy = self.repeated[source] > 0 || other.first == first;
            is_copy && other.first <= time && other.last > time
        })
    }
}

/// Whether the first line of one of these is the beginning of the other's.
fn same_record(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (records::first_line(a), records::first_line(b));
    a.starts_with(b) || b.starts_with(a)
}
