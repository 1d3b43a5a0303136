//! Mails as files (RFC 5322 with MIME, RFC 2045): RTMT's alerts come so, and traces and scans are sent so. Pure.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use mail_parser::decoders::html::html_to_text;
use mail_parser::mailbox::mbox::MessageIterator;
use mail_parser::{MessageParser, MimeHeaders, PartType};
use regex::{Captures, Regex};

/// Parts of a mail at most: people attach a folder's files, not thousands.
const PARTS: usize = 1_000;

/// Lines of a mail's head that are looked at; those that its way adds are some dozens.
const HEAD_LINES: usize = 300;

/// What is attached to a mail.
#[derive(Debug)]
pub struct Attachment {
    /// Its file's name; made up where the mail gives none.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Whether a file that begins so is a mail as a mail program saves it. A mail that somebody copied the text of has no
/// MIME head, and is text.
pub fn is_mail(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let (mut is_mime, mut is_sent) = (false, false);
    for (number, line) in head.split(|byte| *byte == b'\n').take(HEAD_LINES).enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // What separates the mails of a mailbox, and a field that goes on.
        if (number == 0 && line.starts_with(b"From "))
            || (number > 0 && line.starts_with(b" "))
            || line.starts_with(b"\t")
        {
            continue;
        }
        let Some(name) = line.split(|byte| *byte == b':').next().filter(|name| name.len() < line.len()) else { break };
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            break;
        }
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        is_mime |= is("MIME-Version") || is("Content-Transfer-Encoding");
        is_sent |= ["From", "Date", "Subject", "Received", "Return-Path"].into_iter().any(is);
    }
    is_mime && is_sent
}

/// The mail's text behind its subject; of a mailbox each mail's. Its HTML counts where the plain text beside it holds much
/// less.
pub fn body(mail: &[u8]) -> String {
    each(mail).iter().map(|mail| body_of(mail)).collect::<Vec<_>>().join("\n")
}

fn body_of(mail: &[u8]) -> String {
    let Some(message) = MessageParser::default().parse(mail) else { return String::new() };
    let subject = message.subject().map(|subject| format!("Subject: {subject}\n\n")).unwrap_or_default();
    let mut seen = HashSet::new();
    let (mut plain, mut pages) = (String::new(), String::new());
    for part in message.text_bodies().chain(message.html_bodies()).take(PARTS) {
        // A part may stand for both.
        if !seen.insert(std::ptr::from_ref(part)) {
            continue;
        }
        match &part.body {
            PartType::Text(text) => plain.extend([&*text.replace("\r\n", "\n"), "\n"]),
            PartType::Html(page) => pages.push_str(&page_text(page)),
            _ => {}
        }
    }
    subject + if plain.len() * 2 < pages.len() { &pages } else { &plain }
}

/// The text of a page (HTML), each of its blocks and rows, and each line of what is laid out already, a line of its own.
pub fn page_text(page: &str) -> String {
    static ENDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)</(?:div|td|th|tr|li|h\d|pre)\s*>").ok());
    static LAID_OUT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<pre\b.*?</pre\s*>").ok());
    let (Some(ends), Some(laid_out)) = (ENDS.as_ref(), LAID_OUT.as_ref()) else { return html_to_text(page) };
    let page = page.replace("\r\n", "\n");
    let page = laid_out.replace_all(&page, |found: &Captures<'_>| found[0].replace('\n', "<br>"));
    html_to_text(&ends.replace_all(&page, "$0<br>"))
}

/// What is attached, forwarded mails among it.
pub fn attachments(mail: &[u8]) -> Vec<Attachment> {
    each(mail).iter().flat_map(|mail| attached(mail)).collect()
}

fn attached(mail: &[u8]) -> Vec<Attachment> {
    let Some(message) = MessageParser::default().parse(mail) else { return Vec::new() };
    let named = |(number, part): (usize, &mail_parser::MessagePart<'_>)| {
        let bytes = part.message().map_or_else(|| part.contents().to_vec(), |inner| inner.raw_message().to_vec());
        let ending = if part.is_message() { ".eml" } else { "" };
        let name = part.attachment_name().map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned());
        Attachment { name: name.unwrap_or_else(|| format!("part-{}{ending}", number + 1)), bytes }
    };
    message.attachments().take(PARTS).enumerate().map(named).collect()
}

