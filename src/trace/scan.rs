//! One block of a trace: its lines and records counted, its events read. Pure, and so for any thread.

use std::borrow::Cow;
use std::ops::Range;

use self_cell::self_cell;

use super::blocks::Block;
use super::counts::count_lines;
use super::event::{Event, What};
use super::events::{self, Clues};
use super::names::{Name, Names};
use super::oddities::Oddity;
use super::repeats::{Known, Repeats, Said, Thread};
use super::running::Running;
use super::scanned::{Scanned, Seen};
use crate::log4j::lanes;
use crate::log4j::records::{self, Clock, Header, Layout, Line, MINUTE, Minute, TIMESTAMP};

self_cell! {
    /// A block with what it holds.
    pub struct ScannedBlock {
        owner: Block,
        #[covariant]
        dependent: Scanned,
    }
}

/// What a thread that reads one block after the other keeps for the next.
#[derive(Debug, Default)]
pub struct Before {
    repeats: Repeats,
    /// How many events the last block held: the next holds about as many.
    events: usize,
}

impl ScannedBlock {
    /// Reads a block. From `repeated_from` on another source may hold the same records.
    pub fn scan(block: Block, repeated_from: Option<Minute>, before: &mut Before) -> Self {
        Self::new(block, |block| scan(block, repeated_from, before))
    }
}

/// Reads a block, as [`ScannedBlock::scan`] does.
pub fn scan<'b>(block: &'b Block, repeated_from: Option<Minute>, before: &mut Before) -> Scanned<'b> {
    before.repeats.begin_block();
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
        repeats: &mut before.repeats,
        clock: Clock::default(),
        out: Scanned {
            source: block.source,
            rest: block.rest,
            events: Vec::with_capacity(before.events + before.events / 8),
            last: block.last,
            broken: block.broken,
            ..Scanned::default()
        },
    };
    let last_record = scan.all_lines();
    let mut out = scan.out;
    before.events = out.events.len();
    let own = block.own_bytes();
    out.counts.bytes = own.len() as u64;
    if block.from_next > 0 {
        out.counts.lines = count_lines(own);
    } else if block.cuts_a_line() {
        out.counts.lines -= 1;
    }
    out.oddities.note_form(own);
    if block.last && block.from_next == 0 {
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

struct Scan<'b, 'k> {
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
    repeats: &'k mut Repeats,
    clock: Clock,
    out: Scanned<'b>,
}

/// A record whose end is not yet found.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    /// Where its first line ends.
    end: usize,
    /// Where its second line ends, or else its first.
    telling: usize,
    line: u64,
}

/// In which form the bytes of a record are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// UTF-8.
    Text,
    /// Latin-1, as Windows reads it.
    Latin1,
}

