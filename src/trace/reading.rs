//! Reading traces: blocks go to as many threads as there are cores, and what they find is folded in the blocks'
//! order. Memory is bounded by the blocks under way, whatever the size of the traces.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use chrono::NaiveDateTime;

use super::blocks::{Block, BlockReader};
use super::ledger::Place;
use super::records;
use super::scan::{self, Counts, Scanned, Seen};
use super::sources::Source;
use super::timeline::{Account, Timeline, TracedLists, Window};

/// More threads than this find nothing to do: one core alone reads faster than a disk.
const THREADS: usize = 8;

/// What traces hold.
#[derive(Debug, Default)]
pub struct Reading {
    /// One a source, in the sources' order.
    pub inputs: Vec<InputCounts>,
    /// One list a node, in the order in which the nodes' traces begin.
    pub nodes: Vec<Vec<Account>>,
    /// The algorithm lists seen last.
    pub lists: Option<TracedLists>,
    /// Oddities, one line each.
    pub warnings: Vec<String>,
    /// What could not be read to its end: the source and why.
    pub broken: Vec<(usize, String)>,
}

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

/// Reads the sources, which stand in the order of their time. `progress` is told how many bytes were read.
pub fn read(sources: &[Source], window: &Window, progress: &(dyn Fn(u64) + Sync)) -> Reading {
    let reader = Mutex::new((0u64, BlockReader::new(sources)));
    let turn = Turn { state: Mutex::new((0, Fold::new(sources, window))), passed: Condvar::new() };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut block = Block::default();
                while let Some(number) = next_block(&reader, &mut block, progress) {
                    let ticket = Ticket { turn: &turn, number };
                    let scanned = scan::scan(&block);
                    ticket.take(|fold| fold.push(scanned));
                }
            });
        }
    });
    let (_, fold) = turn.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (_, reader) = reader.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reading = fold.finish();
    reading.broken = reader.into_problems().into_iter().map(|(source, error)| (source, error.to_string())).collect();
    reading
}

fn next_block(
    reader: &Mutex<(u64, BlockReader<'_>)>,
    block: &mut Block,
    progress: &(dyn Fn(u64) + Sync),
) -> Option<u64> {
    let mut reader = lock(reader);
    let (number, blocks) = &mut *reader;
    if !blocks.fill(block) {
        return None;
    }
    progress(blocks.bytes_read());
    *number += 1;
    Some(*number - 1)
}

/// Lets threads do something in the order of their numbers, so that no queue of results can grow.
struct Turn<T> {
    state: Mutex<(u64, T)>,
    passed: Condvar,
}

/// The right to one turn. It passes on when dropped, so that a thread that panics before its turn stops nobody.
struct Ticket<'t, T> {
    turn: &'t Turn<T>,
    number: u64,
}

impl<T> Ticket<'_, T> {
    fn take(self, work: impl FnOnce(&mut T)) {
        work(&mut self.wait().1);
    }

    fn wait(&self) -> MutexGuard<'_, (u64, T)> {
        let mut state = lock(&self.turn.state);
        while state.0 != self.number {
            state = self.turn.passed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

impl<T> Drop for Ticket<'_, T> {
    fn drop(&mut self) {
        self.wait().0 += 1;
        self.turn.passed.notify_all();
    }
}

/// A thread that panicked has been reported by then; what it left behind is still whole enough to go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts blocks together in their order.
struct Fold<'s> {
    sources: &'s [Source],
    inputs: Vec<InputCounts>,
    nodes: Vec<(&'s str, Timeline)>,
    window: &'s Window,
    overlap: Overlap,
    backwards: HashMap<usize, u64>,
    warnings: Vec<String>,
}

impl<'s> Fold<'s> {
    fn new(sources: &'s [Source], window: &'s Window) -> Self {
        Self {
            sources,
            inputs: vec![InputCounts::default(); sources.len()],
            nodes: Vec::new(),
            window,
            overlap: Overlap::new(sources),
            backwards: HashMap::new(),
            warnings: Vec::new(),
        }
    }

    fn push(&mut self, scanned: Scanned) {
        let source = scanned.source;
        let first_block = self.inputs[source].counts == Counts::default();
        let line = self.inputs[source].counts.lines + scanned.lent_lines;
        self.warn(&scanned, line, first_block);
        self.count(&scanned);
        let node = self.node(source);
        for Seen { line: at, event, text, fingerprint } in scanned.events {
            if !self.overlap.is_new(source, event.time, fingerprint) {
                continue;
            }
            self.nodes[node].1.push(event, Place { source, line: line + at + 1, text });
        }
        if scanned.last && self.overlap.repeated(source) > 0 {
            let (label, count) = (&self.sources[source].label, self.overlap.repeated(source));
            self.warnings.push(format!("{label}: repeats {count} events of a file read before: counted once"));
        }
    }

