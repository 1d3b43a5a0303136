//! Reading traces: blocks go to as many threads as there are cores, and what they find is folded in the blocks'
//! order. Memory is bounded by the blocks under way, whatever the size of the traces.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::accounts::Account;
use super::block_names::BlockNames;
use super::blocks::{Block, BlockReader};
use super::counts::InputCounts;
use super::event::Event;
use super::names::{Name, Names};
use super::note::RecordPlace;
use super::oddities::Oddity;
use super::overlap::{Held, Overlap};
use super::scan::{self, Before, ScannedBlock};
use super::scanned::{Scanned, Seen};
use super::sources::Source;
use super::timeline::{Timeline, TracedLists, Window};
use crate::log4j::records;
use crate::words::counted;

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
    /// Failures that are cut before they say what failed: the source, and where.
    pub cut: Vec<(usize, String)>,
}

/// Reads the sources, which stand in the order of their time. `progress` is told how many bytes were read.
pub fn read(sources: &[Source], window: &Window, progress: &(dyn Fn(u64) + Sync)) -> Reading {
    let reader = Mutex::new((0u64, BlockReader::new(sources)));
    let fold = Fold::new(sources, window);
    let repeated_from = fold.overlap.repeated_from();
    let fold = InOrder::new(fold);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut block, mut before) = (Block::default(), Before::default());
                while let Some(number) = next_block(&reader, &mut block, progress) {
                    let mut ticket = Ticket { fold: &fold, number, scanned: None };
                    if let Err(error) = block.load() {
                        lock(&reader).1.give_up(block.source, error);
                    }
                    let repeated_from = repeated_from[block.source];
                    ticket.scanned = Some(ScannedBlock::scan(block, repeated_from, &mut before));
                    drop(ticket);
                    block = fold.used_block();
                }
            });
        }
    });
    let (_, reader) = reader.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reading = fold.into_inner().finish();
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

/// Puts what the threads found together in the order of its numbers, whichever comes first.
struct InOrder<'s> {
    state: Mutex<Waiting<'s>>,
    passed: Condvar,
}

struct Waiting<'s> {
    fold: Fold<'s>,
    /// The number whose turn it is.
    next: u64,
    /// What came before its turn; nothing, where a thread panicked.
    early: BTreeMap<u64, Option<ScannedBlock>>,
    /// Blocks whose buffers can be used again.
    used: Vec<Block>,
}

impl<'s> InOrder<'s> {
    /// More than so many do not wait for their turn, so that no queue can grow.
    const MOST: usize = 32;

    fn new(fold: Fold<'s>) -> Self {
        let (early, used) = (BTreeMap::new(), Vec::new());
        Self { state: Mutex::new(Waiting { fold, next: 0, early, used }), passed: Condvar::new() }
    }

    fn push(&self, number: u64, scanned: Option<ScannedBlock>) {
        let mut state = lock(&self.state);
        while state.next != number && state.early.len() >= Self::MOST {
            state = self.passed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.early.insert(number, scanned);
        if state.early.len() > Self::MOST {
            // They go on once the lock is free, even where folding panics.
            self.passed.notify_all();
        }
        let Waiting { fold, next, early, used } = &mut *state;
        while let Some(scanned) = early.remove(next) {
            *next += 1;
            if let Some(mut scanned) = scanned {
                scanned.with_dependent_mut(|_, scanned| fold.push(std::mem::take(scanned)));
                used.push(scanned.into_owner());
            }
        }
    }

    /// A block whose buffer can be used again, or a new one.
    fn used_block(&self) -> Block {
        lock(&self.state).used.pop().unwrap_or_default()
    }

    fn into_inner(self) -> Fold<'s> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).fold
    }
}

/// What one block holds, under its number. It is passed on when dropped, so that a thread that panics stops nobody.
struct Ticket<'t, 's> {
    fold: &'t InOrder<'s>,
    number: u64,
    scanned: Option<ScannedBlock>,
}

