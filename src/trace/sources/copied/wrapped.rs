//! Lines that a terminal or a mail program has broken at its width, in the whole text or in a part of it.
//!
//! A terminal breaks anywhere and drops the blank that falls on the edge; a mail program breaks at blanks (RFC 3676,
//! section 4.2) and quotes with `>`. A break was forced where the next word would not have fitted. What quotes a text
//! may indent it, or only the lines behind a break, or put a blank line behind each.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use super::pieces::Pieces;
use super::{lines, starts_record};
use crate::log4j::records::{self, Header, Line};

/// No terminal or mail program that breaks lines is wider or narrower.
const WIDTHS: std::ops::RangeInclusive<usize> = 30..=260;

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

/// Where lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// A terminal's: everywhere, at the width.
    Anywhere,
    /// A mail program's: at blanks, so that no line is wider.
    AtBlanks,
}

/// How lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrapping {
    breaks: Breaks,
    /// The most characters of a line, at the least.
    width: usize,
    /// A longer line was not broken.
    limit: usize,
    /// Characters before every line: blanks, marks of a quotation.
    margin: usize,
    /// Blanks before a line that goes on with the one before, behind the margin.
    hang: usize,
    /// A blank line stands behind each.
    is_spaced: bool,
}

/// A record whose head is cut, with the lines that go on with it.
struct Cut<'a> {
    lines: Vec<&'a [u8]>,
    /// Whether blank lines stand between them.
    is_spaced: bool,
}

impl<'a> Cut<'a> {
    /// Those of a text.
    fn all(text: &[&'a [u8]]) -> Vec<Self> {
        let at = |from: usize| {
            let mut cut = Self { lines: vec![*text.get(from)?], is_spaced: false };
            let mut blanks = 0;
            for line in text[from + 1..].iter().take(MOST_LINES) {
                match records::classify_line(line) {
                    Line::Noise => blanks += 1,
                    Line::Continuation if is_own(line) => break,
                    Line::Continuation => cut.lines.push(line),
                    Line::Start(_) => break,
                }
                // The break within the head is enough to tell, and what follows may be of another kind.
                let (joined, is_first) = (cut.lines.join(b" ".as_slice()), cut.lines.len() == 1);
                cut.is_spaced = blanks > 0 && blanks + 1 >= cut.lines.len();
                if (blanks > 1 && is_first) || is_whole(&joined) {
                    break;
                }
            }
            (cut.lines.len() > 1 && is_whole(&cut.lines.join(b" ".as_slice()))).then_some(cut)
        };
        let starts = (0..text.len()).filter(|line| is_cut(text[*line]));
        starts.filter_map(at).collect()
    }

    /// Whether it is whole once its lines are joined as this wrapping says.
    fn heals(&self, wrapping: Wrapping) -> bool {
        let Some((first, more)) = self.lines.split_first() else { return false };
        let mut joined = first.to_vec();
        let mut last = *first;
        for line in more {
            let Some(between) = wrapping.gap(&joined, last, line) else { return false };
            joined.extend([between, wrapping.continuation(line)].concat());
            last = line;
        }
        is_whole(&joined)
    }
}

impl Wrapping {
    /// How the lines of a text that begins so are broken; `None` where they are not.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let all: Vec<&[u8]> = lines(head).collect();
        Self::by_cut_heads(&all).or_else(|| Self::by_full_lines(&all))
    }

    /// Where a record's head is cut and whole with the next lines. Lines that are longer may stand elsewhere in the text.
    fn by_cut_heads(all: &[&[u8]]) -> Option<Self> {
        let cuts = Cut::all(all);
        let firsts = || cuts.iter().filter_map(|cut| cut.lines.first());
        let more = || cuts.iter().flat_map(|cut| cut.lines.iter().skip(1));
        let margin = firsts().map(|line| indent(line)).min()?;
        let hang = more().map(|line| indent(line).saturating_sub(margin)).min()?;
        // One blank may be the text's own.
        let hang = if hang > 1 && more().count() > 1 { hang } else { 0 };
        let is_spaced = cuts.iter().filter(|cut| cut.is_spaced).count() * 2 > cuts.len();
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        firsts().for_each(|line| *widths.entry(width_of(line)).or_default() += 1);
        let usual = widths.into_iter().max_by_key(|(_, count)| *count).map(|(width, _)| width)?;
        let anywhere = |width| Self { breaks: Breaks::Anywhere, width, limit: width, margin, hang, is_spaced };
        // No line of a broken record is longer, and of most the blank on the edge may be lost, not of all.
        let is_edge = |width: usize| {
            more().chain(firsts()).all(|line| width_of(line) <= width + hang)
                && all.iter().any(|line| width_of(line) == width)
        };
        let healed = |wrapping: Self| cuts.iter().filter(|cut| cut.heals(wrapping)).count();
        let edges = [usual + 1, usual].into_iter().filter(|width| is_edge(*width)).map(anywhere);
        let best = edges.max_by_key(|wrapping| healed(*wrapping)).filter(|best| healed(*best) * 2 > cuts.len());
        let pairs = || cuts.iter().flat_map(|cut| cut.lines.windows(2).map(|pair| (pair[0], pair[1])));
        let longest = pairs().map(|(line, _)| width_of(line)).max()?;
        let would_fit = pairs().map(|(line, next)| width_of(line) + width_of(first_word(next))).min()?;
        let (width, limit) = (longest.min(would_fit), longest.max(would_fit));
        let at_blanks = Self { breaks: Breaks::AtBlanks, width, limit, margin, hang, is_spaced };
        let found = best.unwrap_or(at_blanks);
        WIDTHS.contains(&found.width).then_some(found)
    }