/// The mails of a mailbox (RFC 4155), or the one that it is.
fn each(mail: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mail = mail.strip_prefix(b"\xef\xbb\xbf").unwrap_or(mail);
    if !mail.starts_with(b"From ") {
        return vec![Cow::Borrowed(mail)];
    }
    let mails = MessageIterator::new(mail).take(PARTS).filter_map(Result::ok);
    mails.map(|mail| Cow::Owned(mail.contents().to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str =
        "Received: from a by b\r\n\tfor c\r\nFrom: rtmt@example.com\r\nSubject: alert\r\nMIME-Version: 1.0\r\n";

    #[test]
    fn a_mail_is_known_by_its_head_alone() {
        for (text, expected) in [
            (format!("{HEAD}\r\nx"), true),
            (format!("From rtmt@example.com Tue Oct  6 05:42:12 2020\n{HEAD}\nx"), true),
            ("From: a\nSubject: b\n\nMIME-Version: 1.0\n".to_owned(), false),
            ("HTTP/1.1 200 OK\nDate: x\nMIME-Version: 1.0\n\n".to_owned(), false),
            ("2024-05-06 07:00:00,001 INFO  [Thread-9] x\nMIME-Version: 1.0\nDate: y\n".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_mail(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn quoted_printable_base64_and_html_are_read_as_text() {
        for (encoding, kind, text) in [
            ("quoted-printable", "plain", "BillingServerAddress=3D192.0.2.=\r\n105"),
            ("base64", "plain", "QmlsbGluZ1NlcnZlckFkZHJlc3M9MTkyLjAuMi4xMDU="),
            ("7bit", "html", "<html><p>BillingServerAddress=192.0.2.105</p></html>"),
        ] {
            let mail =
                format!("{HEAD}Content-Type: text/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}\r\n");
            let body = body(mail.as_bytes());
            assert!(
                body.contains("BillingServerAddress=192.0.2.105") && body.starts_with("Subject: alert\n"),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_page_keeps_its_lines_and_counts_where_the_plain_text_lacks_them() {
        let records = [
            "2019-07-25 13:12:11,971 ERROR [main] a (A.java:1) - x",
            "2019-07-25 13:12:11,975 ERROR [main] b (B.java:2) - y",
        ];
        for page in [
            format!("<html><body><pre>{}</pre></body></html>", records.join("\n")),
            format!("<table><tr><td>{}</td></tr><tr><td>{}</td></tr></table>", records[0], records[1]),
            format!("<div>{}</div><div>{}</div>", records[0], records[1]),
            format!("<p>{}</p>\n<p>{}</p>", records[0], records[1]),
            format!("{}<br>{}", records[0], records[1]),
        ] {
            let alone = format!("{HEAD}Content-Type: text/html\r\n\r\n{page}\r\n");
            let beside = format!(
                "{HEAD}Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee \
                 below\r\n--x\r\nContent-Type: text/html\r\n\r\n{page}\r\n--x--\r\n"
            );
            for mail in [alone, beside] {
                let body = body(mail.as_bytes());
                let lines: Vec<_> = body.lines().map(str::trim).filter(|line| line.starts_with("2019")).collect();
                assert_eq!(lines, records, "{body}");
            }
        }
    }

    #[test]
    fn each_mail_of_a_mailbox_is_read() {
        let mail = |text: &str| {
            format!("From a@example.com Tue Oct  6 05:42:12 2020\n{HEAD}\n{text}\n\n").replace("\r\n", "\n")
        };
        let mailbox = mail("first") + &mail("second");
        assert!(is_mail(mailbox.as_bytes()));
        let body = body(mailbox.as_bytes());
        assert!(body.contains("first") && body.contains("second") && !body.contains("From a@"), "{body}");
    }

    #[test]
    fn attachments_keep_their_names_without_their_folders() {
        let part = |head: &str, text: &str| format!("--x\r\n{head}\r\n\r\n{text}\r\n");
        let mail = [
            format!("{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n"),
            part("Content-Type: text/plain", "see there"),
            part("Content-Type: application/gzip; name=\"tmp/a.log.gz\"\r\nContent-Transfer-Encoding: base64", "H4s="),
            part("Content-Type: message/rfc822", &format!("{HEAD}\r\nforwarded")),
            "--x--\r\n".to_owned(),
        ]
        .concat();
        let found = attachments(mail.as_bytes());
        let names: Vec<_> = found.iter().map(|attachment| attachment.name.as_str()).collect();
        assert_eq!(names, ["a.log.gz", "part-2.eml"]);
        assert_eq!(found[0].bytes, b"\x1f\x8b");
        assert!(body(&found[1].bytes).contains("forwarded"));
        assert!(body(mail.as_bytes()).contains("see there"));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let mail = [HEAD.as_bytes(), b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", &bytes].concat();
            let _ = (is_mail(&bytes), body(&mail), attachments(&mail));
        }
    }
}
