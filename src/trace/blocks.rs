//! Traces cut into blocks of whole records, in bounded memory.
//!
//! A block begins where a record begins and ends before one, so that blocks can be read by different threads
//! without knowing of each other. A record that was cut in two because its trace was (the next file begins with
//! the rest of it) is put together again.

use std::collections::VecDeque;
use std::io;

use super::counts::{Counts, count_lines};
use super::input::{Buffer, Input, READ, UnreadBytes};
use super::sources::Source;
use crate::log4j::records::{self, Line};

/// A record longer than this is cut: no memory may depend on what a file holds.
const LONGEST: usize = 8 * READ;

/// Whole records of one source.
#[derive(Debug, Default)]
pub struct Block {
    /// Which source, by its place in the list.
    pub source: usize,
    buffer: Buffer,
    unread: Option<UnreadBytes>,
    /// How many bytes at the end were taken from the next source: the rest of this one's last record.
    pub from_next: usize,
    /// What stands before this block in its source and belongs to the block before.
    pub rest: Counts,
    /// Whether the block begins inside a record that was too long to be kept whole.
    pub inside_record: bool,
    /// Whether the source ends with this block.
    pub last: bool,
    /// Whether the source could not be read on from here.
    pub broken: bool,
}

impl Block {
    /// Reads the bytes, where this was left to whoever takes the block.
    ///
    /// # Errors
    /// Where they can't be read. The block then holds those before the fault.
    pub fn load(&mut self) -> io::Result<()> {
        let Some(unread) = self.unread.take() else { return Ok(()) };
        let result = unread.read(&mut self.buffer);
        (self.broken, self.last) = (result.is_err(), result.is_err());
        result
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// The bytes that are the source's own, without those of the next.
    pub fn own_bytes(&self) -> &[u8] {
        &self.bytes()[..self.bytes().len() - self.from_next]
    }

    /// Whether its last line goes on in the next block.
    pub fn cuts_a_line(&self) -> bool {
        !self.last && self.bytes().last().is_some_and(|byte| *byte != b'\n')
    }

    /// Whether there is a record that the next source may continue.
    fn ends_in_a_record(&self) -> bool {
        let mut lines = self.bytes().rsplit(|byte| *byte == b'\n');
        self.inside_record || lines.any(|line| matches!(records::classify_line(line), Line::Start(_)))
    }
}

/// Cuts sources into blocks, one source after the other.
pub struct BlockReader<'s> {
    sources: &'s [Source],
    next: usize,
    open: Option<Open>,
    lookahead: Buffer,
    /// Sources that belong to the one before as a whole, to be accounted for.
    emptied: VecDeque<Block>,
    problems: Vec<(usize, io::Error)>,
    bytes_read: u64,
}

struct Open {
    source: usize,
    input: Input,
    /// Whether the input gave all that it has.
    at_end: bool,
    /// Whether it broke off there.
    broken: bool,
    rest: Counts,
    inside_record: bool,
}

impl Open {
    /// Takes back what was read too far, and tells how much of it will be read once more.
    fn give_back(&mut self, bytes: &[u8]) -> u64 {
        match &mut self.input {
            Input::File { at, .. } => {
                *at -= bytes.len() as u64;
                (self.at_end, self.broken) = (false, false);
                bytes.len() as u64
            }
            Input::Stream { carry, .. } => {
                carry.truncate(0);
                carry.append(bytes);
                0
            }
        }
    }
}

impl<'s> BlockReader<'s> {
    /// Reads these sources, in this order.
    pub fn new(sources: &'s [Source]) -> Self {
        let (lookahead, emptied) = (Buffer::default(), VecDeque::new());
        Self { sources, next: 0, open: None, lookahead, emptied, problems: Vec::new(), bytes_read: 0 }
    }

    /// A block could not be loaded: its source ends there.
    pub fn give_up(&mut self, source: usize, error: io::Error) {
        self.note_problem(source, error);
        self.open.take_if(|open| open.source == source);
    }

    /// Several threads, or a second look, may meet the same fault; the first who tells is enough.
    fn note_problem(&mut self, source: usize, error: io::Error) {
        if self.problems.iter().all(|(known, _)| *known != source) {
            self.problems.push((source, error));
        }
    }

    /// What could not be read, with the source's place in the list.
    pub fn into_problems(self) -> Vec<(usize, io::Error)> {
        self.problems
    }

    /// Bytes read so far, unpacked.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Fills the next block, or has it filled by [`Block::load`]; `false` when nothing is left. The block's buffer is
    /// used again.
    pub fn fill(&mut self, block: &mut Block) -> bool {
        if let Some(emptied) = self.emptied.pop_front() {
            *block = emptied;
            return true;
        }
        let Some(mut open) = self.open.take().or_else(|| self.open_next()) else { return false };
        block.from_next = 0;
        block.source = open.source;
        block.rest = std::mem::take(&mut open.rest);
        block.inside_record = open.inside_record;
        block.last = false;
        block.broken = false;
        block.unread = open.input.leave_next(&mut self.lookahead);
        if let Some(unread) = &block.unread {
            self.bytes_read += unread.length() as u64;
            open.inside_record = false;
            self.open = Some(open);
        } else {
            self.fill_here(block, open);
        }
        true
    }