    /// Where no head is cut: many lines are exactly as long as the longest, or the next word would not have fitted, and
    /// what follows is no part of a stack trace.
    fn by_full_lines(all: &[&[u8]]) -> Option<Self> {
        let width = all.iter().map(|line| width_of(line)).max().filter(|width| WIDTHS.contains(width))?;
        let pairs = || all.windows(2).map(|pair| (pair[0], pair[1])).filter(|(line, _)| starts_record(line));
        let [at_blanks, anywhere] = [Breaks::AtBlanks, Breaks::Anywhere].map(|breaks| Self {
            breaks,
            width,
            limit: width,
            margin: 0,
            hang: 0,
            is_spaced: false,
        });
        let goes_on = |(line, next): (&[u8], &[u8]), wrapping: Self| wrapping.gap(line, line, next).is_some();
        let short = pairs().filter(|(line, _)| width_of(line) + 1 < width);
        if short.filter(|pair| goes_on(*pair, at_blanks)).count() > 1 {
            return Some(at_blanks);
        }
        let full = pairs().filter(|pair| width_of(pair.0) == width && goes_on(*pair, anywhere));
        (full.count() > 1).then_some(anywhere)
    }

    /// The most characters of a line.
    pub fn width(self) -> usize {
        self.width
    }

    /// What was lost between the last line of a record, `joined` so far, and the next that goes on with it: nothing, or a
    /// blank. `None` where the next line is one of its own.
    fn gap(self, joined: &[u8], last: &[u8], next: &[u8]) -> Option<&'static [u8]> {
        if matches!(records::classify_line(next), Line::Start(_) | Line::Noise) || is_own(next) {
            return None;
        }
        let length = width_of(last);
        match self.breaks {
            Breaks::Anywhere => {
                let is_at = |edge: usize| [self.width, self.width + self.hang].contains(&edge);
                // The blank on the edge is lost.
                if is_at(length) { Some(b"") } else { is_at(length + 1).then_some(b" ") }
            }
            Breaks::AtBlanks => {
                let needed = length + 1 + width_of(first_word(next)) + self.hang;
                let was_forced =
                    length > 0 && needed > self.width && (length <= self.limit + self.hang || is_word(last));
                (was_forced || is_cut(joined)).then_some(if is_open(last) { b"" } else { b" " })
            }
        }
    }

    /// The part of a line that goes on with the one before.
    fn continuation(self, line: &[u8]) -> &[u8] {
        match self.breaks {
            Breaks::Anywhere => &line[indent(line).min(self.margin + self.hang)..],
            Breaks::AtBlanks => unquoted(line),
        }
    }
}

/// Whether a line that starts no record is one of its own all the same: of a stack trace.
fn is_own(line: &[u8]) -> bool {
    let words = unquoted(line);
    let is_stack = ["at ", "Caused by:", "... "].iter().any(|start| words.starts_with(start.as_bytes()));
    let word = first_word(line);
    words.is_empty() || word == b"at" || is_stack || is_exception(word)
}

