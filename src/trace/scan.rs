//! One block of a trace: its lines and records counted, its events read. Pure, and so for any thread.

use std::borrow::Cow;

use self_cell::self_cell;

use super::blocks::Block;
use super::counts::{Counts, count_lines};
use super::event::{Event, What};
use super::events::{self, Clues};
use super::names::{Name, Names};
use super::oddities::{Oddities, Oddity};
use super::recall::{Known, Recall};
use super::running::Running;
use crate::log4j::lanes;
use crate::log4j::records::{self, Clock, Header, Layout, Line, MINUTE, Minute, TIMESTAMP};

/// A block seldom holds more events.
const EVENTS: usize = 64;

self_cell! {
    /// A block with what it holds.
    pub struct ScannedBlock {
        owner: Block,
        #[covariant]
        dependent: Scanned,
    }
}

impl ScannedBlock {
    /// Reads a block. From `repeated_from` on another source may hold the same records.
    pub fn scan(block: Block, repeated_from: Option<Minute>) -> Self {
        Self::new(block, |block| scan(block, repeated_from))
    }
}

/// What one block holds.
#[derive(Debug, Default)]
pub struct Scanned<'b> {
    /// Which source, by its place in the list.
    pub source: usize,
    /// Bytes, lines and records of that source.
    pub counts: Counts,
    /// What stands before this block in its source and was lent to the block before.
    pub lent: Counts,
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

/// Reads a block, as [`ScannedBlock::scan`] does.
pub fn scan(block: &Block, repeated_from: Option<Minute>) -> Scanned<'_> {
    let mut scan = Scan {
        bytes: block.bytes(),
        countable: countable(block),
        record: None,
        line: 0,
        last: (0, 0),
        minute: [0; MINUTE],
        noisy: false,
        inside: block.inside_record,
        repeated_from,
        running: Running::default(),
        recall: Recall::default(),
        clock: Clock::default(),
        out: Scanned {
            source: block.source,
            lent: block.lent,
            events: Vec::with_capacity(EVENTS),
            last: block.last,
            broken: block.broken,
            ..Scanned::default()
        },
    };
    let last_record = scan.all_lines();
    let mut out = scan.out;
    let own = block.own_bytes();
    out.counts.bytes = own.len() as u64;
    if block.borrowed > 0 {
        out.counts.lines = count_lines(own);
    } else if block.cuts_a_line() {
        out.counts.lines -= 1;
    }
    out.oddities.note_form(own);
    if block.last && block.borrowed == 0 {
        note_end(&mut out, own, last_record);
    }
    out
}

/// Reads one record again, as it stands in a block.
pub fn reread(record: &[u8]) -> Option<(Event<Name>, Names<'_>)> {
    let more = memchr::memchr(b'\n', record).map_or(&[][..], |end| &record[end + 1..]);
    let (header, more) = (Header::parse(records::first_line(record))?, without_noise(more));
    let mut names = Names::default();
    let event = events::read(&header, records::trim_end(&more))?;
    Some((event.map(|text| names.number(Cow::Owned(text.into_owned()))), names))
}

/// Up to where lines that start here count here: not those of the next source, nor one that ends in the next block.
fn countable(block: &Block) -> usize {
    let own = block.own_bytes();
    if block.cuts_a_line() { memchr::memrchr(b'\n', own).map_or(0, |end| end + 1) } else { own.len() }
}

/// The source ends here, and nothing continues its last record.
fn note_end(out: &mut Scanned<'_>, own: &[u8], last_record: Option<u64>) {
    let last_line = own.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    if !last_line.is_empty() && records::classify_line(last_line) != Line::Noise {
        out.oddities.note(Oddity::CutShort, out.counts.lines - 1);
    }
    if let Some(event) = out.events.last_mut() {
        event.last = last_record == Some(event.line);
    }
}

