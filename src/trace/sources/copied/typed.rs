//! What editors, browsers, chats and programs write in the place of a line feed, a blank or a hyphen.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use super::pieces::{PieceReader, Pieces};
use super::{lines, starts_record};
use crate::log4j::records::{self, Header};
use crate::text;

/// What ends a line elsewhere: a vertical tab (Word), NEL and Unicode's own, an escape of JSON's, a break of HTML's.
const ENDS: [&[u8]; 10] = [
    b"\x0b",
    b"\xc2\x85",
    "\u{2028}".as_bytes(),
    "\u{2029}".as_bytes(),
    b"\\r\\n",
    b"\\n",
    b"<br>",
    b"<br/>",
    b"<br />",
    b"<BR>",
];

/// Signs that programs set for those of ASCII: blanks and hyphens that do not break, dashes, and what has no width.
const SIGNS: [(&str, &str); 9] = [
    ("\u{a0}", " "),
    ("\u{2007}", " "),
    ("\u{202f}", " "),
    ("\u{2010}", "-"),
    ("\u{2011}", "-"),
    ("\u{2013}", "-"),
    ("\u{2014}", "-"),
    ("\u{200b}", ""),
    ("\u{2060}", ""),
];

/// So many bytes are looked at for an end.
const LONGEST: usize = 1 << 20;

/// Where records end, beside at line feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At a carriage return alone.
    Return,
    /// At one of these.
    Mark(&'static [u8]),
    /// Where the next begins: a paste has lost the line ends.
    NextRecord,
}

/// How a text was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Typed {
    end: Option<End>,
    /// Signs stand for those of ASCII.
    has_signs: bool,
}

impl Typed {
    /// How a text that begins so was typed. In JSON and CSV strings end records.
    pub fn of(head: &[u8], is_exported: bool) -> Self {
        let plain = without_signs(head);
        let has_signs = matches!(&plain, Cow::Owned(plain) if whole_heads(plain) > whole_heads(head));
        let text = if has_signs { &*plain } else { head };
        let end = if ends_in_returns(text) { Some(End::Return) } else { end_of(text).filter(|_| !is_exported) };
        Self { end, has_signs }
    }

    /// What to say of it.
    pub fn remark(self) -> Option<String> {
        let end = self.end.map(|end| match end {
            End::Return => "its lines end in carriage returns alone: read as line ends",
            End::Mark(_) => "its lines end in marks of another program: read as line ends",
            End::NextRecord => "its records stand in one line: taken apart",
        });
        let signs = self.has_signs.then_some("signs stand for its blanks and hyphens: read as those");
        let told: Vec<&str> = end.into_iter().chain(signs).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Whether line numbers are not the file's.
    pub fn moves_lines(self) -> bool {
        matches!(self.end, Some(End::Mark(_) | End::NextRecord))
    }

    /// The text in lines that end in line feeds, in ASCII's signs.
    pub fn lines<'a>(self, text: impl BufRead + Send + 'a) -> Box<dyn Read + Send + 'a> {
        match self {
            Self { end: None, has_signs: false } => Box::new(text),
            Self { end: Some(End::Return), has_signs: false } => Box::new(text::LineFeeds::new(text)),
            Self { end: Some(End::Return), .. } => {
                let lines = io::BufReader::new(text::LineFeeds::new(text));
                Box::new(PieceReader::new(Lines::new(lines, Self { end: None, ..self })))
            }
            typed => Box::new(PieceReader::new(Lines::new(text, typed))),
        }
    }

    /// Where lines of this text end: from where to where.
    fn ends(self, text: &[u8]) -> Vec<(usize, usize)> {
        match self.end {
            Some(End::Mark(mark)) => memchr::memmem::find_iter(text, mark).map(|at| (at, at + mark.len())).collect(),
            Some(End::NextRecord) => next_records(text).map(|at| (at, at)).collect(),
            Some(End::Return) | None => Vec::new(),
        }
    }
}

/// Whether a carriage return alone ends a line: there is no line feed, or a record begins behind one.
fn ends_in_returns(head: &[u8]) -> bool {
    let has_feeds = memchr::memchr(b'\n', head).is_some();
    text::lone_returns(head).any(|at| at + 1 < head.len() && (!has_feeds || records::starts_record(&head[at + 1..])))
}

/// What ends records that stand behind others in their line: a mark, or nothing.
fn end_of(head: &[u8]) -> Option<End> {
    let behind: Vec<&[u8]> = lines(head).flat_map(|line| next_records(line).map(|at| &line[..at])).collect();
    let mark = behind.iter().find_map(|before| {
        let before = before.trim_ascii_end();
        ENDS.into_iter().find(|mark| before.ends_with(mark))
    });
    mark.map(End::Mark).or_else(|| (!behind.is_empty()).then_some(End::NextRecord))
}