/// Whether no blank was lost at a line's end: some programs leave the one at which they break, and some break behind a
/// hyphen in a word (`Thread-13`).
fn is_open(line: &[u8]) -> bool {
    matches!(line, [.., b' '] | [.., b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', b'-'])
}

/// Whether a line is one word, which can't be broken at blanks, however long.
fn is_word(line: &[u8]) -> bool {
    !unquoted(line).contains(&b' ')
}

/// The first word behind what quotes a line.
fn first_word(line: &[u8]) -> &[u8] {
    unquoted(line).split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// How many blanks and marks of a quotation stand before a line.
fn indent(line: &[u8]) -> usize {
    line.len() - unquoted(line).len()
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
}

impl<R: BufRead> Joined<R> {
    pub(super) fn new(lines: R, wrapping: Wrapping) -> Self {
        Self { lines, wrapping, last: Vec::new(), line: Vec::new(), count: 0 }
    }
}

impl<R: BufRead> Pieces for Joined<R> {
    /// The next line that is whole.
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let mut line = Vec::new();
            (&mut self.lines).take(LONGEST).read_until(b'\n', &mut line)?;
            let is_end = line.is_empty();
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if self.wrapping.is_spaced && !is_end && unquoted(line).is_empty() {
                continue;
            }
            let between = self.wrapping.gap(&self.line, &self.last, line);
            let between = between.filter(|_| !is_end && (1..MOST_LINES).contains(&self.count));
            if let Some(between) = between {
                self.line.extend([between, self.wrapping.continuation(line)].concat());
                self.count += 1;
            } else {
                let before = std::mem::replace(&mut self.line, line.to_vec());
                let is_first = std::mem::replace(&mut self.count, usize::from(!is_end)) == 0;
                self.last = line.to_vec();
                if is_end || !is_first {
                    let end: &[u8] = if is_first { b"" } else { b"\n" };
                    return Ok([&before, end].concat());
                }
                continue;
            }
            self.last = line.to_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{RECORDS, restored};
    use super::super::{Copied, Form};
    use super::Breaks;

    fn at_characters(line: &str, width: usize) -> Vec<String> {
        let characters: Vec<char> = line.chars().collect();
        characters.chunks(width).map(|part| part.iter().collect::<String>().trim_end().to_owned()).collect()
    }

    fn at_blanks(line: &str, width: usize) -> Vec<String> {
        let options = textwrap::Options::new(width).break_words(false);
        textwrap::wrap(line, options).iter().map(|part| part.trim_end().to_owned()).collect()
    }

    /// The records, each broken so, with this before every line and that before those behind a break.
    fn broken(break_line: impl Fn(&str) -> Vec<String>, margin: &str, hang: &str, end: &str) -> String {
        let lines = |record: &&str| {
            let parts = break_line(record).into_iter().enumerate();
            parts
                .map(|(number, part)| [margin, if number > 0 { hang } else { "" }, &part, end].concat())
                .collect::<String>()
        };
        RECORDS.iter().map(lines).collect()
    }

    fn breaks(copied: Copied) -> Option<Breaks> {
        if let Form::Wrapped(wrapping) = copied.form { Some(wrapping.breaks) } else { None }
    }

    #[track_caller]
    fn is_joined(text: &str, expected: Breaks) {
        let (copied, lines) = restored(text);
        assert_eq!(breaks(copied), Some(expected), "{text}");
        let lines: Vec<_> = lines.iter().map(|line| line.trim_start_matches(['>', ' '])).collect();
        assert_eq!(lines, RECORDS, "{text}");
    }

    #[test]
    fn lines_that_a_terminal_broke_are_joined_indented_and_spaced_or_not() {
        for width in [40, 43, 46, 60, 80, 100, 132] {
            for (margin, hang) in [("", ""), ("    ", ""), ("> ", ""), ("", "    "), ("> > ", "  ")] {
                // One broken record has a line behind the break: what stands before it may be its own.
                if width < 100 || hang.is_empty() && margin.is_empty() {
                    is_joined(&broken(|line| at_characters(line, width), margin, hang, "\n"), Breaks::Anywhere);
                }
            }
        }
        is_joined(&broken(|line| at_characters(line, 80), "", "", "\n\n"), Breaks::Anywhere);
    }

    #[test]
    fn lines_that_a_mail_program_broke_are_joined_quoted_indented_and_spaced_or_not() {
        for width in [40, 44, 50, 72, 76, 78] {
            for (margin, hang) in [("", ""), ("> ", ""), ("> > ", ""), ("    ", ""), ("", "    "), ("> ", "  ")] {
                is_joined(&broken(|line| at_blanks(line, width), margin, hang, "\n"), Breaks::AtBlanks);
            }
        }
        is_joined(&broken(|line| at_blanks(line, 72), "", "", "\r\n\r\n"), Breaks::AtBlanks);
    }

    #[test]
    fn a_text_that_is_broken_in_a_part_is_joined_there() {
        let long = format!("{} {}", RECORDS[3], "and so on ".repeat(40)).trim_end().to_owned();
        for (part, expected) in [
            (broken(|line| at_characters(line, 80), "", "", "\n"), Breaks::Anywhere),
            (broken(|line| at_blanks(line, 72), "", "", "\n"), Breaks::AtBlanks),
        ] {
            for text in [format!("{long}\n{part}"), format!("{part}{long}\n"), format!("{long}\n{part}{long}\n")] {
                let (copied, lines) = restored(&text);
                assert_eq!(breaks(copied), Some(expected), "{text}");
                let lines: Vec<_> = lines.iter().filter(|line| **line != long).collect();
                assert_eq!(lines, RECORDS.iter().collect::<Vec<_>>(), "{text}");
            }
        }
    }

    #[test]
    fn a_stack_trace_keeps_its_lines() {
        let stack = "\tat com.jcraft.jsch.Session.receive_kexinit(Session.java:510)\n\tat x.Y.z(Y.java:1)\n";
        let record = at_characters(RECORDS[0], 80).join("\n");
        let text = format!("{record}\n{stack}Caused by: java.net.SocketException\n");
        let (_, lines) = restored(&text);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(lines[0], RECORDS[0]);
    }
}
