//! Why a delivery failed, told from the library's message: a table (`data/causes.tsv`) of what JSch, Java, SFTP and
//! FTP servers say, with the stage at which they say it and the remedy.
//!
//! CUCM glues the library's message behind its own words (`error Making SFTP connectionAuth fail`), newer JSch
//! versions put exception classes before it and details behind. So a pattern may start wherever such a message can
//! start, and must reach the end of its line. The longer a pattern, the less has to stand before it; one plain word
//! (`Failure`, `null`) counts only as the whole message, or right behind a known prefix or an exception of the library.
//! What matches nothing is `None`, never a guess.

use std::sync::LazyLock;

use serde::Deserialize;

mod disconnect;
mod line;
mod pattern;
pub(crate) mod remedies;

use crate::model::stage::Stage;
use crate::tables;
use line::Start;
use pattern::Pattern;
use remedies::Remedy;

const TABLE: &str = include_str!("../../data/causes.tsv");
const GLUED_PREFIXES: &str = include_str!("../../data/glued_prefixes.txt");

/// How CUCM begins what it says of a connection that it could not make.
const MAKING_CONNECTION: &str = "error Making SFTP connection";

/// What a message told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<'a> {
    /// The cause's name, as in JSON: `algorithm_negotiation`.
    pub cause: &'static str,
    /// The stage of the connection: `key_exchange`.
    pub stage: Stage,
    /// What to do about it.
    pub remedy: &'static str,
    /// The library's message as it stands in the text, behind CUCM's prefix and exception classes.
    pub matched: &'a str,
}

/// The table of causes.
#[derive(Debug)]
pub struct Causes {
    /// The most telling first.
    rows: Vec<Row>,
    /// By the first byte of a row's text: the rows, the most telling first.
    by_first_byte: Vec<Vec<usize>>,
    /// The row of the empty message.
    empty: Option<usize>,
    prefixes: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
struct Row {
    cause: String,
    stage: Stage,
    #[serde(rename = "message_pattern")]
    pattern: Pattern,
    remedy: Remedy,
}

impl Causes {
    /// The table that cdrdiag carries.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Causes> =
            LazyLock::new(|| Causes::of(tables::rows(TABLE), tables::lines(GLUED_PREFIXES).collect()));
        &BUILTIN
    }

    fn of(mut rows: Vec<Row>, prefixes: Vec<&'static str>) -> Self {
        rows.sort_by_key(|row| (row.pattern.yields(), std::cmp::Reverse(row.pattern.literals())));
        let mut by_first_byte = vec![Vec::new(); 256];
        for (rank, row) in rows.iter().enumerate() {
            if let Some(byte) = row.pattern.first_byte() {
                by_first_byte[usize::from(byte)].push(rank);
            }
        }
        let empty = rows.iter().position(|row| row.pattern.first_byte().is_none());
        Self { rows, by_first_byte, empty, prefixes }
    }

    /// Tells why, from a trace record's message with or without its continuation lines. The message's own line
    /// counts first, then the innermost `Caused by:`, since it says what happened and the outer ones what it led to.
    /// A bare `null` or an empty text yields to any exception that says more.
    pub fn classify<'a>(&'static self, message: &'a str) -> Option<Match<'a>> {
        let found = self.most_telling(message)?;
        Some(self.while_connecting(message, found))
    }

    fn most_telling<'a>(&'static self, message: &'a str) -> Option<Match<'a>> {
        if message.trim().is_empty() {
            return self.empty.map(|rank| self.found(rank, message.trim()));
        }
        let mut lines = message.lines();
        let first = self.classify_line(lines.next().unwrap_or_default(), true);
        if let Some((rank, matched)) = first
            && self.says_something(rank)
        {
            return Some(self.found(rank, matched));
        }
        let mut silent = None;
        let inner = lines.rev().filter(|line| line::is_headline(line)).find_map(|line| {
            let (line, is_cause) = line::strip_caused_by(line);
            let (telling, bare) = self.classify_line(line, is_cause).map_or((None, None), |found| {
                if self.says_something(found.0) { (Some(found), None) } else { (None, Some(found)) }
            });
            silent = silent.or(bare.filter(|_| is_cause));
            telling
        });
        inner.or(first).or(silent).map(|(rank, matched)| self.found(rank, matched))
    }

