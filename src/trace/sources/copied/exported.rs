//! Records in the strings of JSON or the quoted fields of CSV, as log servers export what was sent to them.

use std::io::{self, BufRead, Read};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::pieces::Pieces;
use super::{Form, lines, starts_record};
use crate::log4j::records::{self, Line};
use crate::trace::events;

/// A string is kept up to this many bytes; no record is longer.
const LONGEST: usize = 4 << 20;

/// The form of a text that begins so; `None` where no record stands in quotes.
pub(super) fn form(head: &[u8]) -> Option<Form> {
    static QUOTED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?-u)"\s*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3} +[A-Z]{4,5} +\["#).ok());
    let has_plain = lines(head).any(|line| matches!(records::classify_line(line), Line::Start(0)));
    if has_plain || !QUOTED.as_ref()?.is_match(head) {
        return None;
    }
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace())?;
    Some(if matches!(first, b'{' | b'[') { Form::Json } else { Form::Csv })
}

/// How a quote stands inside of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// Behind a backslash (RFC 8259, section 7).
    Backslash,
    /// Doubled (RFC 4180, section 2).
    Doubled,
}

/// The records in a text's strings and between them, each in lines of its own; whatever else stands there is left out.
pub(super) struct Strings<R> {
    text: R,
    escape: Escape,
    /// The last record put out: a document may hold it twice (`message` and `event.original`).
    last: Vec<u8>,
}

impl<R: BufRead> Strings<R> {
    pub(super) fn of_json(text: R) -> Self {
        Self { text, escape: Escape::Backslash, last: Vec::new() }
    }

    pub(super) fn of_csv(text: R) -> Self {
        Self { text, escape: Escape::Doubled, last: Vec::new() }
    }

    /// What stands before the next string: CSV quotes only the fields that need it.
    fn before_string(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        (&mut self.text).take(LONGEST as u64).read_until(b'"', &mut text)?;
        if text.len() == LONGEST {
            self.text.skip_until(b'"')?;
        }
        Ok(text)
    }

    /// A string's content behind its first quote, escaped as it stands there.
    fn string(&mut self) -> io::Result<Vec<u8>> {
        let mut string = Vec::new();
        loop {
            let room = LONGEST.saturating_sub(string.len()) as u64;
            (&mut self.text).take(room).read_until(b'"', &mut string)?;
            if string.last() != Some(&b'"') {
                // It has no end, or is longer than any record.
                self.text.skip_until(b'"')?;
                return Ok(string);
            }
            if !self.goes_on(&string)? {
                string.pop();
                return Ok(string);
            }
        }
    }

    /// Whether the quote at the end is one of the string's own. The second of two is taken out of the text.
    fn goes_on(&mut self, string: &[u8]) -> io::Result<bool> {
        match self.escape {
            Escape::Backslash => {
                let before = &string[..string.len() - 1];
                Ok(before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1)
            }
            Escape::Doubled => {
                let is_doubled = self.text.fill_buf()?.first() == Some(&b'"');
                self.text.consume(usize::from(is_doubled));
                Ok(is_doubled)
            }
        }
    }

    fn unescaped(&self, string: Vec<u8>) -> Vec<u8> {
        if self.escape == Escape::Doubled {
            return string;
        }
        let quoted = [b"\"".as_slice(), &string, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).map_or(string, String::into_bytes)
    }
}

impl<R: BufRead> Pieces for Strings<R> {
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let mut before = self.before_string()?;
            if before.is_empty() {
                return Ok(before);
            }
            let has_string = before.pop_if(|last| *last == b'"').is_some();
            let mut found: Vec<u8> =
                lines(&before).filter(|line| starts_record(line)).flat_map(|line| [line, b"\n"].concat()).collect();
            if has_string {
                let string = self.string()?;
                let text = self.unescaped(string);
                if text != self.last && lines(&text).any(|line| starts_record(line) || events::speaks_of_failure(line))
                {
                    found.extend([text.trim_ascii_end(), b"\n"].concat());
                    self.last = text;
                }
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::super::tests::{RECORDS, restored};

    const STACK: &str = "com.jcraft.jsch.JSchException: \"Auth fail\"\n\tat x.Y.z(Y.java:1)";

    #[test]
    fn records_in_json_are_taken_out_with_their_stack_traces() {
        let message = |text: &str| serde_json::json!({"@timestamp": "2019-07-25T13:12:11Z", "message": text});
        let whole = format!("{}\n{STACK}", RECORDS[0]);
        let lines = format!("{}\n{}\n", message(&whole), message(RECORDS[1]));
        let pretty = serde_json::to_string_pretty(&serde_json::json!([message(&whole), message(RECORDS[1])])).unwrap();
        for text in [lines, pretty] {
            let (copied, lines) = restored(&text);
            assert_eq!(copied.form, Form::Json);
            assert_eq!(lines.join("\n"), format!("{whole}\n{}", RECORDS[1]), "{text}");
        }
    }

    #[test]
    fn records_in_csv_are_taken_out_with_their_stack_traces() {
        let whole = format!("{}\n{STACK}", RECORDS[0]);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["_time", "_raw"]).unwrap();
        for record in [whole.as_str(), RECORDS[1]] {
            writer.write_record(["2019-07-25T13:12:11", record]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let (copied, lines) = restored(&text);
        assert_eq!(copied.form, Form::Csv);
        assert_eq!(lines.join("\n"), format!("{whole}\n{}", RECORDS[1]));
    }

    #[test]
    fn fields_without_quotes_strings_that_begin_otherwise_and_records_told_twice_are_read_once() {
        let stop = |record: &str| record.replacen(',', ".", 1);
        let csv = format!("time,raw\na,\"{}\"\nb,{}\n", RECORDS[0], stop(RECORDS[1]));
        let (copied, lines) = restored(&csv);
        assert_eq!(copied.form, Form::Csv);
        assert_eq!(lines, [RECORDS[0].to_owned(), format!("b,{}", stop(RECORDS[1]))]);
        let twice = serde_json::json!({"message": RECORDS[0], "event": {"original": RECORDS[0]}});
        let behind = serde_json::json!({"message": format!("host cucm1:\n{}", RECORDS[1])});
        let stack = serde_json::json!({"message": " java.lang.Exception: SFTP/FTP failed: a to b"});
        let (copied, lines) = restored(&format!("{twice}\n{behind}\n{stack}\n"));
        assert_eq!(copied.form, Form::Json);
        assert_eq!(lines, [RECORDS[0], "host cucm1:", RECORDS[1]], "a stack's line goes with its record alone");
    }
}
