//! Logs, line by line, whatever frames their messages: log4j's columns, syslog's, journald's (as text or as
//! `journalctl -o json` prints it).

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::Value;

use super::collector::Collector;
use super::sshd::{self, Refusal};
use super::{Form, Place, jsch};
use crate::trace::records::{self, Header};

/// What is read of a line. The longest KEXINIT list of a real client is a few hundred bytes.
const MAX_LINE: usize = 64 * 1024;

/// What a log held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Lines that told something of a client.
    pub of_interest: u64,
}

/// Reads a log to its end.
///
/// # Errors
/// When it cannot be read; what was read before is collected.
pub fn read(log: &mut dyn BufRead, path: &str, collector: &mut Collector) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut reader = Reader::default();
    let mut line = Vec::new();
    loop {
        let length = next_line(log, &mut line)?;
        if length == 0 {
            return Ok(summary);
        }
        summary.bytes += length;
        summary.lines += 1;
        let place = Place { path: path.to_owned(), number: Some(summary.lines), form: Form::Sshd };
        summary.of_interest += u64::from(reader.read(&line, &place, collector));
    }
}

/// Fills `line` with the next one, without its end and with no more than [`MAX_LINE`] bytes of it, and gives its
/// whole length; 0 at the end.
fn next_line(log: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let mut length = 0;
    loop {
        let chunk = match log.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', chunk);
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend(part.get(..room).unwrap_or(part));
        let taken = part.len() + usize::from(end.is_some());
        let is_end = end.is_some() || taken == 0;
        log.consume(taken);
        length += taken as u64;
        if is_end {
            return Ok(length);
        }
    }
}

#[derive(Debug, Default)]
struct Reader {
    jsch: jsch::Reader,
    thread: Vec<u8>,
}

impl Reader {
    fn read(&mut self, line: &[u8], place: &Place, collector: &mut Collector) -> bool {
        let line = records::trim_end(line);
        let entry = Entry::of(line);
        if let Some(refusal) = sshd::read(&entry.message, entry.is_sshd) {
            match refusal {
                Refusal::Client(sighting) => collector.add(&sighting, place),
                Refusal::Server => collector.warn(format!(
                    "{}: an SSH client wrote this line, so the list in it is a server's: it was left out",
                    position(place)
                )),
                Refusal::Cut => collector.warn(format!(
                    "{}: sshd cut the list off, as it was too long for a message: it was left out",
                    position(place)
                )),
            }
            return true;
        }
        // A record's continuation lines are its thread's.
        if let Some(header) = Header::parse(line) {
            self.thread = header.thread.to_vec();
        }
        self.jsch.read(&self.thread, &entry.message, place, collector)
    }
}

fn position(place: &Place) -> String {
    format!("{}:{}", place.path, place.number.unwrap_or_default())
}

/// A line's message, out of its frame where the frame is JSON; other frames only stand before it.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    message: Cow<'a, str>,
    is_sshd: bool,
}

/// An entry as `journalctl -o json` prints it. A message that is no plain text is a list of bytes.
#[derive(Debug, Deserialize)]
struct Journal {
    #[serde(rename = "MESSAGE")]
    message: Value,
    #[serde(rename = "SYSLOG_IDENTIFIER", default)]
    identifier: Value,
    #[serde(rename = "_COMM", default)]
    command: Value,
}

impl<'a> Entry<'a> {
    fn of(line: &'a [u8]) -> Self {
        if line.starts_with(b"{")
            && let Ok(journal) = serde_json::from_slice::<Journal>(line)
        {
            let names = |value: &Value| value.as_str().is_some_and(|name| name.starts_with("sshd"));
            let is_sshd = names(&journal.identifier) || names(&journal.command);
            return Self { message: Cow::Owned(text_of(journal.message)), is_sshd };
        }
        let message = records::text(line);
        // `sshd[123]:`, `sshd-session[123]:`, and a file named after it.
        let is_sshd = message.contains("sshd");
        Self { message, is_sshd }
    }
}

fn text_of(message: Value) -> String {
    match message {
        Value::String(text) => text,
        Value::Array(bytes) => {
            let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
            let bytes: Vec<u8> = bytes.iter().filter_map(byte).collect();
            records::text(&bytes).into_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::{Category, split_list};
    use proptest::prelude::*;

    const REFUSAL: &str = "Unable to negotiate with 10.0.0.1 port 58692: no matching host key type found. Their offer: ssh-rsa,ssh-dss [preauth]";

    fn host_key(text: &str) -> Option<Vec<String>> {
        let mut collector = Collector::default();
        let summary = read(&mut text.as_bytes(), "log", &mut collector).unwrap();
        assert_eq!(summary.bytes, text.len() as u64);
        let client = collector.finish().0.pop()?;
        assert_eq!(client.address.as_deref(), Some("10.0.0.1"));
        client.list(Category::HostKey).map(|seen| seen.list.clone())
    }

    #[test]
    fn a_frame_does_not_matter() {
        let bytes: Vec<_> = REFUSAL.bytes().map(|byte| byte.to_string()).collect();
        for line in [
            REFUSAL.to_owned(),
            format!("Jul 25 13:12:11 billing sshd[4711]: {REFUSAL}\r"),
            format!("2024-07-25T13:12:11.971+02:00 billing sshd-session[4711]: fatal: {REFUSAL}"),
            format!("{{\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":\"{REFUSAL}\"}}"),
            format!("{{\"MESSAGE\":[{}],\"_COMM\":\"sshd-session\"}}", bytes.join(",")),
            format!("\t\"MESSAGE\" : \"{REFUSAL}\","),
            format!("MESSAGE={REFUSAL}"),
        ] {
            let text = format!("first line\n{line}\nlast line without an end");
            assert_eq!(host_key(&text), Some(split_list("ssh-rsa,ssh-dss")), "{line}");
        }
    }

    #[test]
    fn an_endless_line_is_read_in_bounded_memory_and_the_next_one_is_whole() {
        let text = format!("{}\n{REFUSAL}\n", "x".repeat(3 * MAX_LINE));
        assert!(host_key(&text).is_some());
    }

    #[test]
    fn two_threads_of_a_trace_do_not_mix_their_lists() {
        let record = |thread: &str, message: &str| {
            format!("2019-07-25 13:12:11,971 INFO  [{thread}] sftpapi.Logger (Logger.java:9) - {message}\n")
        };
        let lists = [
            "ecdh-sha2-nistp256",
            "ssh-rsa",
            "aes128-ctr",
            "aes128-ctr",
            "hmac-sha1",
            "hmac-sha1",
            "none",
            "none",
            "",
            "",
        ];
        let mut log = String::new();
        for side in ["server", "client"] {
            for list in lists {
                for thread in ["Thread-1", "Thread-2"] {
                    log += &record(thread, &format!("kex: {side}: {list}"));
                }
            }
        }
        let mut collector = Collector::default();
        read(&mut log.as_bytes(), "log", &mut collector).unwrap();
        let (clients, warnings) = collector.finish();
        assert!(warnings.is_empty() && clients[0].conflicts().is_empty());
        assert_eq!(clients[0].proposal().mac_s2c, Some(split_list("hmac-sha1")));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&mut bytes.as_slice(), "log", &mut Collector::default());
        }
    }
}
