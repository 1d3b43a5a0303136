//! A server's log is about many connections at a time. Which one a line belongs to, its process tells; who the client
//! is, an earlier line of that process.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::sshd_debug::Proposals;

/// The most connections of a log that are told apart at a time.
const MAX_CONNECTIONS: usize = 64;

/// What is known of a connection.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// The client's address.
    pub address: Option<String>,
    /// Its identification string, until a list has taken it along.
    pub identification: Option<String>,
    /// The lists that sshd prints at DEBUG.
    pub proposals: Proposals,
}

/// The connections of a log, by process.
#[derive(Debug, Default)]
pub struct Connections {
    open: HashMap<String, Connection>,
}

impl Connections {
    /// The connection of a line, with what the line says of the client; `process` is its number where the frame has
    /// one of its own.
    pub fn of(&mut self, process: Option<String>, message: &str) -> &mut Connection {
        let process = process.or_else(|| self::process(message)).unwrap_or_default();
        let address = address(message);
        let is_full = self.open.len() >= MAX_CONNECTIONS && !self.open.contains_key(&process);
        if is_full {
            self.open.clear();
        }
        let connection = self.open.entry(process).or_default();
        if address.is_some() {
            *connection = Connection { address, ..Connection::default() };
        }
        if let Some(identification) = identification(message).filter(|_| connection.address.is_some()) {
            connection.identification = Some(identification);
        }
        connection
    }
}

/// A line as OpenSSH for Windows writes it to its own file: process, time, milliseconds.
pub fn is_windows_sshd(message: &str) -> bool {
    static FORM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\d+ (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d[:. ]\d{3} ").ok());
    message.starts_with(|first: char| first.is_ascii_digit())
        && FORM.as_ref().is_some_and(|form| form.is_match(message))
}

/// `sshd[123]:`, `sshd-session[123]:`, `mod_sftp/1.1.1[123]:`, ` [123] <ssh2:8>:`, or the first number of a line of
/// OpenSSH for Windows.
fn process(message: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:sshd(?:-session|-auth)?|mod_sftp/[\w.]+)\[(\d+)\]|\[(\d+)\] <ssh2:|^(\d+) (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d").ok()
    });
    let found = FORM.as_ref()?.captures(message)?;
    found.iter().skip(1).flatten().next().map(|found| found.as_str().to_owned())
}

fn address(message: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"Connection from (\S+) port \d+|: client \((\S+):\d+\) connected to server").ok());
    if !message.contains("onnect") {
        return None;
    }
    let found = FORM.as_ref()?.captures(message)?;
    found.iter().skip(1).flatten().next().map(|found| found.as_str().to_owned())
}

/// The client's identification string. sshd prints its parts.
fn identification(message: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?:Remote|Client) protocol version (?P<protocol>[\d.]+)[,;] (?:remote|client) software version (?P<software>.+?)(?: \[preauth\])?$|received client version '(?P<whole>SSH-[^']+)'",
        )
        .ok()
    });
    if !message.contains(" version ") {
        return None;
    }
    let found = FORM.as_ref()?.captures(message)?;
    let part = |name| found.name(name).map(|part| part.as_str());
    part("whole").map(str::to_owned).or_else(|| Some(format!("SSH-{}-{}", part("protocol")?, part("software")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_the_connection_of_its_process() {
        let mut connections = Connections::default();
        for line in [
            "host sshd[1]: Connection from 192.0.2.1 port 9 on 192.0.2.9 port 22",
            "host sshd-session[2]: Connection from 192.0.2.2 port 9 on 192.0.2.9 port 22",
            "host sshd[1]: debug1: Remote protocol version 2.0, remote software version JSCH-0.1.54 [preauth]",
            "2024-12-05 00:20:05,742 mod_sftp/1.1.1[3]: client (192.0.2.3:52298) connected to server (192.0.2.9:22)",
            "2024-12-05 00:20:05,742 mod_sftp/1.1.1[3]: received client version 'SSH-2.0-JSCH-0.1.55'",
            "44 15:41:03:562 Connection from 192.0.2.4 port 55883 on 192.0.2.15 port 22",
        ] {
            connections.of(None, line);
        }
        let mut known = |line: &str| {
            let connection = connections.of(None, line);
            (connection.address.clone(), connection.identification.clone())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(known("sshd[1]: x"), (some("192.0.2.1"), some("SSH-2.0-JSCH-0.1.54")));
        assert_eq!(known("sshd-session[2]: x"), (some("192.0.2.2"), None));
        assert_eq!(known("2024 [3] <ssh2:8>: x"), (some("192.0.2.3"), some("SSH-2.0-JSCH-0.1.55")));
        assert_eq!(known("44 15:41:04:000 x"), (some("192.0.2.4"), None));
        assert_eq!(known("sshd[5]: x"), (None, None));
    }

    #[test]
    fn the_file_of_openssh_for_windows_is_known_by_its_frame() {
        for line in ["3540 15:41:03:562 x", "5468 10:22:00 356 x", "1716 2024-05-01 18:01:04.153 x"] {
            assert!(is_windows_sshd(line), "{line}");
        }
        for line in ["15:41:03:562 x", "2019-07-25 13:12:11,971 INFO x", "17 apples"] {
            assert!(!is_windows_sshd(line), "{line}");
        }
    }

    #[test]
    fn a_flood_of_connections_is_bounded() {
        let mut connections = Connections::default();
        for number in 0..10_000 {
            connections.of(Some(number.to_string()), "Connection from 192.0.2.1 port 9 on 192.0.2.9 port 22");
        }
        assert!(connections.open.len() <= MAX_CONNECTIONS);
    }
}
