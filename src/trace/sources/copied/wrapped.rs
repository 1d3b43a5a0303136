//! Lines that a terminal or a mail program has broken at its width.
//!
//! A terminal breaks anywhere and drops the blank that falls on the edge; a mail program breaks at blanks (RFC 3676,
//! section 4.2) and quotes with `>`. A break was forced where the next word would not have fitted.

use std::io::{self, BufRead, Cursor, Read};

use super::{lines, starts_record};
use crate::log4j::records::{self, Header, Line};

/// No terminal or mail program that breaks lines is wider or narrower.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=260;

/// A record is joined of no more lines than this: a longer one is not a broken line.
const MOST_LINES: usize = 200;

/// A line is read up to this many bytes; a longer one was not broken.
const LONGEST: u64 = 1 << 20;

/// Whether a record's first line has its whole head.
fn is_whole(line: &[u8]) -> bool {
    match records::classify_line(line) {
        Line::Start(at) => Header::parse(&line[at..]).is_some(),
        Line::Continuation | Line::Noise => false,
    }
}

/// How lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// A terminal's: everywhere, at so many characters.
    Anywhere(usize),
    /// A mail program's: at blanks, so that no line has more characters.
    AtBlanks(usize),
}

impl Wrapping {
    /// How the lines of a text that begins so are broken; `None` where they are not.
    ///
    /// That they are shows where a record's head is cut and is whole with the next line, or where many lines are exactly
    /// as long as the longest and what follows is no part of a stack trace.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let all: Vec<&[u8]> = lines(head).collect();
        let width = all.iter().map(|line| width_of(line)).max().filter(|width| WIDTHS.contains(width))?;
        let pairs = || all.windows(2).map(|pair| (pair[0], pair[1])).filter(|(line, _)| starts_record(line));
        let at_edge = |line: &[u8]| width_of(line) + 1 >= width;
        let heals = |(line, next): (&[u8], &[u8]), wrapping: Self| {
            let Some(between) = wrapping.gap(line, next).filter(|_| is_cut(line)) else { return false };
            let next = wrapping.continuation(next);
            is_whole(&[line, between, next].concat()) || width_of(next) + 1 >= width
        };
        let (at_blanks, anywhere) = (Self::AtBlanks(width), Self::Anywhere(width));
        let goes_on = |(line, next): (&[u8], &[u8]), wrapping: Self| wrapping.gap(line, next).is_some();
        let short = || pairs().filter(|(line, _)| !at_edge(line));
        if short().any(|pair| heals(pair, at_blanks)) || short().filter(|pair| goes_on(*pair, at_blanks)).count() > 1 {
            return Some(at_blanks);
        }
        let full = pairs().filter(|pair| width_of(pair.0) == width && goes_on(*pair, anywhere));
        let is_broken = pairs().any(|pair| heals(pair, anywhere)) || full.count() > 1;
        is_broken.then_some(anywhere)
    }

    /// The most characters of a line.
    pub fn width(self) -> usize {
        match self {
            Self::Anywhere(width) | Self::AtBlanks(width) => width,
        }
    }

    /// What was lost between a line and the next that goes on with it: nothing, or a blank. `None` where the next line
    /// is one of its own.
    fn gap(self, line: &[u8], next: &[u8]) -> Option<&'static [u8]> {
        if matches!(records::classify_line(next), Line::Start(_) | Line::Noise) {
            return None;
        }
        let words = unquoted(next);
        let word = words.split(|byte| *byte == b' ').next().unwrap_or_default();
        let is_stack = ["at ", "Caused by:", "... "].iter().any(|start| words.starts_with(start.as_bytes()));
        if words.is_empty() || word == b"at" || is_stack || is_exception(word) {
            return None;
        }
        let length = width_of(line);
        match self {
            Self::Anywhere(width) if length == width => Some(b""),
            // The blank on the edge is lost.
            Self::Anywhere(width) => (length + 1 == width).then_some(b" "),
            Self::AtBlanks(width) => {
                let was_forced = length > 0 && length + 1 + width_of(word) > width;
                // Some programs leave the blank at which they break.
                (was_forced || is_cut(line)).then_some(if line.ends_with(b" ") { b"" } else { b" " })
            }
        }
    }

    /// The part of a line that goes on with the one before.
    fn continuation(self, line: &[u8]) -> &[u8] {
        match self {
            Self::Anywhere(_) if !line.starts_with(b">") => line,
            _ => unquoted(line),
        }
    }
}

/// Whether a record's head does not end on its line.
fn is_cut(line: &[u8]) -> bool {
    starts_record(line) && !is_whole(line)
}

