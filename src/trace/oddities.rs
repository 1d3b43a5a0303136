//! What is odd about a trace: what people, editors, terminals and crashes do to it. None of it loses a record; all of
//! it is told, once a trace, so that nobody wonders later.

use std::collections::BTreeMap;
use std::fmt;

use crate::log4j::records;

/// A way in which a trace differs from what log4j wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// Lines before the first record.
    BeginsInsideRecord,
    /// Text before the first record that nothing shows to be of a record.
    TextBefore,
    /// A byte order mark, NULs, blanks, a prompt, or what a search or a quotation puts before a record's first line.
    BeforeRecord,
    /// Lines end in CR LF.
    CarriageReturns,
    /// Lines end in blanks.
    TrailingBlanks,
    /// `,889` became `.889`.
    FullStop,
    /// Bytes that are no UTF-8.
    Latin1,
    /// Lines with NULs.
    Nuls,
    /// Times that run backwards by a minute or more.
    Backwards,
    /// A record so long that it was cut.
    Overlong,
    /// Records whose first line is cut short or of another form.
    Malformed,
    /// Records of a failure that end before they say which.
    CutError,
    /// The last line has no end.
    CutShort,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TextBefore => "text before the first record: ignored",
            Self::BeginsInsideRecord => "begins inside a record; its start is in an earlier trace",
            Self::BeforeRecord => "text stands before a record (a byte order mark, blanks, a prompt, a quote mark, a file name or a line number): ignored",
            Self::CarriageReturns => "lines end in carriage returns: ignored",
            Self::TrailingBlanks => "lines end in blanks: ignored",
            Self::FullStop => "milliseconds follow a full stop, not a comma: read all the same",
            Self::Latin1 => "contains text that is not UTF-8: read as Latin-1",
            Self::Nuls => "contains NULs, as after a crash",
            Self::Backwards => {
                "time runs backwards (end of daylight saving time, or the clock was set): kept in the file's order"
            }
            Self::Overlong => "a record is too long to keep whole",
            Self::Malformed => "a record is cut short or has another format",
            Self::CutError => "an ERROR record is cut before it says what failed",
            Self::CutShort => "the last line has no end: it may be cut short",
        })
    }
}

/// What is odd, and where it shows first (line of the block, from 0).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Oddities(BTreeMap<Oddity, u64>);

impl Oddities {
    /// Notes an oddity, unless it was seen before.
    pub fn note(&mut self, oddity: Oddity, line: u64) {
        self.0.entry(oddity).or_insert(line);
    }

    /// All that was noted, with its line.
    pub fn iter(&self) -> impl Iterator<Item = (Oddity, u64)> {
        self.0.iter().map(|(oddity, line)| (*oddity, *line))
    }

    /// Notes how the lines end and how times are written. These hold for a whole trace, so that a few lines tell;
    /// a single one may end in a blank of its message's own.
    pub fn note_form(&mut self, bytes: &[u8]) {
        const TELLING: usize = 3;
        let line = |end: &u8| *end == b'\n';
        let lines = || bytes.split_inclusive(line).take(TELLING).filter_map(|line| line.strip_suffix(b"\n"));
        let all = |of: fn(&[u8]) -> bool| lines().next().is_some() && lines().all(of);
        if all(|line| line.ends_with(b"\r")) {
            self.note(Oddity::CarriageReturns, 0);
        }
        if all(|line| line.trim_ascii_end().len() < line.strip_suffix(b"\r").unwrap_or(line).len()) {
            self.note(Oddity::TrailingBlanks, 0);
        }
        if records::starts_record(bytes) && bytes.get(19) == Some(&b'.') {
            self.note(Oddity::FullStop, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bytes: &[u8]) -> Vec<Oddity> {
        let mut oddities = Oddities::default();
        oddities.note_form(bytes);
        oddities.iter().map(|(oddity, _)| oddity).collect()
    }

    #[test]
    fn the_form_of_the_first_lines_tells_that_of_all() {
        assert_eq!(form(b"a\nb\nc\n"), []);
        assert_eq!(form(b"a\r\nb\r\nc\r\n"), [Oddity::CarriageReturns]);
        assert_eq!(form(b"a \nb\nc\n"), [], "a message may end in a blank");
        assert_eq!(form(b"a \r\nb \r\n\r\nc"), [Oddity::CarriageReturns]);
        assert_eq!(form(b"a \r\nb\t\r\nc  \r\n"), [Oddity::CarriageReturns, Oddity::TrailingBlanks]);
        assert_eq!(form(b"2019-07-25 13:12:11.971 ERROR x\n"), [Oddity::FullStop]);
        assert_eq!(form(b""), []);
    }

    #[test]
    fn an_oddity_is_noted_where_it_shows_first() {
        let mut oddities = Oddities::default();
        oddities.note(Oddity::Nuls, 3);
        oddities.note(Oddity::Nuls, 9);
        assert_eq!(oddities.iter().collect::<Vec<_>>(), [(Oddity::Nuls, 3)]);
    }
}