/// Where records with their whole head begin in a line behind others with theirs.
fn next_records(line: &[u8]) -> impl Iterator<Item = usize> {
    // The comma before the milliseconds.
    const COMMA: usize = 19;
    let starts = memchr::memchr2_iter(b',', b'.', line).filter_map(|at| at.checked_sub(COMMA));
    let mut last: Option<usize> = None;
    starts.filter(|at| records::starts_record(&line[*at..])).filter(move |at| {
        let before = last.replace(*at);
        before
            .is_some_and(|before| Header::parse(&line[before..*at]).is_some() && Header::parse(&line[*at..]).is_some())
    })
}

fn whole_heads(text: &[u8]) -> usize {
    let is_whole = |line: &&[u8]| matches!(records::classify_line(line), records::Line::Start(at) if Header::parse(&line[at..]).is_some());
    lines(text).filter(|line| starts_record(line)).filter(is_whole).count()
}

fn without_signs(bytes: &[u8]) -> Cow<'_, [u8]> {
    // Each begins with one of these bytes.
    if memchr::memchr2(0xc2, 0xe2, bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Cow::Borrowed(bytes);
    for (sign, ascii) in SIGNS {
        if memchr::memmem::find(&plain, sign.as_bytes()).is_some() {
            plain = Cow::Owned(replaced(&plain, sign.as_bytes(), ascii.as_bytes()));
        }
    }
    plain
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut last = 0;
    for at in memchr::memmem::find_iter(bytes, from) {
        out.extend([&bytes[last..at], to].concat());
        last = at + from.len();
    }
    out.extend_from_slice(&bytes[last..]);
    out
}

/// The lines of a text that was typed so.
struct Lines<R> {
    text: R,
    typed: Typed,
    /// What was read behind the last end, of a line that is longer than what is looked at.
    rest: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn new(text: R, typed: Typed) -> Self {
        Self { text, typed, rest: Vec::new() }
    }
}

impl<R: BufRead> Pieces for Lines<R> {
    /// What is whole of what is read next.
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        let mut read = std::mem::take(&mut self.rest);
        let before = read.len();
        (&mut self.text).take(LONGEST as u64).read_until(b'\n', &mut read)?;
        let goes_on = read.len() - before == LONGEST && !read.ends_with(b"\n");
        let text = if self.typed.has_signs { without_signs(&read) } else { Cow::Borrowed(&read[..]) };
        let ends = self.typed.ends(&text);
        let mut out = Vec::with_capacity(text.len() + ends.len());
        let mut from = 0;
        for (end, behind) in &ends {
            out.extend([text[from..*end].trim_ascii_end(), b"\n"].concat());
            from = *behind;
        }
        if goes_on && !ends.is_empty() {
            self.rest = text[from..].to_vec();
        } else {
            out.extend_from_slice(&text[from..]);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{RECORDS, restored};
    use super::*;

    #[test]
    fn records_that_end_in_other_marks_or_none_are_taken_apart() {
        assert_eq!(restored(&RECORDS[2..].join(" ")).1, RECORDS[2..]);
        for end in ["\u{b}", "\u{85}", "\u{2028}", "\\n", "\\r\\n", "<br>", " ", ""] {
            let text = RECORDS.join(end);
            let (copied, lines) = restored(&text);
            assert!(copied.remark().is_some(), "{end:?}");
            assert_eq!(lines, RECORDS, "{end:?}");
        }
    }

    #[test]
    fn signs_of_word_processors_and_browsers_are_read_as_those_of_ascii() {
        for (from, to) in [(" ", "\u{a0}"), (" - ", " \u{2013} "), ("-", "\u{2011}"), (",", ",\u{200b}")] {
            assert_eq!(restored(&RECORDS.join("\n").replace(from, to)).1, RECORDS, "{from:?}");
        }
        let umlauts = RECORDS.join("\n") + "\nGr\u{fc}\u{df}e \u{2013} und\u{a0}Dank";
        assert_eq!(restored(&umlauts).0.remark(), None, "what stands in a message stays");
    }

    #[test]
    fn a_relays_time_and_the_beginning_of_a_record_take_no_line_apart() {
        let relayed = RECORDS.map(|record| format!("2019-07-25 15:12:11,000 cucm {record}")).join("\n");
        let quoting = format!("{} as at {}\n{}", RECORDS[0], &RECORDS[1][..40], RECORDS[2]);
        for text in [relayed, quoting] {
            assert_eq!(restored(&text).0.remark(), None, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_taken_apart_across_what_is_read_at_once() {
        let many = RECORDS.join("\u{2028}") + "\u{2028}";
        let times = 3 * LONGEST / many.len();
        let (_, lines) = restored(&many.repeat(times));
        assert_eq!(lines.len(), RECORDS.len() * times);
        assert!(lines.iter().zip(RECORDS.iter().cycle()).all(|(line, record)| line == record));
    }
}
