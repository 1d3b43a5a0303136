//! Words that give nobody away: those of cdrdiag's sentences, of known messages, and of SSH, SFTP and Java.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::tokens::address;
use crate::algorithms::knowledge;
use crate::model::offer::Setting;
use crate::tables;
use crate::trace::causes::Causes;

static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lists = [include_str!("../../data/vocabulary.txt"), include_str!("../../data/ordinary_words.txt")];
    let lines = lists.into_iter().flat_map(tables::lines);
    let words = lines.flat_map(|line| [line, line.split('\'').next().unwrap_or(line)]);
    let causes = Causes::builtin().names();
    words.chain(message_words()).chain(causes).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
});

static ALGORITHMS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| Setting::ALL.into_iter().flat_map(knowledge::names).collect());

/// Names in an algorithm's place that are none (RFC 8308, OpenSSH's strict key exchange, RFC 4253 section 6).
const MARKERS: [&str; 10] = [
    "ext-info-c",
    "ext-info-s",
    "kex-strict-c-v00@openssh.com",
    "kex-strict-s-v00@openssh.com",
    "none",
    "zlib",
    "zlib@openssh.com",
    "aead",
    "<implicit>",
    "implicit",
];

/// The words of the library's messages, without what stands for anything.
fn message_words() -> impl Iterator<Item = &'static str> {
    let literal = Causes::builtin()
        .patterns()
        .flat_map(|pattern| pattern.split('<'))
        .map(|part| part.rsplit('>').next().unwrap_or(part));
    literal.flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c))))
}

/// Whether this is an algorithm of SSH's.
pub fn is_algorithm(name: &str) -> bool {
    // Names of GSS-API mechanisms end in a hash of their own (RFC 4462 section 2).
    let is_mechanism = || {
        name.starts_with("gss-")
            && name.ends_with("==")
            && Setting::ALL.iter().any(|of| knowledge::algorithm(*of, name).is_some())
    };
    ALGORITHMS.contains(name) || MARKERS.contains(&name) || is_mechanism()
}

/// Whether a word without blanks is known, a number that is no address, or a class of a known program.
pub fn knows(word: &str) -> bool {
    is_known(word) || is_number(word) || is_algorithm(word) || is_class(word) || is_thread(word)
}

fn is_known(word: &str) -> bool {
    let is_letter = word.len() == 1 && word.is_ascii();
    let lower = word.to_lowercase();
    // CUCM puts the library's message straight behind its own (data/glued_prefixes.txt).
    let glued = lower.strip_prefix("connection").is_some_and(|rest| WORDS.contains(rest));
    is_letter || glued || WORDS.contains(&lower)
}

/// Digits with what a date, a version or a unit puts between and behind them.
fn is_number(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let form = |byte: u8| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte);
    word.starts_with(|c: char| c.is_ascii_digit()) && letters <= 2 && word.bytes().all(form) && address(word).is_none()
}

/// `cdrrep.FtpManager`, `com.jcraft.jsch.JSchException`, `FtpManager.java`: all parts known.
fn is_class(word: &str) -> bool {
    const PACKAGES: [&str; 9] = ["java", "javax", "sun", "com", "org", "net", "cdrrep", "sftpapi", "jdk"];
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back();
    let is_file = last == Some("java");
    let mixed = last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_uppercase()));
    (is_file || (mixed && PACKAGES.contains(&first))) && word.split('.').all(is_known)
}

/// `Thread-13`, `pool-1-thread-2`: the names that Java gives by itself.
fn is_thread(word: &str) -> bool {
    let is_part =
        |part: &str| matches!(part, "Thread" | "thread" | "pool") || part.bytes().all(|byte| byte.is_ascii_digit());
    word.contains("hread-") && word.split('-').all(is_part)
}
