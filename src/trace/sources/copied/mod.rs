//! Traces that came another way than as a copy of the file: out of a terminal or a mail that broke their lines, or out
//! of a log server's export. Each is turned back into the records' own lines while it is read.

mod exported;
mod pieces;
mod reversed;
mod typed;
mod wrapped;

use std::io::{BufReader, Read};

use pieces::PieceReader;
use typed::Typed;
use wrapped::Wrapping;

use crate::log4j::records::{self, Line};

/// How a text was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    typed: Typed,
    form: Form,
    /// The newest record stands first, as log servers export them.
    is_reversed: bool,
}

/// Where the records stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    /// Each begins a line of its own, and no line is broken.
    #[default]
    AsItIs,
    /// Long lines are broken.
    Wrapped(Wrapping),
    /// In strings of JSON.
    Json,
    /// In quoted fields of CSV (RFC 4180).
    Csv,
}

impl Copied {
    /// By a text's beginning.
    pub fn of(head: &[u8]) -> Self {
        let typed = Typed::of(head, exported::form(head).is_some_and(|form| form == Form::Json));
        let mut lines = Vec::new();
        // Bytes in memory are always read.
        let _ = typed.lines(head).read_to_end(&mut lines);
        Self { typed, ..Self::of_lines(&lines) }
    }

    fn of_lines(head: &[u8]) -> Self {
        let wrapped = Wrapping::of(head).map(Form::Wrapped);
        let form = wrapped.or_else(|| exported::form(head)).unwrap_or(Form::AsItIs);
        let is_reversed = match form {
            Form::AsItIs => reversed::is_reversed(head),
            form => {
                let mut records = Vec::new();
                // What stands before an error is enough to tell.
                let _ = form.restored(head).read_to_end(&mut records);
                reversed::is_reversed(&records)
            }
        };
        Self { typed: Typed::default(), form, is_reversed }
    }

    /// Whether nothing is to be restored.
    pub fn is_as_it_is(self) -> bool {
        self == Self::default()
    }

    /// What to say of a text that was copied so; `None` where it is as it was written.
    pub fn remark(self) -> Option<String> {
        let typed = self.typed.remark();
        let form = match self.form {
            Form::AsItIs => None,
            Form::Wrapped(wrapping) => {
                Some(format!("its lines are broken at {} characters: joined again", wrapping.width()))
            }
            Form::Json => Some("records inside JSON: extracted".to_owned()),
            Form::Csv => Some("records inside CSV: extracted".to_owned()),
        };
        let order = self.is_reversed.then(|| "newest records first: reversed".to_owned());
        let counts = "line numbers count the records as they are read".to_owned();
        let counts = (form.is_some() || order.is_some() || self.typed.moves_lines()).then_some(counts);
        let how: Vec<String> = [typed, form, order, counts].into_iter().flatten().collect();
        (!how.is_empty()).then(|| how.join("; "))
    }

    /// The text with each record in lines of its own, the oldest first.
    pub fn restored<'a>(self, text: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        let text = self.typed.lines(BufReader::new(text));
        let records = self.form.restored(text);
        if self.is_reversed { Box::new(reversed::Reversed::new(records)) } else { records }
    }
}

impl Form {
    fn restored<'a>(self, text: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        let text = BufReader::new(text);
        match self {
            Self::AsItIs => Box::new(text),
            Self::Wrapped(wrapping) => Box::new(PieceReader::new(wrapped::Joined::new(text, wrapping))),
            Self::Json => Box::new(PieceReader::new(exported::Strings::of_json(text))),
            Self::Csv => Box::new(PieceReader::new(exported::Strings::of_csv(text))),
        }
    }
}

fn starts_record(line: &[u8]) -> bool {
    matches!(records::classify_line(line), Line::Start(_))
}

/// Lines without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) const RECORDS: [&str; 4] = [
        "2019-07-25 13:12:11,971 ERROR [main] sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connectionAlgorithm negotiation fail",
        "2019-07-25 13:12:11,975 ERROR [main] sftpapi.ftpClient (ftpClient.java:246) - connect(): Failed connect to 1.1.1.1",
        "2019-07-25 13:12:18,996 ERROR [Thread-13] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: cmr_StandAloneCluster_03_201907231317_844004 to 1.1.1.1",
        "2019-07-25 13:12:19,001 INFO  [Thread-13] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...",
    ];

    pub(super) fn restored(text: &str) -> (Copied, Vec<String>) {
        let copied = Copied::of(text.as_bytes());
        let mut bytes = Vec::new();
        copied.restored(text.as_bytes()).read_to_end(&mut bytes).unwrap();
        (copied, String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect())
    }

    #[test]
    fn records_that_end_in_carriage_returns_are_read_broken_or_not() {
        for text in [RECORDS.join("\r"), format!("pasted:\n{}\r", RECORDS.join("\r"))] {
            let (copied, lines) = restored(&text);
            assert!(copied.remark().unwrap().ends_with("read as line ends"), "{text}");
            assert_eq!(lines[lines.len() - RECORDS.len()..], RECORDS);
        }
        let broken: Vec<String> =
            RECORDS.iter().flat_map(|record| [&record[..80], &record[80..]].map(str::to_owned)).collect();
        assert_eq!(restored(&broken.join("\r")).1, RECORDS);
    }

    #[test]
    fn a_trace_as_it_was_written_stays_so() {
        let real = include_str!("../../../../fixtures/cdrrepmgr00073.log");
        assert_eq!(Copied::of(real.as_bytes()).remark(), None);
        for text in [RECORDS.join("\n"), format!("> {}\n", RECORDS[0]), String::new(), "x".repeat(70_000)] {
            assert_eq!(Copied::of(text.as_bytes()).remark(), None, "{}", &text[..text.len().min(200)]);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>, width in 1usize..100) {
            let record = [RECORDS[0].as_bytes(), &bytes].concat();
            let lines = record.chunks(width.max(30));
            let broken = lines.flat_map(|line| [line, b"\n"].concat()).collect::<Vec<_>>();
            let wrapping = Wrapping::of(&broken).map(Form::Wrapped);
            for form in wrapping.into_iter().chain([Copied::of(&bytes).form, Form::Json, Form::Csv]) {
                let copied = Copied { typed: Typed::of(&record, false), form, is_reversed: width % 2 == 0 };
                let mut out = Vec::new();
                copied.restored(bytes.as_slice()).read_to_end(&mut out).unwrap();
                prop_assert!(out.len() <= bytes.len() * 3 + 2);
            }
        }
    }
}
