//! Reading traces: blocks go to as many threads as there are cores, and what they find is folded in the blocks'
//! order. Memory is bounded by the blocks under way, whatever the size of the traces.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use chrono::NaiveDateTime;

use super::blocks::{Block, BlockReader};
use super::ledger::Place;
use super::oddities::Oddity;
use super::overlap::{Located, Overlap};
use super::records;
use super::scan::{self, Counts, Scanned};
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
    told: HashSet<(usize, Oddity)>,
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
            told: HashSet::new(),
            warnings: Vec::new(),
        }
    }

    fn push(&mut self, scanned: Scanned) {
        let source = scanned.source;
        let line = self.inputs[source].counts.lines + scanned.lent_lines;
        self.warn(&scanned, line);
        self.count(&scanned);
        for seen in scanned.events {
            let line = line + seen.line + 1;
            for counted in self.overlap.sift(Located { source, line, seen }, &self.inputs) {
                self.push_event(counted);
            }
        }
        if scanned.last && self.overlap.repeated(source) > 0 {
            let (label, count) = (&self.sources[source].label, self.overlap.repeated(source));
            self.warnings.push(format!("{label}: repeats {count} events of another file: counted once"));
        }
    }

    fn push_event(&mut self, Located { source, line, seen }: Located) {
        let node = self.node(source);
        self.nodes[node].1.push(seen.event, Place { source, line, text: seen.text });
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

    /// Tells each oddity of a source once, where it shows first.
    fn warn(&mut self, scanned: &Scanned, line: u64) {
        let before = self.inputs[scanned.source].last;
        let between = scanned.times.and_then(|(first, _)| records::parse_time(&first)).zip(before);
        let backwards = between.is_some_and(|(first, before)| (before - first).num_seconds() >= 60);
        let across_blocks = backwards.then_some((Oddity::Backwards, 0));
        for (oddity, at) in across_blocks.into_iter().chain(scanned.oddities.iter()) {
            if self.told.insert((scanned.source, oddity)) {
                let label = &self.sources[scanned.source].label;
                self.warnings.push(format!("{label}:{}: {oddity}", line + at + 1));
            }
        }
    }

    fn finish(mut self) -> Reading {
        for held in self.overlap.release() {
            self.push_event(held);
        }
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
