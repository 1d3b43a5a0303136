//! Records in the strings of JSON or the quoted fields of CSV, as log servers export what was sent to them.

use std::io::{self, BufRead, Cursor, Read};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{Form, lines};
use crate::log4j::records::{self, Line};

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

/// The records in a text's strings, each in lines of its own; whatever else stands there is left out.
pub(super) struct Strings<R> {
    text: R,
    escape: Escape,
    out: Cursor<Vec<u8>>,
}

impl<R: BufRead> Strings<R> {
    pub(super) fn of_json(text: R) -> Self {
        Self { text, escape: Escape::Backslash, out: Cursor::default() }
    }

    pub(super) fn of_csv(text: R) -> Self {
        Self { text, escape: Escape::Doubled, out: Cursor::default() }
    }

    /// The next string's content, escaped as it stands there; `None` at the end.
    fn next_string(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.text.skip_until(b'"')? == 0 {
            return Ok(None);
        }
        let mut string = Vec::new();
        loop {
            let room = LONGEST.saturating_sub(string.len()) as u64;
            (&mut self.text).take(room).read_until(b'"', &mut string)?;
            if string.last() != Some(&b'"') {
                // It has no end, or is longer than any record.
                self.text.skip_until(b'"')?;
                return Ok(Some(string));
            }
            if !self.goes_on(&string)? {
                string.pop();
                return Ok(Some(string));
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

impl<R: BufRead> Read for Strings<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.out.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(string) = self.next_string()? else { return Ok(0) };
            let text = self.unescaped(string);
            if matches!(records::classify_line(&text), Line::Start(_)) {
                self.out = Cursor::new([text.trim_ascii_end(), b"\n"].concat());
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
}