struct Scan<'b> {
    bytes: &'b [u8],
    /// Lines that start behind this byte count elsewhere.
    countable: usize,
    /// The record under way, if it may be an event.
    record: Option<Open>,
    /// The line under way.
    line: u64,
    /// Where the last record starts, and its line, if there is one.
    last: (usize, u64),
    /// The last record's minute. No more is compared of most records: a clock that is set back changes it.
    minute: Minute,
    /// Whether noise stands inside the record under way.
    noisy: bool,
    /// Whether the block began inside a record.
    inside: bool,
    /// From when on another source may hold the same records.
    repeated_from: Option<Minute>,
    running: Running<'b>,
    recall: Recall<'b>,
    clock: Clock,
    out: Scanned<'b>,
}

/// A record whose end is not yet found.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    /// Where its first line ends.
    end: usize,
    line: u64,
}

impl<'b> Scan<'b> {
    /// Reads all lines and tells where the last record begins.
    fn all_lines(&mut self) -> Option<u64> {
        let bytes = self.bytes;
        let mut start = 0;
        lanes::for_each_line_end(bytes, |end| {
            self.line(start, end);
            start = end + 1;
        });
        if start < bytes.len() {
            self.line(start, bytes.len());
        }
        self.close_record(bytes.len());
        self.out.counts.lines = self.line;
        let (at, line) = self.last;
        if let (Some((_, last)), Some(time)) = (&mut self.out.times, bytes[at..].first_chunk::<TIMESTAMP>()) {
            *last = *time;
        }
        (self.out.counts.records > 0).then_some(line)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it runs for every line")]
    fn line(&mut self, start: usize, end: usize) {
        if records::starts_record(&self.bytes[start..]) {
            self.open_record(start, end);
        } else {
            self.other_line(start, end);
        }
        self.line += 1;
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it runs for nearly every line")]
    fn open_record(&mut self, start: usize, end: usize) {
        self.close_record(start);
        let record = &self.bytes[start..];
        let (before, _) = std::mem::replace(&mut self.last, (start, self.line));
        self.out.counts.records += 1;
        if let Some(minute) = record.first_chunk()
            && *minute != self.minute
        {
            self.new_minute(record, *minute, before);
        }
        if !self.running.repeats(&self.bytes[start..end]) && events::may_matter(record) {
            self.record = Some(Open { start, end, line: self.line });
        }
    }

    #[cold]
    #[inline(never)]
    fn new_minute(&mut self, record: &[u8], minute: Minute, before: usize) {
        if self.repeated_from.is_some_and(|from| minute >= from) {
            self.running.count_all();
        }
        if self.out.times.is_none() {
            self.out.times = record.first_chunk::<TIMESTAMP>().map(|time| (*time, *time));
        }
        if minute < self.minute {
            let times = records::parse_time(record).zip(self.bytes.get(before..).and_then(records::parse_time));
            if times.is_some_and(|(time, before)| records::runs_backwards(before, time)) {
                self.out.oddities.note(Oddity::Backwards, self.line);
            }
        }
        self.minute = minute;
    }

    #[inline(never)]
    fn other_line(&mut self, start: usize, end: usize) {
        let line = &self.bytes[start..end];
        // A crash leaves them in a row, to the end of a line or of the file.
        if line.first() == Some(&0) || line.last() == Some(&0) {
            self.out.oddities.note(Oddity::Nuls, self.line);
        }
        match records::classify_odd_line(line) {
            Line::Start(at) => {
                self.out.oddities.note(Oddity::BeforeRecord, self.line);
                self.open_record(start + at, end);
            }
            Line::Noise => {
                self.skip(start);
                self.noisy = true;
            }
            Line::Continuation if self.out.counts.records > 0 => {
                if events::speaks_of_failure(line) {
                    self.out.failure.get_or_insert(self.line);
                }
            }
            Line::Continuation if self.inside => self.out.oddities.note(Oddity::Overlong, self.line),
            Line::Continuation => {
                self.skip(start);
                self.out.oddities.note(Oddity::BeginsInsideRecord, self.line);
            }
        }
    }

    fn skip(&mut self, start: usize) {
        self.out.counts.skipped_lines += u64::from(start < self.countable);
    }

    #[inline]
    fn close_record(&mut self, end: usize) {
        if let Some(open) = self.record.take() {
            self.read_record(open, end);
        }
        self.noisy = false;
    }

    #[inline(never)]
    fn read_record(&mut self, Open { start, end: first_end, line }: Open, end: usize) {
        let bytes: &'b [u8] = self.bytes;
        let (record, first) = (&bytes[start..end], &bytes[start..first_end]);
        let Some((time, said)) = record.split_first_chunk::<TIMESTAMP>() else { return };
        let known = self.recall.find(said);
        let told = match known {
            Some(Known::Event(event)) => Some(self.out.events[event].event).map(|event| (event.thread, event.what)),
            Some(Known::Nothing) => None,
            None => self.read_anew(record, first, line),
        };
        let Some((thread, what)) = told else {
            if known.is_none() && events::is_failure(records::trim_end(first)) {
                self.out.failure.get_or_insert(line);
            }
            return self.recall.keep(said, Known::Nothing);
        };
        if self.out.failure.is_none() && what.is_failure() {
            self.out.failure = Some(line);
        }
        let Some(time) = self.clock.read(time) else { return };
        if known.is_none() {
            self.recall.keep(said, Known::Event(self.out.events.len()));
        }
        self.running.follow(&what, first);
        self.out.events.push(Seen { line, event: Event { time, thread, what }, record, last: false });
    }

    /// On which thread a record tells what. `first` is its first line.
    fn read_anew(&mut self, record: &'b [u8], first: &'b [u8], line: u64) -> Option<(Name, What<Name>)> {
        let Some(layout) = Layout::of(records::trim_end(first)) else {
            let is_error = records::is_error(first);
            self.out.oddities.note(if is_error { Oddity::CutError } else { Oddity::Malformed }, line);
            return None;
        };
        let header = Header::of(&layout, first);
        let clues = Clues::of(header.level, header.class, header.message)?;
        // One look shows that the whole record is a text; its parts are cut out of it.
        match std::str::from_utf8(record) {
            Ok(text) if !self.noisy => self.read_text(&clues, &layout, text, first.len()),
            text => {
                let more = record.get(first.len() + 1..).unwrap_or_default();
                let told = self.read_bytes(&header, more)?;
                if text.is_err() {
                    self.out.oddities.note(Oddity::Latin1, line);
                }
                Some(told)
            }
        }
    }

    #[inline]
    fn read_text(
        &mut self,
        clues: &Clues,
        layout: &Layout,
        record: &'b str,
        first: usize,
    ) -> Option<(Name, What<Name>)> {
        let more = record.get(first + 1..).unwrap_or_default();
        let more = &more[..records::trim_end(more.as_bytes()).len()];
        let class = record[layout.class.clone()].as_bytes();
        let what = events::read_text(clues, class, &record[layout.message.clone()], more)?;
        let names = &mut self.out.names;
        let what = what.map(|text| names.number(text));
        Some((names.number(record[layout.thread.clone()].into()), what))
    }

    /// As [`Self::read_text`], where noise stands in the record, or bytes that are no UTF-8.
    #[cold]
    fn read_bytes(&mut self, header: &Header<'b>, more: &'b [u8]) -> Option<(Name, What<Name>)> {
        let without_noise = self.noisy.then(|| without_noise(more));
        let more = records::trim_end(without_noise.as_deref().unwrap_or(more));
        let what = events::read_bytes(header, more)?;
        let names = &mut self.out.names;
        let what = what.map(|text| names.number(Cow::Owned(text.into_owned())));
        Some((names.number(records::text(header.thread)), what))
    }
}

fn without_noise(more: &[u8]) -> Vec<u8> {
    let kept: Vec<&[u8]> =
        more.split(|byte| *byte == b'\n').filter(|line| records::classify_line(line) != Line::Noise).collect();
    kept.join(&b'\n')
}