    fn fill_here(&mut self, block: &mut Block, mut open: Open) {
        open.input.begin(&mut block.buffer);
        let cut = self.read_to_a_cut(&mut open, &mut block.buffer);
        (block.last, block.broken) = (open.at_end, open.broken);
        match cut {
            Cut::End => {
                self.open = self.open_next();
                // What the next source begins with may continue something that is lost.
                if !block.broken && block.ends_in_a_record() {
                    self.take_rest_from_next(block);
                }
            }
            Cut::Record(at) | Cut::Inside(at) => {
                self.bytes_read -= open.give_back(&block.bytes()[at..]);
                block.buffer.truncate(at);
                open.inside_record = matches!(cut, Cut::Inside(_)) && block.ends_in_a_record();
                self.open = Some(open);
            }
        }
    }

    /// Reads until the bytes hold the start of another record behind the first, or are too many, or the source
    /// ends.
    fn read_to_a_cut(&mut self, open: &mut Open, buffer: &mut Buffer) -> Cut {
        loop {
            let searched = buffer.bytes().len();
            self.read_more(open, buffer);
            if open.at_end {
                return Cut::End;
            }
            // The start may stand where the old and the new bytes meet.
            let bytes = buffer.bytes();
            let from = searched.saturating_sub(2 * records::TIMESTAMP);
            if let Some(start) = last_record_start(bytes, from.max(1)) {
                return Cut::Record(start);
            }
            if let Some(kept) = bytes.get(..LONGEST) {
                return Cut::Inside(memchr::memrchr(b'\n', kept).map_or(LONGEST, |end| end + 1));
            }
        }
    }

    fn read_more(&mut self, open: &mut Open, buffer: &mut Buffer) {
        if open.at_end {
            return;
        }
        let (count, result) = open.input.read(buffer, READ);
        self.bytes_read += count as u64;
        open.at_end = count < READ;
        if let Err(error) = result {
            // What came before the fault is in the buffer, and counts.
            open.broken = true;
            self.note_problem(open.source, error);
        }
    }

    fn open_next(&mut self) -> Option<Open> {
        while let Some(source) = self.sources.get(self.next) {
            let index = self.next;
            self.next += 1;
            match source.open().and_then(Input::new) {
                Ok(input) => {
                    return Some(Open {
                        source: index,
                        input,
                        at_end: false,
                        broken: false,
                        rest: Counts::default(),
                        inside_record: false,
                    });
                }
                Err(error) => self.note_problem(index, error),
            }
        }
        None
    }

    /// Where the next source of the same folder begins inside a record, its beginning belongs to this block.
    /// A source may be nothing but such a beginning; then the one behind it is asked, too.
    fn take_rest_from_next(&mut self, block: &mut Block) {
        let mut before = block.source;
        while let Some(mut next) = self.open.take() {
            // What could not be opened may have held the rest.
            let follows = next.source == before + 1;
            if !follows || self.sources[next.source].folder != self.sources[block.source].folder {
                self.open = Some(next);
                return;
            }
            before = next.source;
            let mut head = Buffer::default();
            next.input.begin(&mut head);
            self.read_more(&mut next, &mut head);
            let (rest, goes_on) = rest_of_record(head.bytes(), next.at_end);
            let joins_a_line = block.bytes().last().is_some_and(|byte| *byte != b'\n');
            next.rest = counts_of_rest(&head.bytes()[..rest], joins_a_line);
            block.buffer.append(&head.bytes()[..rest]);
            block.from_next += rest;
            if rest < head.bytes().len() || !next.at_end {
                next.inside_record = goes_on;
                self.bytes_read -= next.give_back(&head.bytes()[rest..]);
                self.open = Some(next);
                return;
            }
            let (source, rest, broken) = (next.source, next.rest, next.broken);
            self.emptied.push_back(Block { source, rest, broken, last: true, ..Block::default() });
            self.open = self.open_next();
            if broken {
                return;
            }
        }
    }
}

/// Where a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Before the record that starts at this byte.
    Record(usize),
    /// Inside a record that is too long, at this byte.
    Inside(usize),
    /// With its source.
    End,
}

/// How many bytes at the start of a trace are the rest of the record in which the trace before it ended, and whether
/// that record goes on behind them.
fn rest_of_record(head: &[u8], whole: bool) -> (usize, bool) {
    let mut at = 0;
    while at < head.len() {
        let end = memchr::memchr(b'\n', &head[at..]).map(|gap| at + gap);
        let line = &head[at..end.unwrap_or(head.len())];
        match records::classify_line(line) {
            Line::Start(_) => return (at, false),
            Line::Noise if at == 0 && !line.trim_ascii().is_empty() => return (0, false),
            Line::Continuation | Line::Noise => {}
        }
        match end {
            Some(end) => at = end + 1,
            // A line that goes on beyond what was read stays, so that it is not cut in two here.
            None => return if whole { (head.len(), false) } else { (at, true) },
        }
    }
    (at, !whole)
}

/// Counts what belongs to the source before. Its first line counts also where it is the rest of the last one of the source before.
fn counts_of_rest(rest: &[u8], joins_a_line: bool) -> Counts {
    let own_lines = rest.split_inclusive(|byte| *byte == b'\n').skip(usize::from(joins_a_line));
    let is_noise = |line: &&[u8]| records::classify_line(line.strip_suffix(b"\n").unwrap_or(line)) == Line::Noise;
    let skipped_lines = own_lines.filter(is_noise).count() as u64;
    Counts { bytes: rest.len() as u64, lines: count_lines(rest), records: 0, skipped_lines }
}

/// The last line behind `from` that starts a record.
fn last_record_start(bytes: &[u8], from: usize) -> Option<usize> {
    let floor = from.saturating_sub(1);
    memchr::memrchr_iter(b'\n', &bytes[floor..])
        .map(|at| floor + at + 1)
        .find(|start| records::starts_record(&bytes[*start..]))
}
