//! Identification strings (RFC 4253, section 4.2): the first thing that each side sends. Pure: bytes in, what to
//! do next out.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Deserializer, de};

use super::{excerpt, visible};
use crate::algorithms::products;
use crate::document::probe::Identification;
use crate::tables;

/// What cdrdiag says of itself, with the line end: an honest client, no disguise.
pub const OURS: &str = concat!("SSH-2.0-cdrdiag_", env!("CARGO_PKG_VERSION"), "\r\n");

/// The longest line that is read. RFC 4253 allows 255 bytes with CR and LF; OpenSSH reads 8,192, and who is
/// that lenient to CUCM's server must not be refused here.
pub const MAX_LINE: usize = 8_192;

/// The most bytes that are read up to and with the identification string, other lines included.
pub const MAX_TOTAL: usize = 65_536;

/// The most lines that are read before the identification string: as many as OpenSSH's client reads.
const MAX_LINES: usize = 1_024;

/// Why there is no identification string of SSH 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentificationError {
    /// Something else answers; `who` says what, as far as it can be told.
    #[error("{}, not SSH: it sent {seen}", who.as_deref().unwrap_or("something unknown"))]
    NotSsh {
        /// The protocol, where it is recognised: `HTTP`.
        who: Option<String>,
        /// The first bytes, printable.
        seen: String,
    },
    /// SSH, but of a version that CUCM's client does not speak.
    #[error("it speaks SSH {0} only, and CUCM's client wants 2.0")]
    OtherProtocol(String),
    /// An SSH server that says in plain text why it won't talk now.
    #[error("the SSH server turned the connection away: {seen}")]
    TurnedAway {
        /// The line, printable.
        seen: String,
    },
    /// The line began as SSH and is none.
    #[error("a broken identification string: {seen}")]
    Broken {
        /// The line, printable.
        seen: String,
    },
}

impl IdentificationError {
    /// The name in JSON: `not_ssh`, `turned_away`, `garbled`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotSsh { .. } | Self::OtherProtocol(_) => "not_ssh",
            Self::TurnedAway { .. } => "turned_away",
            Self::Broken { .. } => "garbled",
        }
    }
}

/// Reads an identification string out of bytes that come in pieces.
#[derive(Debug, Default)]
pub struct Reader {
    line_start: usize,
    searched: usize,
    preceding: Vec<String>,
}