    fn node(&mut self, source: usize) -> usize {
        let folder = self.sources[source].folder.as_str();
        if let Some(index) = self.nodes.iter().position(|(known, _)| *known == folder) {
            return index;
        }
        self.nodes.push((folder, Timeline::new(self.window.clone())));
        self.nodes.len() - 1
    }

    fn count(&mut self, scanned: &Scanned) {
        let input = &mut self.inputs[scanned.source];
        input.counts.bytes += scanned.counts.bytes;
        input.counts.lines += scanned.counts.lines + scanned.lent_lines;
        input.counts.records += scanned.counts.records;
        input.counts.skipped_lines += scanned.counts.skipped_lines;
        if let Some((first, last)) = scanned.times {
            input.first = input.first.or_else(|| records::parse_time(&first));
            input.last = records::parse_time(&last).or(input.last);
        }
    }

    fn warn(&mut self, scanned: &Scanned, line: u64, first_block: bool) {
        let label = &self.sources[scanned.source].label;
        let odd = &scanned.oddities;
        if first_block && odd.orphan_lines > 0 {
            self.warnings.push(format!("{label}: begins inside a record; its start is in an earlier trace"));
        }
        if odd.nul_lines > 0 && scanned.last {
            self.warnings.push(format!("{label}: holds NULs, as a crash leaves them"));
        }
        if let Some(at) = odd.malformed {
            self.warnings.push(format!("{label}:{}: a record is cut short or of another form", line + at + 1));
        }
        if let Some(at) = odd.overlong {
            self.warnings.push(format!("{label}:{}: a record is too long to be kept whole", line + at + 1));
        }
        let before = self.inputs[scanned.source].last;
        let between = scanned.times.and_then(|(first, _)| records::parse_time(&first)).zip(before);
        let backwards = between.is_some_and(|(first, before)| (before - first).num_seconds() >= 60);
        if let Some(at) = odd.backwards.or(backwards.then_some(0)) {
            let times = self.backwards.entry(scanned.source).or_default();
            *times += 1;
            if *times == 1 {
                self.warnings.push(format!(
                    "{label}:{}: the time runs backwards: the end of summer time, or the clock was set; the order is the file's",
                    line + at + 1
                ));
            }
        }
    }

    fn finish(self) -> Reading {
        let mut lists: Option<TracedLists> = None;
        let mut nodes = Vec::new();
        for (_, timeline) in self.nodes {
            let (accounts, seen) = timeline.finish();
            nodes.push(accounts);
            lists = match (lists, seen) {
                (Some(a), Some(b)) => Some(if b.time >= a.time { b } else { a }),
                (a, b) => a.or(b),
            };
        }
        Reading { inputs: self.inputs, nodes, lists, warnings: self.warnings, broken: Vec::new() }
    }
}

/// Copies of the same trace, taken at different times, hold the same records; each counts once.
///
/// Only events that a later file may hold as well are remembered: those not before the first record of any file
/// that is still to come. With files that follow one another that is none at all.
struct Overlap {
    /// For each source, the earliest record of all behind it.
    coming: Vec<Option<NaiveDateTime>>,
    seen: HashMap<u64, usize>,
    repeated: Vec<u64>,
}

impl Overlap {
    fn new(sources: &[Source]) -> Self {
        let mut coming = vec![None; sources.len()];
        let mut earliest: Option<NaiveDateTime> = None;
        for index in (0..sources.len()).rev() {
            coming[index] = earliest;
            earliest = match (earliest, sources[index].first) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Self { coming, seen: HashMap::new(), repeated: vec![0; sources.len()] }
    }

    fn is_new(&mut self, source: usize, time: NaiveDateTime, fingerprint: u64) -> bool {
        if self.seen.get(&fingerprint).is_some_and(|holder| *holder != source) {
            self.repeated[source] += 1;
            return false;
        }
        if self.coming[source].is_some_and(|coming| time >= coming) {
            self.seen.insert(fingerprint, source);
        }
        true
    }

    fn repeated(&self, source: usize) -> u64 {
        self.repeated[source]
    }
}
