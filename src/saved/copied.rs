//! Answers out of a chat, a ticket, an editor or a terminal: what such a copy puts around them, or makes of them, goes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::mail;

/// What holds a text as a whole, or ends its lines; `None` where it does not.
const WRAPPINGS: [fn(&str) -> Option<String>; 3] = [page, string, line_ends];

/// Ways in which a text may be meant; `None` where it is not copied so.
const READINGS: [fn(&str) -> Option<String>; 3] = [quotes, behind_prefixes, document];

/// The text as its program printed it: the first reading that is of a known form; the text itself where none is.
pub(super) fn as_printed(text: &str, is_known: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for wrapping in WRAPPINGS {
        text = wrapping(&text).map_or(text, Cow::Owned);
    }
    if is_known(&text) {
        return text;
    }
    let readings = READINGS.iter().filter_map(|reading| reading(&text));
    let mut readings = readings.map(|reading| reading.trim_start().to_owned());
    readings.find(|reading| is_known(reading)).map_or(text, Cow::Owned)
}

/// A page's text.
fn page(text: &str) -> Option<String> {
    let begins = |tag: &str| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    (begins("<!doctype html") || begins("<html")).then(|| mail::page_text(text).trim_start().to_owned())
}

/// A string of JSON.
fn string(text: &str) -> Option<String> {
    text.starts_with('"').then(|| serde_json::from_str(text.trim_end()).ok()).flatten()
}

/// Line ends that word processors and chats set.
fn line_ends(text: &str) -> Option<String> {
    let is_end = |c: char| matches!(c, '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    text.contains(is_end).then(|| text.replace(is_end, "\n"))
}

/// Quotes that they set.
fn quotes(text: &str) -> Option<String> {
    let is_quote = |c: char| matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}');
    text.contains(is_quote).then(|| text.replace(is_quote, "\""))
}

/// The lines behind their numbers, times or who wrote them, where most have such.
fn behind_prefixes(text: &str) -> Option<String> {
    static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(?: {0,6}\d{1,6}(?:[:.)|]| \||\t| {1,2})|\[[^\]]{4,40}\] [^:]{1,60}: |\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^ ]{0,12} )",
        )
        .ok()
    });
    let prefix = PREFIX.as_ref()?;
    let lines: Vec<(&str, Option<usize>)> =
        text.lines().map(|line| (line, prefix.find(line).map(|found| found.end()))).collect();
    let with = lines.iter().filter(|(_, end)| end.is_some()).count();
    let behind =
        |(line, end): &(&str, Option<usize>)| line.get(end.unwrap_or_default()..).unwrap_or_default().to_owned();
    (with * 5 > lines.len() * 4).then(|| lines.iter().map(behind).collect::<Vec<_>>().join("\n"))
}

/// A document in the midst of a text, or what follows the line that says who sent it.
fn document(text: &str) -> Option<String> {
    let line_with =
        |start: &str| text.match_indices(start).map(|(at, _)| at).find(|at| *at == 0 || text[..*at].ends_with('\n'));
    let from_to = |start: &str, end: &str| {
        let from = line_with(start)?;
        let to = text.rfind(end).filter(|to| *to > from)? + end.len();
        text.get(from..to).map(str::to_owned)
    };
    let sent = || text.starts_with('[').then(|| text.split_once('\n')).flatten().map(|(_, rest)| rest.to_owned());
    from_to("<?xml", "</nmaprun>").or_else(|| from_to("{", "}")).or_else(sent)
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    const AUDIT: &str = r#"{"banner": {"raw": "SSH-2.0-OpenSSH_9.2"}, "kex": [{"algorithm": "curve25519-sha256"}], "key": [{"algorithm": "ssh-ed25519"}], "enc": ["aes256-ctr"], "mac": ["hmac-sha2-256"]}"#;
    const NMAP: &str = "Nmap scan report for 10.0.0.5\nPORT   STATE SERVICE\n22/tcp open  ssh\n| ssh2-enum-algos: \n|   \
                        kex_algorithms: (1)\n|       curve25519-sha256\n|   encryption_algorithms: (1)\n|       aes256-ctr\n";

    #[test]
    fn an_answer_that_was_copied_tells_what_it_told() {
        for plain in [AUDIT, NMAP] {
            let expected = parse(plain.as_bytes()).unwrap();
            let each = |prefix: &dyn Fn(usize) -> String| {
                let lines = plain.lines().enumerate();
                lines.map(|(number, line)| prefix(number) + line + "\n").collect::<Vec<_>>().concat()
            };
            for text in [
                format!("<!DOCTYPE html><html><body><pre>{plain}</pre></body></html>"),
                serde_json::to_string(plain).unwrap(),
                plain.replace('\n', "\u{2028}"),
                each(&|number| format!("{:4}  ", number + 1)),
                each(&|number| format!("{}\t", number + 1)),
                each(&|_| "2025-03-12 09:00:00 ".to_owned()),
                each(&|_| "[14:03] Anna Miller: ".to_owned()),
                format!("[14:03] Anna Miller\n{plain}"),
                format!("```\n{plain}\n```\n"),
                format!("me@host:~$ scan\n{plain}\nme@host:~$ exit\n"),
            ] {
                assert_eq!(parse(text.as_bytes()).as_ref(), Ok(&expected), "{text}");
            }
        }
        let typeset = AUDIT.replacen('"', "\u{201c}", 1).replace('"', "\u{201d}");
        assert_eq!(parse(typeset.as_bytes()), parse(AUDIT.as_bytes()));
    }
}