    /// Whether the table has this cause.
    pub fn contains(&self, cause: &str) -> bool {
        self.rows.iter().any(|row| row.cause == cause)
    }

    /// All causes, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.rows.iter().map(|row| row.cause.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The messages, each with its `<placeholders>`.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.pattern.text())
    }

    /// A row that leaves the text to the server yields to what that text says of a disconnect.
    fn found<'a>(&'static self, rank: usize, matched: &'a str) -> Match<'a> {
        let row = &self.rows[rank];
        match disconnect::reason(matched).filter(|_| row.pattern.leaves_text_to_server()) {
            Some(reason) => Match { cause: &reason.cause, stage: reason.stage, remedy: reason.remedy.0, matched },
            None => Match { cause: &row.cause, stage: row.stage, remedy: row.remedy.0, matched },
        }
    }

    /// A channel that closes while CUCM makes the connection closes before any file is under way: it is the SFTP
    /// subsystem that does not start.
    fn while_connecting<'a>(&'static self, message: &str, found: Match<'a>) -> Match<'a> {
        let is_subsystem = found.cause == "sftp_channel_closed"
            && found.stage == Stage::Transfer
            && message.contains(MAKING_CONNECTION);
        let row = self
            .rows
            .iter()
            .find(|row| row.cause == found.cause && row.stage == Stage::Channel)
            .filter(|_| is_subsystem);
        row.map_or(found, |row| Match { stage: row.stage, remedy: row.remedy.0, ..found })
    }

    fn says_something(&self, rank: usize) -> bool {
        let pattern = &self.rows[rank].pattern;
        self.empty != Some(rank) && (pattern.literals() > "null".len() || pattern.leaves_text_to_server())
    }

    /// The most telling row whose text ends a line, and that text.
    fn classify_line<'a>(&self, line: &'a str, starts_record: bool) -> Option<(usize, &'a str)> {
        let line = line::cut(line.trim());
        let certain = self.end_of_prefix(line).unwrap_or(0);
        let mut best: Option<(usize, &str)> = None;
        for (at, byte) in line.bytes().enumerate() {
            let candidates = self.by_first_byte[usize::from(byte)].as_slice();
            if candidates.is_empty() || !line.is_char_boundary(at) {
                continue;
            }
            let start = match Start::at(line, at) {
                _ if at == certain && (at > 0 || starts_record) => Start::Certain,
                Some(start) => start,
                None => continue,
            };
            let limit = best.map_or(self.rows.len(), |(rank, _)| rank);
            let text = &line[at..];
            let found = candidates.iter().copied().take_while(|rank| *rank < limit).find(|rank| {
                let pattern = &self.rows[*rank].pattern;
                start.suffices(pattern.literals()) && pattern.matches(text)
            });
            best = found.map(|rank| (rank, text)).or(best);
        }
        best.or_else(|| {
            let is_empty = (certain > 0 && certain == line.len()) || line::ends_with_empty_exception(line);
            self.empty.filter(|_| is_empty).map(|rank| (rank, &line[line.len()..]))
        })
    }

    fn end_of_prefix(&self, line: &str) -> Option<usize> {
        let end = self.prefixes.iter().find_map(|prefix| line.find(prefix).map(|at| at + prefix.len()))?;
        Some(line.len() - line[end..].trim_start_matches([' ', ':']).len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts of real logs (see the file's head), with the cause a careful reader gives them.
    const REAL: &str = include_str!("../../fixtures/library_messages.tsv");

    fn cause(message: &str) -> Option<&'static str> {
        Causes::builtin().classify(message).map(|found| found.cause)
    }

    fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    #[test]
    fn the_tables_are_read_with_the_empty_message_and_cucms_own_words() {
        let causes = Causes::builtin();
        assert!(causes.empty.is_some());
        assert!(causes.prefixes.contains(&"error Making SFTP connection"));
        for row in &causes.rows {
            assert!(!row.cause.contains(' '), "{row:?}");
        }
    }

    #[test]
    fn every_row_is_classified_as_itself_bare_glued_and_behind_an_exception_class() {
        let causes = Causes::builtin();
        let has_row = |text: &str| causes.rows.iter().any(|row| row.pattern.text() == text);
        for row in &causes.rows {
            let text = pattern::example(row.pattern.text());
            if has_row(&format!("com.jcraft.jsch.JSchException: {}", row.pattern.text())) {
                assert_eq!(cause(&text), Some(&*row.cause));
                continue;
            }
            for message in [
                text.clone(),
                format!("error Making SFTP connection{text}"),
                format!("com.jcraft.jsch.JSchException: {text}"),
                format!("error Making SFTP connectioncom.jcraft.jsch.JSchException: {text}"),
                format!(
                    "com.jcraft.jsch.JSchException: {text}\n\tat com.jcraft.jsch.Session.connect(Session.java:565)"
                ),
            ] {
                let found = causes.classify(&message).unwrap();
                let told = Match { cause: &row.cause, stage: row.stage, remedy: row.remedy.0, matched: &text };
                let told = causes.while_connecting(&message, told);
                assert_eq!((found.cause, found.stage, found.matched), (told.cause, told.stage, &*text), "{message:?}");
            }
        }
    }

    /// A message of JSch's as a trace has it, each placeholder filled with what stands there in real ones.
    fn filled(pattern: &str) -> String {
        if pattern == "(empty)" {
            return String::new();
        }
        [
            ("<host>", "sftp.billing.example.net"),
            ("<port>", "2222"),
            ("<fingerprint>", "Wn8mKq0rGm3pUAzuyVeUeOxm8pRUJ7HQyhK2tJ2fPqk"),
            ("<hex>", "4f"),
            ("<list>", "diffie-hellman-group14-sha1,ecdh-sha2-nistp256"),
            ("<methods>", "publickey,keyboard-interactive"),
            ("<algorithm>", "rsa-sha2-512"),
            ("<path>", "/var/cdr/in/"),
            ("<paths>", "/var/cdr/a, /var/cdr/b"),
            ("<text>", "could not write: volume problem"),
            ("<lang>", "en"),
            ("<user>", "cdr.delivery"),
            ("<type>", "ECDSA"),
            ("<field>", "keyType"),
            ("<n>", "4096"),
            ("<code>", "31"),
            ("<min>", "1024"),
            ("<preferred>", "2048"),
            ("<max>", "1024"),
            ("<id>", "billing-host-2026"),
            ("<class>", "crypto/params/X25519PrivateKeyParameters"),
            ("<limit>", "AuthTimeout"),
            ("<elapsed>", "120001"),
            ("<allowed>", "120000"),
        ]
        .into_iter()
        .fold(pattern.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    }

    #[test]
    fn of_all_messages_of_every_jsch_at_least_98_of_100_are_told_with_their_cause() {
        const MESSAGES: &str = include_str!("../../fixtures/jsch_messages.tsv");
        let rows: Vec<Vec<&str>> = lines(MESSAGES).skip(1).map(|line| line.split('\t').collect()).collect();
        for glued in [
            "error Making SFTP connection",
            "java.lang.Exception: it failed\nCaused by: com.jcraft.jsch.JSchException: ",
        ] {
            let wrong: Vec<_> = rows
                .iter()
                .map(|row| (row[0], format!("{glued}{}", filled(row[2]))))
                .filter(|(expected, message)| cause(message) != Some(expected))
                .map(|(expected, message)| format!("{expected}: {:?} for {message:?}", cause(&message)))
                .collect();
            assert!(wrong.len() * 100 <= rows.len() * 2, "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
        }
    }

    #[test]
    fn a_channel_that_breaks_while_the_connection_is_made_is_the_subsystem_and_later_the_transfer() {
        let stage = |message: &str| Causes::builtin().classify(message).unwrap().stage;
        for text in
            ["java.io.IOException: channel is broken", "java.io.IOException: Pipe closed", "inputstream is closed"]
        {
            let making = format!("error Making SFTP connection{text}");
            assert_eq!(stage(&making), Stage::Channel, "{text}");
            assert_eq!(cause(&making), Some("sftp_channel_closed"));
        }
        assert_eq!(stage("java.io.IOException: channel is broken"), Stage::Transfer);
    }

    #[test]
    fn behind_an_unknown_prefix_a_text_is_told_rightly_or_not_at_all() {
        let causes = Causes::builtin();
        let mut told = 0;
        for row in &causes.rows {
            let text = pattern::example(row.pattern.text());
            for join in ["", " ", ": ", " - "] {
                let found = cause(&format!("unable to reach the server{join}{text}"));
                assert!(found.is_none_or(|cause| cause == row.cause.as_str()), "{join:?} {text:?}: {found:?}");
                told += usize::from(join == ": " && found.is_some());
            }
        }
        assert!(told * 10 > causes.rows.len() * 8, "{told}");
    }

    #[test]
    fn only_a_message_without_any_text_is_the_empty_one() {
        assert_eq!(cause(""), Some("sftp_channel_closed"));
        assert_eq!(cause("error Making SFTP connection"), Some("sftp_channel_closed"));
        assert_eq!(cause("\njava.lang.IllegalStateException: queue full"), None);
        assert_eq!(cause("com.jcraft.jsch.JSchException"), None, "an exception without a text has not an empty one");
    }

    #[test]
    fn real_texts_are_told_as_a_careful_reader_would() {
        let mut wrong = Vec::new();
        for line in lines(REAL) {
            let (expected, message) = line.split_once('\t').unwrap();
            let message = message.replace("\\n", "\n").replace("\\t", "\t");
            let expected = (expected != "-").then_some(expected);
            let found = cause(&message);
            if found != expected {
                wrong.push(format!("{message:?}: {found:?} instead of {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let known = lines(REAL).filter(|line| !line.starts_with('-')).count();
        assert!(known >= 60 && lines(REAL).count() - known >= 25, "{known}");
    }

    #[test]
    fn the_match_is_the_librarys_message_as_it_stands_in_the_text() {
        let matched = |message: &'static str| Causes::builtin().classify(message).unwrap().matched;
        assert_eq!(matched("error Making SFTP connectionAlgorithm negotiation fail"), "Algorithm negotiation fail");
        assert_eq!(
            matched("java.io.IOException: com.jcraft.jsch.JSchException: Auth fail for methods 'publickey,password'"),
            "Auth fail for methods 'publickey,password'"
        );
        assert_eq!(
            matched("something failed\nCaused by: java.net.ConnectException: Connection refused: connect"),
            "java.net.ConnectException: Connection refused: connect"
        );
    }

    #[test]
    fn the_innermost_exception_tells_more_than_one_without_text() {
        let message = "error Making SFTP connectionnull\njava.lang.Exception\n\tat X.y(X.java:1)\n\
                       Caused by: com.jcraft.jsch.JSchException: Auth fail\n\tat X.z(X.java:2)\n\t... 3 more";
        assert_eq!(cause(message), Some("authentication"));
        assert_eq!(cause("error Making SFTP connectionnull\njava.lang.Exception"), Some("protocol_error"));
        let message =
            "it failed\njava.io.IOException: Pipe closed\nCaused by: com.jcraft.jsch.JSchException: Auth fail";
        assert_eq!(cause(message), Some("authentication"));
    }

    #[test]
    fn one_plain_word_counts_only_right_behind_a_known_prefix_or_a_class() {
        assert_eq!(cause("error Making SFTP connectionFailure"), Some("sftp_failure"));
        assert_eq!(cause("com.jcraft.jsch.SftpException: Failure"), Some("sftp_failure"));
        for message in ["connection is OK, no Failure", "result: Failure", "onFailure", "host = null", "job canceled"] {
            assert_eq!(cause(message), None, "{message}");
        }
    }

    #[test]
    fn a_cause_is_known_by_its_name_and_unknown_is_none() {
        let causes = Causes::builtin();
        assert!(causes.names().is_sorted() && causes.names().into_iter().all(|name| causes.contains(name)));
        assert!(!causes.contains("unknown"), "unknown is what the table does not tell");
    }

    #[test]
    fn a_garbled_line_of_any_length_is_read_in_bounded_time() {
        let line = "SSH_MSG_DISCONNECT: 3 Unable to negotiate key exchange for ".repeat(20_000);
        let _ = cause(&line);
        let _ = cause(&"ö: 14: /".repeat(100_000));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_match_is_part_of_it(
            message in "(error Making SFTP connection|Caused by: |java\\.io\\.IOException: |SSH_MSG_DISCONNECT: |Failure|null|: |\n|\\PC){0,20}"
        ) {
            if let Some(found) = Causes::builtin().classify(&message) {
                prop_assert!(message.contains(found.matched));
            }
        }
    }
}