impl Reader {
    /// Looks at all that has come so far. `Ok(None)`: more is needed; else the identification (of any protocol
    /// version) and how many bytes it took, lines before it included.
    ///
    /// # Errors
    /// When it is sure that no identification string will come: somebody else's protocol, or too much of anything.
    pub fn advance(&mut self, received: &[u8]) -> Result<Option<(Identification, usize)>, IdentificationError> {
        if self.line_start == 0
            && let Some(stranger) = Stranger::find(When::Bytes, received)
        {
            return Err(stranger.error(received));
        }
        while let Some(length) = received.get(self.searched..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let end = self.searched + length;
            let line = received.get(self.line_start..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.starts_with(b"SSH-") {
                let mut found = parse(line)?;
                found.preceding_lines = std::mem::take(&mut self.preceding);
                return Ok(Some((found, end + 1)));
            }
            self.pass(line)?;
            self.line_start = end + 1;
            self.searched = self.line_start;
            self.check_bounds(received)?;
        }
        self.searched = received.len();
        self.check_bounds(received)?;
        Ok(None)
    }

    /// What it is when nothing more will come; `None` when nothing came at all, or when what came may still have
    /// been the beginning of SSH.
    pub fn give_up(&self, received: &[u8]) -> Option<IdentificationError> {
        let line = received.get(self.line_start..).unwrap_or_default();
        let began_as_ssh = !line.is_empty() && (b"SSH-".starts_with(line) || line.starts_with(b"SSH-"));
        if received.is_empty() || began_as_ssh {
            return None;
        }
        Some(match Stranger::find(When::Line, line) {
            Some(stranger) => stranger.error(received),
            None => IdentificationError::NotSsh { who: None, seen: excerpt(received) },
        })
    }

    /// A line before the identification: servers may send such, but not in another protocol's words.
    fn pass(&mut self, line: &[u8]) -> Result<(), IdentificationError> {
        if let Some(stranger) = Stranger::find(When::Line, line) {
            return Err(stranger.error(line));
        }
        self.preceding.push(visible(line));
        Ok(())
    }

    fn check_bounds(&self, received: &[u8]) -> Result<(), IdentificationError> {
        let line = received.get(self.line_start..).unwrap_or_default();
        if line.len() <= MAX_LINE && received.len() <= MAX_TOTAL && self.preceding.len() <= MAX_LINES {
            return Ok(());
        }
        Err(if line.starts_with(b"SSH-") {
            IdentificationError::Broken { seen: excerpt(line) }
        } else {
            IdentificationError::NotSsh { who: None, seen: excerpt(received) }
        })
    }
}

/// Takes an identification string apart, its line end already removed. Of whichever protocol version: see
/// [`check_protocol`].
///
/// # Errors
/// When the line is none.
pub fn parse(line: &[u8]) -> Result<Identification, IdentificationError> {
    let raw = visible(line);
    let (protocol, rest) = raw
        .strip_prefix("SSH-")
        .and_then(|rest| rest.split_once('-'))
        .filter(|(protocol, _)| protocol.starts_with(|c: char| c.is_ascii_digit()))
        .ok_or_else(|| IdentificationError::Broken { seen: excerpt(line) })?;
    let rest = rest.trim_end();
    let (software, version) = software(rest);
    let comments = rest.split_once(' ').map(|(_, comments)| comments.trim().to_owned());
    Ok(Identification {
        protocol: Some(protocol.to_owned()),
        software,
        version,
        comments: comments.filter(|comments| !comments.is_empty()),
        raw,
        preceding_lines: Vec::new(),
    })
}

/// Whether the peer speaks SSH 2.
///
/// # Errors
/// When it speaks other versions only. 1.99 is one that speaks 2.0 and older ones (RFC 4253, section 5.1).
pub fn check_protocol(identification: &Identification) -> Result<(), IdentificationError> {
    match identification.protocol.as_deref() {
        Some("2.0" | "1.99") => Ok(()),
        other => Err(IdentificationError::OtherProtocol(other.unwrap_or("unknown").to_owned())),
    }
}

/// Software and version out of what follows the protocol version: as the product's entry in `data/servers.toml` says,
/// else by the forms that most servers use.
fn software(text: &str) -> (Option<String>, Option<String>) {
    let owned = |part: Option<&str>| part.map(str::to_owned);
    if let Some(found) = products::by_identification(text).filter(|found| found.software.is_some()) {
        return (owned(found.software), owned(found.version));
    }
    let Some(found) = FORMS.iter().find_map(|form| form.captures(text)) else { return (None, None) };
    let group = |name| owned(found.name(name).map(|text| text.as_str()));
    (group("software"), group("version"))
}

/// How software and version are written (RFC 4253, section 4.2, leaves it open). The first that matches decides.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let forms = [
        // 6.1.9.95 SSH Server
        r"^(?<version>\d[\d.]*) (?<software>[A-Za-z].*)$",
        // OpenSSH_9.5, mod_sftp/1.2
        r"^(?<software>\S*?[A-Za-z])[_/-]v?(?<version>\d\S*)",
        // GoAnywhere7.4.1
        r"^(?<software>[A-Za-z]+)(?<version>\d+\.[\d.]*\d)(?:\s|$)",
        r"^(?<software>\S+)",
    ];
    forms.iter().filter_map(|form| Regex::new(form).ok()).collect()
});

/// Which part of what came a row of the table looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    Bytes,
    Line,
}

/// Somebody who answers without being SSH 2, by what it says first.
#[derive(Debug, Deserialize)]
struct Stranger {
    when: When,
    #[serde(deserialize_with = "pattern")]
    pattern: regex::bytes::Regex,
    who: String,
}

