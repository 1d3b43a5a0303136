//! Logs, line by line, whatever frames their messages: log4j's columns, syslog's, journald's (as text or as
//! `journalctl -o json` prints it), that of OpenSSH for Windows.

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::Value;

use super::collector::{Collector, Observation};
use super::connections::{self, Connection, Connections};
use super::servers::{self, Lists};
use super::sshd::{self, Refusal};
use super::sshd_debug::{self, Side};
use super::{Form, Place, jsch};
use crate::log4j::records::{self, Header};
use crate::model::offer::{Offer, split_list};

/// What is read of a line. The longest KEXINIT list of a real client is a few hundred bytes.
const MAX_LINE: usize = 64 * 1024;

/// What a log held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes, unpacked.
    pub bytes: u64,
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

/// Whether a text is an SSH server's log: a line names sshd or `mod_sftp`, or tells of a client that was refused.
pub fn is_server_log(text: &str) -> bool {
    /// What stands before a message of OpenSSH's, with the number of the process, and of ProFTPD's.
    const PROGRAMS: [&str; 5] = ["sshd[", "sshd-session[", "sshd-auth[", "mod_sftp/", "\"SYSLOG_IDENTIFIER\":\"sshd"];
    text.lines().any(|line| {
        PROGRAMS.iter().any(|program| line.contains(program))
            || connections::is_windows_sshd(line)
            || matches!(sshd::read(line, false), Some(Refusal::Client(_)))
            || servers::lists(line).is_some()
            || servers::refusal_without_list(line).is_some()
    })
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
    connections: Connections,
    /// A line showed that a server wrote this log.
    is_server: bool,
    /// A server's refusal with its lists was read: what it writes beside it holds no more.
    has_lists: bool,
    /// The first half of a message in two lines.
    first_half: String,
}

impl Reader {
    fn read(&mut self, line: &[u8], place: &Place, collector: &mut Collector) -> bool {
        let line = records::trim_end(line);
        let mut entry = Entry::of(line);
        self.join(&mut entry);
        let connection = self.connections.of(entry.process, &entry.message);
        self.is_server |= connection.address.is_some();
        let is_sshd = entry.is_sshd || self.is_server || connections::is_windows_sshd(&entry.message);
        if let Some(found) = connection.proposals.read(&entry.message) {
            debug_list(found, connection, place, collector);
            return true;
        }
        if let Some(refusal) = sshd::read(&entry.message, is_sshd) {
            refused(refusal, connection, place, collector);
            return true;
        }
        if let Some(lists) = servers::lists(&entry.message) {
            let Lists { client: proposal, assumed, .. } = lists;
            let address = servers::address(&entry.message).or_else(|| connection.address.clone());
            let identification = connection.identification.take();
            let place = Place { form: Form::Server, ..place.clone() };
            self.has_lists = true;
            collector.add(&Observation { address, identification, proposal, assumed }, &place);
            return true;
        }
        if let Some(who) = servers::refusal_without_list(&entry.message) {
            self.without_list(who, &entry.message, place, collector);
            return true;
        }
        // A record's continuation lines are its thread's.
        if let Some(header) = Header::parse(line) {
            self.thread = header.thread.to_vec();
        }
        self.jsch.read(&self.thread, &entry.message, place, collector)
    }

    /// Cerberus writes the server's list and the client's in two lines.
    fn join(&mut self, entry: &mut Entry<'_>) {
        let first_half = std::mem::take(&mut self.first_half);
        if servers::is_second_half(&entry.message) && !first_half.is_empty() {
            entry.message = Cow::Owned(format!("{first_half} {}", entry.message.trim_start()));
        } else if servers::is_first_half(&entry.message) {
            self.first_half = entry.message.clone().into_owned();
        }
    }

    fn without_list(&self, who: &str, message: &str, place: &Place, collector: &mut Collector) {
        if self.has_lists {
            return;
        }
        let address = servers::address(message);
        let client = address.map_or_else(|| "a client".to_owned(), |address| format!("the client {address}"));
        collector.warn(format!(
            "{}: {who} refused {client} and does not log what it proposed; capture its packets, or use cdrdiag capture",
            position(place)
        ));
    }
}