impl<'b> Scan<'b, '_> {
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
            self.record = Some(Open { start, end, telling: end, line: self.line });
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
                if let Some(open) = self.record.as_mut().filter(|open| open.telling == open.end) {
                    open.telling = end;
                }
                if events::speaks_of_failure(line) {
                    self.out.failure.get_or_insert(self.line);
                }
            }
            Line::Continuation if self.inside => self.out.oddities.note(Oddity::Overlong, self.line),
            Line::Continuation => {
                self.skip(start);
                let is_of_stack = events::is_of_stack(line);
                let oddity = if is_of_stack { Oddity::BeginsInsideRecord } else { Oddity::TextBefore };
                self.out.oddities.note(oddity, self.line);
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
    fn read_record(&mut self, Open { start, end: first_end, telling, line }: Open, end: usize) {
        let bytes: &'b [u8] = self.bytes;
        let (record, first) = (&bytes[start..end], &bytes[start..first_end]);
        let said = Said::of(bytes, start..end, telling);
        let known = self.repeats.find(&said).map(|told| (told.thread, told.known));
        let Some((thread, known)) = known.or_else(|| self.told(&said, record, first, line)) else { return };
        let what = match known {
            Known::Nothing { failure } => {
                if failure {
                    self.out.failure.get_or_insert(line);
                }
                return;
            }
            Known::Event(what) => what,
        };
        if self.out.failure.is_none() && what.is_failure() {
            self.out.failure = Some(line);
        }
        let Some(time) = self.clock.read(record) else { return };
        self.running.follow(&what, first);
        self.out.events.push(Seen { line, event: Event { time, thread, what }, record, last: false });
    }

    /// Who told what by a record that its thread has not told yet in this block. `first` is its first line. `None` where
    /// it is of another form.
    fn told(&mut self, said: &Said<'b>, record: &'b [u8], first: &'b [u8], line: u64) -> Option<(Name, Known<Name>)> {
        let Some(name) = records::thread(first) else {
            self.note_malformed(first, line);
            return None;
        };
        let (at, bytes) = (Thread::of(&name), &record[name.clone()]);
        let told = at.and_then(|at| self.repeats.find_of_others(said, at, &mut self.out.names));
        let (known, form) = match told {
            Some(known) => (known, Form::Text),
            None => self.read_anew(record, first, line, name)?,
        };
        // Who says what is no event is nobody's concern.
        let is_event = matches!(known, Known::Event(_));
        let thread = if is_event { self.out.names.number_bytes(bytes) } else { Name::default() };
        if let Some(at) = at {
            self.repeats.keep(said, at, thread, known, form == Form::Latin1 || told.is_some());
        }
        Some((thread, known))
    }

    /// What a record tells whose thread stands there, and in which form; `None` where it is of another.
    fn read_anew(
        &mut self,
        record: &'b [u8],
        first: &'b [u8],
        line: u64,
        thread: Range<usize>,
    ) -> Option<(Known<Name>, Form)> {
        let Some(layout) = Layout::around(thread, records::trim_end(first)) else {
            self.note_malformed(first, line);
            return None;
        };
        let header = Header::of(&layout, first);
        let Some((what, form)) = self.read_event(&header, &layout, record, first.len()) else {
            return Some((Known::Nothing { failure: events::is_failure(&header) }, Form::Text));
        };
        if form == Form::Latin1 {
            self.out.oddities.note(Oddity::Latin1, line);
        }
        Some((Known::Event(what), form))
    }

    #[cold]
    fn note_malformed(&mut self, first: &[u8], line: u64) {
        let is_error = records::is_error(first);
        self.out.oddities.note(if is_error { Oddity::CutError } else { Oddity::Malformed }, line);
    }

    /// What a record tells. Its first line is so long.
    fn read_event(
        &mut self,
        header: &Header<'b>,
        layout: &Layout,
        record: &'b [u8],
        first: usize,
    ) -> Option<(What<Name>, Form)> {
        let clues = Clues::of(header.level, header.class, header.message)?;
        // One look shows that the whole record is a text; its parts are cut out of it.
        match std::str::from_utf8(record) {
            Ok(text) if !self.noisy => Some((self.read_text(&clues, layout, text, first)?, Form::Text)),
            text => {
                let what = self.read_bytes(header, record.get(first + 1..).unwrap_or_default())?;
                Some((what, if text.is_ok() { Form::Text } else { Form::Latin1 }))
            }
        }
    }

    #[inline]
    fn read_text(&mut self, clues: &Clues, layout: &Layout, record: &'b str, first: usize) -> Option<What<Name>> {
        let more = record.get(first + 1..).unwrap_or_default();
        let more = &more[..records::trim_end(more.as_bytes()).len()];
        let class = record[layout.class.clone()].as_bytes();
        let what = events::read_text(clues, class, &record[layout.message.clone()], more)?;
        Some(what.map(|text| self.out.names.number(text)))
    }

    /// As [`Self::read_text`], where noise stands in the record, or bytes that are no UTF-8.
    #[cold]
    fn read_bytes(&mut self, header: &Header<'b>, more: &'b [u8]) -> Option<What<Name>> {
        let without_noise = self.noisy.then(|| without_noise(more));
        let more = records::trim_end(without_noise.as_deref().unwrap_or(more));
        let what = events::read_bytes(header, more)?;
        Some(what.map(|text| self.out.names.number(Cow::Owned(text.into_owned()))))
    }
}

fn without_noise(more: &[u8]) -> Vec<u8> {
    let kept: Vec<&[u8]> =
        more.split(|byte| *byte == b'\n').filter(|line| records::classify_line(line) != Line::Noise).collect();
    kept.join(&b'\n')
}
