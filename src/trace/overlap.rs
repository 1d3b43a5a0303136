//! Copies of the same trace, taken at different times, hold the same records; each counts once.
//!
//! Only events that a later file may hold as well are remembered: those not before the first record of any file
//! that is still to come. With files that follow one another that is none at all. A file's last record may be cut
//! short, as it is in a copy taken while the trace was written; then the copy that has it whole counts.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::reading::InputCounts;
use super::scan::Seen;
use super::sources::Source;

/// An event and where it stands.
#[derive(Debug)]
pub struct Located<'b> {
    /// Which source, by its place in the list.
    pub source: usize,
    /// The line, from 1.
    pub line: u64,
    /// The event.
    pub seen: Seen<'b>,
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
    held: Vec<Located<'static>>,
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
        Self { coming, holders: HashMap::new(), repeated: vec![0; sources.len()], held: Vec::new() }
    }

    /// Takes the next event, and gives those that count now, in their order. `inputs` tells what time the sources
    /// span that were read so far.
    pub fn sift<'b>(
        &mut self,
        next: Located<'b>,
        inputs: &[InputCounts],
    ) -> impl Iterator<Item = Located<'b>> + use<'b> {
        let source = next.source;
        let (held, next) = if self.was_read(&next.seen, source, inputs) {
            self.repeated[source] += 1;
            (Vec::new(), None)
        } else if self.may_come_again(&next) && next.seen.last {
            let held = self.release();
            self.held.push(Located { seen: next.seen.into_owned(), ..next });
            (held, None)
        } else {
            if self.may_come_again(&next) {
                self.holders.insert(next.seen.fingerprint, source);
            }
            self.held.retain(|held| !same_record(&held.seen, &next.seen));
            (self.release(), Some(next))
        };
        held.into_iter().chain(next)
    }

    /// What was held back until now.
    pub fn release(&mut self) -> Vec<Located<'static>> {
        std::mem::take(&mut self.held)
    }

    /// How many events of this source were read before.
    pub fn repeated(&self, source: usize) -> u64 {
        self.repeated[source]
    }

    fn may_come_again(&self, next: &Located<'_>) -> bool {
        self.coming[next.source].is_some_and(|coming| next.seen.event.time >= coming)
    }

    fn was_read(&self, seen: &Seen<'_>, source: usize, inputs: &[InputCounts]) -> bool {
        self.holders.get(&seen.fingerprint).is_some_and(|holder| *holder != source)
            || seen.last && (self.holds_longer(seen) || self.is_cut_copy(seen, source, inputs))
    }

    fn holds_longer(&self, seen: &Seen<'_>) -> bool {
        self.held.iter().any(|held| same_record(&held.seen, seen) && held.seen.text.len() >= seen.text.len())
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

/// Whether one of these is the other, or the beginning of it.
fn same_record(a: &Seen<'_>, b: &Seen<'_>) -> bool {
    let (longer, shorter) = if a.text.len() >= b.text.len() { (&a.text, &b.text) } else { (&b.text, &a.text) };
    let begins = !shorter.is_empty() && longer.starts_with(&**shorter);
    a.event.time == b.event.time && a.event.thread == b.event.thread && (begins || a.event.what == b.event.what)
}