/// Characters of UTF-8, or bytes of Latin-1.
fn width_of(line: &[u8]) -> usize {
    std::str::from_utf8(line).map_or(line.len(), |text| text.chars().count())
}

/// `java.lang.Exception:`, which begins a line of a stack trace.
fn is_exception(word: &[u8]) -> bool {
    let name = word.strip_suffix(b":").unwrap_or(word);
    name.contains(&b'.') && (name.ends_with(b"Exception") || name.ends_with(b"Error"))
}

/// Without the marks of a quotation and the blanks before it.
fn unquoted(line: &[u8]) -> &[u8] {
    let from = line.iter().position(|byte| !matches!(byte, b'>' | b' ' | b'\t')).unwrap_or(line.len());
    &line[from..]
}

/// The text with its lines whole.
pub(super) struct Joined<R> {
    lines: R,
    wrapping: Wrapping,
    /// The last line read, as it stood there.
    last: Vec<u8>,
    /// Its lines so far, joined.
    line: Vec<u8>,
    count: usize,
    out: Cursor<Vec<u8>>,
}

impl<R: BufRead> Joined<R> {
    pub(super) fn new(lines: R, wrapping: Wrapping) -> Self {
        Self { lines, wrapping, last: Vec::new(), line: Vec::new(), count: 0, out: Cursor::default() }
    }

    /// Reads lines until one is whole, and puts it out.
    fn advance(&mut self) -> io::Result<()> {
        loop {
            let mut line = Vec::new();
            (&mut self.lines).take(LONGEST).read_until(b'\n', &mut line)?;
            let is_end = line.is_empty();
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let between =
                self.wrapping.gap(&self.last, line).filter(|_| !is_end && (1..MOST_LINES).contains(&self.count));
            if let Some(between) = between {
                self.line.extend([between, self.wrapping.continuation(line)].concat());
                self.count += 1;
            } else {
                let before = std::mem::replace(&mut self.line, line.to_vec());
                let is_first = std::mem::replace(&mut self.count, usize::from(!is_end)) == 0;
                self.last = line.to_vec();
                if is_end || !is_first {
                    let end: &[u8] = if is_first { b"" } else { b"\n" };
                    self.out = Cursor::new([&before, end].concat());
                    return Ok(());
                }
                continue;
            }
            self.last = line.to_vec();
        }
    }
}

impl<R: BufRead> Read for Joined<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.out.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        self.advance()?;
        self.out.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::super::tests::{RECORDS, restored};
    use super::Wrapping;

    fn at_characters(line: &str, width: usize) -> String {
        let characters: Vec<char> = line.chars().collect();
        characters.chunks(width).map(|part| part.iter().collect::<String>().trim_end().to_owned() + "\n").collect()
    }

    fn at_blanks(line: &str, width: usize, quote: &str) -> String {
        let options = textwrap::Options::new(width).break_words(false);
        let parts = textwrap::wrap(line, options);
        parts.iter().flat_map(|part| [quote, part.trim_end(), "\n"]).collect()
    }

    #[test]
    fn lines_that_a_terminal_broke_are_joined() {
        for width in [80, 100, 132] {
            let text: String = RECORDS.iter().map(|line| at_characters(line, width)).collect();
            let (copied, lines) = restored(&text);
            assert_eq!(copied.form, Form::Wrapped(Wrapping::Anywhere(width)), "{text}");
            assert_eq!(lines, RECORDS, "{width}");
        }
    }

    #[test]
    fn lines_that_a_mail_program_broke_and_quoted_are_joined() {
        for (width, quote) in [(72, ""), (78, "> "), (76, "> > ")] {
            let text: String = RECORDS.iter().map(|line| at_blanks(line, width, quote)).collect();
            let (copied, lines) = restored(&text);
            assert!(matches!(copied.form, Form::Wrapped(Wrapping::AtBlanks(_))), "{text}");
            let lines: Vec<_> = lines.iter().map(|line| line.trim_start_matches(['>', ' '])).collect();
            assert_eq!(lines, RECORDS, "{text}");
        }
    }

    #[test]
    fn a_stack_trace_keeps_its_lines() {
        let stack = "\tat com.jcraft.jsch.Session.receive_kexinit(Session.java:510)\n\tat x.Y.z(Y.java:1)\n";
        let text = format!("{}{stack}Caused by: java.net.SocketException\n", at_characters(RECORDS[0], 80));
        let (_, lines) = restored(&text);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(lines[0], RECORDS[0]);
    }
}