impl Stranger {
    fn find(when: When, bytes: &[u8]) -> Option<&'static Self> {
        STRANGERS.iter().find(|stranger| stranger.when == when && stranger.pattern.is_match(bytes))
    }

    fn error(&self, bytes: &[u8]) -> IdentificationError {
        match self.who.as_str() {
            "sshd" => IdentificationError::TurnedAway { seen: excerpt(bytes.trim_ascii_end()) },
            who => IdentificationError::NotSsh { who: Some(who.to_owned()), seen: excerpt(bytes) },
        }
    }
}

static STRANGERS: LazyLock<Vec<Stranger>> = LazyLock::new(|| tables::rows(include_str!("../../data/strangers.tsv")));

fn pattern<'de, D: Deserializer<'de>>(column: D) -> Result<regex::bytes::Regex, D::Error> {
    regex::bytes::Regex::new(&String::deserialize(column)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Option<(Identification, usize)>, IdentificationError> {
        Reader::default().advance(bytes)
    }

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let found = parse(format!("SSH-2.0-{text}").as_bytes()).unwrap();
        (found.software.unwrap_or_default(), found.version, found.comments)
    }

    #[test]
    fn every_row_of_the_table_and_every_form_is_read() {
        assert!(!STRANGERS.is_empty());
        assert_eq!(FORMS.len(), 4);
    }

    #[test]
    fn software_and_version_are_told_apart_in_the_forms_that_servers_use() {
        for (text, software, version, comments) in [
            ("OpenSSH_9.2p1 Debian-2+deb12u7", "OpenSSH", "9.2p1", "Debian-2+deb12u7"),
            ("OpenSSH_for_Windows_8.1", "OpenSSH_for_Windows", "8.1", ""),
            ("OpenSSH_8.0", "OpenSSH", "8.0", ""),
            ("dropbear_2022.83", "dropbear", "2022.83", ""),
            ("tinyssh_20190101 4kUUV9aJ", "tinyssh", "20190101", "4kUUV9aJ"),
            ("tinyssh_noversion 4kUUV9aJ", "tinyssh_noversion", "", "4kUUV9aJ"),
            ("mod_sftp/1.2", "mod_sftp", "1.2", ""),
            ("libssh-0.9", "libssh", "0.9", ""),
            ("libssh_0.10.6", "libssh", "0.10.6", ""),
            (
                "9.99 FlowSsh: Bitvise SSH Server (WinSSHD)",
                "Bitvise SSH Server",
                "",
                "FlowSsh: Bitvise SSH Server (WinSSHD)",
            ),
            ("CerberusFTPServer_11.0", "CerberusFTPServer", "11.0", ""),
            ("CompleteFTP-12.1.2", "CompleteFTP", "12.1.2", ""),
            ("srtSSHServer_11.00", "srtSSHServer", "11.00", ""),
            ("AWS_SFTP_1.1", "AWS_SFTP", "1.1", ""),
            ("AzureSSH_1.0.0", "AzureSSH", "1.0.0", ""),
            ("Cisco-1.25", "Cisco", "1.25", ""),
            ("WS_FTP-SSH_7.7", "WS_FTP-SSH", "7.7", ""),
            ("Serv-U_15.1.6.25", "Serv-U", "15.1.6.25", ""),
            ("SSHD-CORE-1.6.0", "SSHD-CORE", "1.6.0", ""),
            ("Sun_SSH_1.1.4", "Sun_SSH", "1.1.4", ""),
            ("3.2.9 SSH Secure Shell (non-commercial)", "SSH Secure Shell (non-commercial)", "3.2.9", ""),
            ("GoAnywhere7.4.1", "GoAnywhere", "7.4.1", ""),
        ] {
            let (found_software, found_version, found_comments) = parts(text);
            assert_eq!(found_software, software, "{text}");
            assert_eq!(found_version.as_deref().unwrap_or(""), version, "{text}");
            if !comments.is_empty() {
                assert_eq!(found_comments.as_deref(), Some(comments), "{text}");
            }
        }
    }

    #[test]
    fn lines_before_the_identification_are_kept() {
        let bytes = b"Welcome\r\n\r\nSSH-2.0-x_1\r\nrest";
        let (found, size) = read(bytes).unwrap().unwrap();
        assert_eq!(found.preceding_lines, ["Welcome", ""]);
        assert_eq!((found.raw.as_str(), &bytes[size..]), ("SSH-2.0-x_1", &b"rest"[..]));
    }

    #[test]
    fn a_server_of_both_protocols_is_accepted_and_an_old_one_is_not() {
        let check = |line: &[u8]| check_protocol(&parse(line).unwrap());
        assert_eq!(check(b"SSH-1.99-OpenSSH_3.9p1"), Ok(()));
        assert_eq!(check(b"SSH-1.5-OpenSSH_2.1"), Err(IdentificationError::OtherProtocol("1.5".into())));
        assert_eq!(check(b"SSH-2.5-future"), Err(IdentificationError::OtherProtocol("2.5".into())));
        assert!(matches!(parse(b"SSH-2.0").unwrap_err(), IdentificationError::Broken { .. }));
    }

    #[test]
    fn strangers_are_recognised_by_what_they_say_first() {
        for (bytes, name) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
            (b"220 mail.example.com ESMTP Postfix\r\n", "SMTP"),
            (b"220 (vsFTPd 3.0.3)\r\n", "FTP"),
            (b"\xff\xfd\x18", "Telnet"),
            (b"+OK Dovecot ready\r\n", "POP3"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(matches!(&error, IdentificationError::NotSsh { who: Some(who), .. } if who == name), "{error}");
        }
        let error = read(b"Exceeded MaxStartups\r\n").unwrap_err();
        assert!(matches!(error, IdentificationError::TurnedAway { .. }));
    }

    #[test]
    fn what_stops_in_the_middle_is_judged_by_what_came() {
        let end = |bytes: &[u8]| {
            let mut reader = Reader::default();
            assert_eq!(reader.advance(bytes), Ok(None));
            reader.give_up(bytes)
        };
        assert_eq!(end(b""), None);
        assert_eq!(end(b"SSH-2.0-Op"), None);
        assert_eq!(end(b"banner\r\nSS"), None);
        assert!(matches!(end(b"banner\r\n"), Some(IdentificationError::NotSsh { .. })));
        assert!(matches!(end(b"\x00\x01"), Some(IdentificationError::NotSsh { .. })));
    }

    #[test]
    fn lines_and_the_whole_are_bounded() {
        assert!(matches!(read(&[b'x'; MAX_LINE + 1]), Err(IdentificationError::NotSsh { .. })));
        let endless = [b"SSH-2.0-".as_slice(), &[b'x'; MAX_LINE]].concat();
        assert!(matches!(read(&endless), Err(IdentificationError::Broken { .. })));
        assert!(matches!(read(&b"x\n".repeat(MAX_LINES + 1)), Err(IdentificationError::NotSsh { .. })));
        let long = [b'x'; 1_000].iter().copied().chain([b'\n']).collect::<Vec<_>>();
        assert!(matches!(read(&long.repeat(70)), Err(IdentificationError::NotSsh { .. })));
    }

    #[test]
    fn our_own_is_well_formed() {
        let (ours, _) = read(OURS.as_bytes()).unwrap().unwrap();
        assert_eq!(ours.software.as_deref(), Some("cdrdiag"));
        assert!(OURS.len() <= 255);
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer_and_the_same_one_in_pieces(bytes: Vec<u8>, pieces in prop::collection::vec(1usize..9, 1..40)) {
            let whole = read(&bytes);
            let mut reader = Reader::default();
            let (mut end, mut last) = (0, Ok(None));
            for piece in pieces.iter().cycle() {
                end = (end + piece).min(bytes.len());
                last = reader.advance(&bytes[..end]);
                if end == bytes.len() || last != Ok(None) { break }
            }
            let _ = reader.give_up(&bytes);
            prop_assert_eq!(whole.is_ok(), last.is_ok());
        }

        #[test]
        fn any_text_behind_the_protocol_is_kept_as_sent(text in "[ -~]{0,200}") {
            let raw = format!("SSH-2.0-{text}");
            prop_assert_eq!(parse(raw.as_bytes()).unwrap().raw, raw);
        }
    }
}