/// A list that sshd prints at DEBUG.
fn debug_list(found: sshd_debug::Line<'_>, connection: &mut Connection, place: &Place, collector: &mut Collector) {
    if found.side == Side::Server {
        return;
    }
    if found.is_cut {
        return collector.warn(cut(place));
    }
    let mut proposal = Offer::default();
    proposal.set(found.category, split_list(found.list));
    let (address, identification) = (connection.address.clone(), connection.identification.take());
    collector.add(&Observation { address, identification, proposal, ..Observation::default() }, place);
}

fn refused(refusal: Refusal, connection: &mut Connection, place: &Place, collector: &mut Collector) {
    match refusal {
        Refusal::Client(mut observation) => {
            observation.identification = connection.identification.take();
            collector.add(&observation, place);
        }
        Refusal::Server => collector.warn(format!(
            "{}: an SSH client wrote this line, so the list in it is a server's: it was left out",
            position(place)
        )),
        Refusal::Cut => collector.warn(cut(place)),
    }
}

fn cut(place: &Place) -> String {
    format!("{}: sshd cut the list off, as it was too long for a message: it was left out", position(place))
}

fn position(place: &Place) -> String {
    format!("{}:{}", place.path, place.number.unwrap_or_default())
}

/// A line's message, out of its frame where the frame is JSON; other frames only stand before it.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    message: Cow<'a, str>,
    is_sshd: bool,
    /// The number of the process, where the frame tells it beside the message.
    process: Option<String>,
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
    #[serde(rename = "_PID", default)]
    process: Value,
}

impl<'a> Entry<'a> {
    fn of(line: &'a [u8]) -> Self {
        if line.starts_with(b"{")
            && let Ok(journal) = serde_json::from_slice::<Journal>(line)
        {
            let names = |value: &Value| value.as_str().is_some_and(|name| name.starts_with("sshd"));
            let is_sshd = names(&journal.identifier) || names(&journal.command);
            let process = journal.process.as_str().map(str::to_owned);
            return Self { message: Cow::Owned(text_of(journal.message)), is_sshd, process };
        }
        let message = records::text(line);
        // `sshd[123]:`, `sshd-session[123]:`, and a file named after it.
        let is_sshd = message.contains("sshd");
        Self { message, is_sshd, process: None }
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

    fn learned(log: &str) -> (Vec<crate::learn::collector::Client>, Vec<String>) {
        let mut collector = Collector::default();
        read(&mut log.as_bytes(), "log", &mut collector).unwrap();
        collector.finish()
    }

    #[test]
    fn two_processes_of_a_debug_log_do_not_mix_their_clients() {
        let log = ["1", "2"].map(|number| {
            [
                format!("sshd[{number}]: Connection from 192.0.2.{number} port 9 on 192.0.2.9 port 22"),
                format!("sshd[{number}]: debug2: peer client KEXINIT proposal [preauth]"),
                format!("sshd[{number}]: debug2: KEX algorithms: kex-{number} [preauth]"),
            ]
        });
        let [one, two] = log;
        let log: Vec<String> = one.into_iter().zip(two).flat_map(|(one, two)| [one, two]).collect();
        let log = log.join("\n");
        let (clients, warnings) = learned(&log);
        assert!(warnings.is_empty(), "{warnings:?}");
        let found: Vec<_> =
            clients.iter().map(|client| (client.address.clone().unwrap(), client.proposal().kex)).collect();
        let expected = |number: u8| (format!("192.0.2.{number}"), Some(split_list(&format!("kex-{number}"))));
        assert_eq!(found, [expected(1), expected(2)]);
    }

    #[test]
    fn a_refusal_in_two_lines_is_put_together() {
        let log = "[2024]: ERROR [1] - [192.0.2.1]: - No common C2S mac: [S: x,]\n[C: hmac-md5,hmac-sha1]\n\
                   Key exchange failed: Could not agree on key exchange parameters\n";
        let (clients, warnings) = learned(log);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(clients[0].address.as_deref(), Some("192.0.2.1"));
        assert_eq!(clients[0].proposal().mac_c2s, Some(split_list("hmac-md5,hmac-sha1")));
    }

    #[test]
    fn a_refusal_without_a_list_is_reported_as_such() {
        let log = "[99] Nov 25 08:28:44 Exit before auth from <192.0.2.7:57154>: No matching algo kex\n";
        let (clients, warnings) = learned(log);
        assert!(clients.is_empty());
        assert!(warnings[0].contains("refused the client 192.0.2.7 and does not log what it proposed"), "{warnings:?}");
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