impl Drop for Ticket<'_, '_> {
    fn drop(&mut self) {
        self.fold.push(self.number, self.scanned.take());
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
    /// Failures that are cut before they say what failed: the source and the line.
    cut: Vec<(usize, u64)>,
    /// Failures that are cut inside the name of their host: the source and the line.
    unnamed: Vec<(usize, u64)>,
    /// Where each source first tells of a failure.
    failures: BTreeMap<usize, u64>,
    /// Sources that could not be read on: what comes from behind the fault has no line number.
    broken: HashSet<usize>,
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
            cut: Vec::new(),
            unnamed: Vec::new(),
            failures: BTreeMap::new(),
            broken: HashSet::new(),
        }
    }

    fn push(&mut self, scanned: Scanned<'_>) {
        let source = scanned.source;
        if self.broken.contains(&source) {
            return;
        }
        if scanned.broken {
            self.broken.insert(source);
        }
        let line = self.inputs[source].counts.lines + scanned.rest.lines;
        self.warn(&scanned, line);
        if let Some(at) = scanned.failure {
            self.failures.entry(scanned.source).or_insert(line + at + 1);
        }
        self.count(&scanned);
        self.fold_events(scanned.events, scanned.names, source, line);
        if scanned.last && self.overlap.repeated(source) > 0 {
            let (label, events) = (&self.sources[source].label, counted(self.overlap.repeated(source), "event"));
            self.warnings.push(format!("{label}: repeats {events} of another file: counted once"));
        }
    }

    /// `before`: the source's lines before the block.
    fn fold_events(&mut self, events: Vec<Seen<'_>>, names: Names<'_>, source: usize, before: u64) {
        let mut names = BlockNames::new(names);
        let mut node = None;
        for seen in events {
            let line = before + seen.line + 1;
            if self.overlap.is_alone(source, &seen) || self.counts(source, line, &seen) {
                let node = *node.get_or_insert_with(|| self.node(source));
                self.take(node, seen.event, RecordPlace { source, line, record: seen.record }, &mut names);
            }
        }
    }

    /// Whether an event counts that another file may hold as well. Those held back that count before it are folded.
    #[cold]
    fn counts(&mut self, source: usize, line: u64, seen: &Seen<'_>) -> bool {
        let (released, counts) = self.overlap.count_once(source, line, seen, &self.inputs);
        for held in released {
            self.fold_held(&held);
        }
        counts
    }

    fn fold_held(&mut self, held: &Held) {
        if let Some((event, names)) = scan::reread(&held.record) {
            let node = self.node(held.source);
            let here = RecordPlace { source: held.source, line: held.line, record: &held.record };
            self.take(node, event, here, &mut BlockNames::new(names));
        }
    }

    /// Takes an event, unless its record ends inside the name of a host that nothing else names: no server is to be
    /// made out of a piece of one's address. A single record is a line that somebody copied, not a trace that was cut.
    fn take(&mut self, node: usize, event: Event<Name>, here: RecordPlace<'_>, names: &mut BlockNames<'_>) {
        let timeline = &mut self.nodes[node].1;
        let is_alone = self.inputs[here.source].counts.records == 1;
        if !is_alone && timeline.ends_inside_host(&event, here.record, names) {
            self.unnamed.push((here.source, here.line));
        } else {
            timeline.push(event, here, names);
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

    fn count(&mut self, scanned: &Scanned<'_>) {
        let input = &mut self.inputs[scanned.source];
        input.counts += scanned.rest;
        input.counts += scanned.counts;
        if let Some((first, last)) = scanned.times {
            input.first = input.first.or_else(|| records::parse_time(&first));
            input.last = records::parse_time(&last).or(input.last);
        }
    }

    /// Tells each oddity of a source once, where it shows first.
    fn warn(&mut self, scanned: &Scanned<'_>, line: u64) {
        let before = self.inputs[scanned.source].last;
        let between = scanned.times.and_then(|(first, _)| records::parse_time(&first)).zip(before);
        let backwards = between.is_some_and(|(first, before)| records::runs_backwards(before, first));
        let across_blocks = backwards.then_some((Oddity::Backwards, 0));
        for (oddity, at) in across_blocks.into_iter().chain(scanned.oddities.iter()) {
            if self.told.insert((scanned.source, oddity)) {
                let number = line + at + 1;
                if oddity == Oddity::CutError {
                    self.cut.push((scanned.source, number));
                    continue;
                }
                let label = &self.sources[scanned.source].label;
                self.warnings.push(format!("{label}:{number}: {oddity}"));
            }
        }
    }

    fn finish(mut self) -> Reading {
        for held in self.overlap.release() {
            self.fold_held(&held);
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
        // A copy of a trace that is written ends anywhere: that is told, and no failure of its own.
        let is_end = |source: usize, line: u64| {
            let counts = &self.inputs[source].counts;
            counts.records > 1 && counts.lines == line && self.told.contains(&(source, Oddity::CutShort))
        };
        let cut = self.cut.iter().filter(|(source, line)| !is_end(*source, *line));
        let mut cut: Vec<_> =
            cut.map(|(source, line)| (*source, format!("line {line}: {}", Oddity::CutError))).collect();
        let why =
            "has no end: the server's address may be cut, so the failure is not counted; end the line if it is whole";
        cut.extend(self.unnamed.iter().map(|(source, line)| (*source, format!("line {line} {why}"))));
        // Where failures were counted, what else tells of some is theirs.
        let none_counted = nodes.iter().flatten().all(|account: &Account| !account.history.has_failures());
        let told = self.failures.iter().filter(|_| none_counted && cut.is_empty());
        let told: Vec<_> = told
            .map(|(source, line)| (*source, format!("line {line} reports a failure, but not of which delivery")))
            .collect();
        cut.extend(told);
        Reading { inputs: self.inputs, nodes, lists, warnings: self.warnings, broken: Vec::new(), cut }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::trace::sources;

    #[test]
    fn who_waits_goes_on_once_the_slowest_has_come_though_others_panicked() {
        const BLOCKS: u64 = 200;
        let file = tempfile::NamedTempFile::new().unwrap();
        let sources = sources::find(&[file.path().to_owned()], |_| None).sources;
        let window = Window::default();
        let fold = InOrder::new(Fold::new(&sources, &window));
        let next = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= BLOCKS {
                            return;
                        }
                        let mut block = fold.used_block();
                        block.rest.lines = number;
                        // The first comes when as many wait as may.
                        while number == 0 && lock(&fold.state).early.len() < InOrder::MOST {
                            thread::yield_now();
                        }
                        let panicked = number % 7 == 3;
                        fold.push(number, (!panicked).then(|| ScannedBlock::scan(block, None, &mut Before::default())));
                    }
                });
            }
        });
        let state = lock(&fold.state);
        assert_eq!((state.next, state.early.len()), (BLOCKS, 0));
        assert!(state.used.len() <= InOrder::MOST + THREADS, "{}", state.used.len());
        drop(state);
        let lines = fold.into_inner().finish().inputs[0].counts.lines;
        assert_eq!(lines, (0..BLOCKS).filter(|number| number % 7 != 3).sum::<u64>());
    }
}
