//! Bytes of a text file to text, whatever wrote it: UTF-8, or UTF-16 as Windows PowerShell's `>` writes it, with or
//! without byte order mark; without the colours of a terminal.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::mail;

/// How much of the beginning decides whether a text without byte order mark is UTF-16.
const LOOKED_AT: usize = 4_096;

/// The text, without byte order mark; of a mail its body. What is no character becomes U+FFFD, a carriage return alone a
/// line's end, and the blank of browsers and word processors that does not break (U+00A0) a blank.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let text = if mail::is_mail(bytes) {
        mail::body(bytes).into()
    } else {
        // A byte order mark decides before the encoding that is given here.
        utf_16_without_mark(bytes).unwrap_or(UTF_8).decode(bytes).0
    };
    let text = if text.contains(HARD_BLANK) { text.replace(HARD_BLANK, " ").into() } else { text };
    with_line_feeds(text)
}

const HARD_BLANK: char = '\u{a0}';

/// Lines end in a carriage return alone on a Macintosh of old, and where a terminal wrote over its own line.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    let ends: Vec<usize> = lone_returns(text.as_bytes()).collect();
    if ends.is_empty() {
        return text;
    }
    let mut lines = String::with_capacity(text.len());
    let mut from = 0;
    for end in ends {
        lines.extend([&text[from..end], "\n"]);
        from = end + 1;
    }
    lines.push_str(&text[from..]);
    Cow::Owned(lines)
}

/// Where carriage returns stand that no other and no line feed follows.
pub fn lone_returns(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'\r', bytes).filter(|at| !matches!(bytes.get(at + 1), Some(b'\r' | b'\n')))
}

/// A text whose lone carriage returns become line feeds, piece by piece.
pub struct LineFeeds<R> {
    text: R,
    /// Whether the last byte read was a carriage return, which is kept until the next shows what it is.
    is_pending: bool,
}

impl<R: BufRead> LineFeeds<R> {
    /// Reads a text so.
    pub fn new(text: R) -> Self {
        Self { text, is_pending: false }
    }
}

impl<R: BufRead> Read for LineFeeds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let bytes = self.text.fill_buf()?;
            if bytes.is_empty() {
                let is_last = std::mem::take(&mut self.is_pending) && !buffer.is_empty();
                buffer.iter_mut().take(usize::from(is_last)).for_each(|byte| *byte = b'\n');
                return Ok(usize::from(is_last));
            }
            let (mut read, mut written) = (0, 0);
            while let Some(byte) = bytes.get(read)
                && let Some(place) = buffer.get_mut(written)
            {
                let is_return = *byte == b'\r';
                if self.is_pending && !matches!(byte, b'\r' | b'\n') {
                    *place = b'\n';
                    written += 1;
                    self.is_pending = false;
                    continue;
                }
                self.is_pending = is_return;
                read += 1;
                if !is_return {
                    *place = *byte;
                    written += 1;
                }
            }
            self.text.consume(read);
            if written > 0 || buffer.is_empty() {
                return Ok(written);
            }
        }
    }
}

/// The same; `None` where something is no character, so that a name or a password would be wrong.
pub fn decode_whole(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (text, _, is_broken) = utf_16_without_mark(bytes).unwrap_or(UTF_8).decode(bytes);
    (!is_broken).then_some(text)
}

/// The encoding of a text that begins so, where it is UTF-16: as its byte order mark says, or its zeros.
pub fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    match Encoding::for_bom(head) {
        Some((encoding, _)) => Some(encoding).filter(|encoding| *encoding != UTF_8),
        None => utf_16_without_mark(head),
    }
}

/// A text in this encoding as UTF-8, piece by piece, without byte order mark.
pub fn reader<'a>(encoding: &'static Encoding, bytes: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
    Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(bytes))
}

/// In UTF-16 every other byte of a mostly ASCII text is 0, and in no other text is any.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let zeros = |start: usize| head.iter().skip(start).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    let mostly = |count: usize, other: usize| pairs > 0 && count * 10 > pairs * 6 && other * 50 < pairs;
    if mostly(odd, even) {
        Some(UTF_16LE)
    } else if mostly(even, odd) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The text without a terminal's escape sequences (ECMA-48: CSI and OSC).
pub fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\u{1b}');
    plain.extend(parts.next());
    parts.for_each(|part| plain.push_str(after_escape(part)));
    Cow::Owned(plain)
}

/// What follows an escape sequence whose escape character has just been left out.
fn after_escape(part: &str) -> &str {
    let behind = |found: Option<usize>| found.and_then(|at| part.get(at + 1..)).unwrap_or_default();
    match part.as_bytes().first() {
        Some(b'[') => behind(part.bytes().skip(1).position(|byte| matches!(byte, b'@'..=b'~')).map(|at| at + 1)),
        Some(b']') => behind(part.find('\u{7}')),
        _ => part.get(1..).unwrap_or(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_is_read_with_and_without_its_mark_in_both_orders() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(decode(&utf_16("\u{feff}Grüße von nmap", order)), "Grüße von nmap");
            assert_eq!(decode(&utf_16("Nmap scan report", order)), "Nmap scan report");
        }
    }

    #[test]
    fn utf_8_stays_and_a_few_zeros_in_it_make_no_utf_16() {
        assert_eq!(decode("\u{feff}Grüße".as_bytes()), "Grüße");
        assert_eq!(
            decode(b"a crash left \0\0\0\0 here, in the midst of a long line of text"),
            "a crash left \0\0\0\0 here, in the midst of a long line of text"
        );
        assert_eq!(decode(b""), "");
    }

    #[test]
    fn a_carriage_return_alone_ends_a_line() {
        for (text, expected) in
            [("a\rb\rc", "a\nb\nc"), ("a\r\nb\r", "a\r\nb\n"), ("a\r\r\nb", "a\r\r\nb"), ("a\n", "a\n")]
        {
            assert_eq!(decode(text.as_bytes()), expected, "{text:?}");
            let mut read = String::new();
            LineFeeds::new(io::BufReader::with_capacity(1, text.as_bytes())).read_to_string(&mut read).unwrap();
            assert_eq!(read.lines().collect::<Vec<_>>(), expected.replace('\r', "").lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_character_is_no_whole_text() {
        assert_eq!(decode_whole(b"\xef\xbb\xbfs\xc3\xa4cret").as_deref(), Some("s\u{e4}cret"));
        assert_eq!(decode_whole(&utf_16("\u{feff}secret", u16::to_le_bytes)).as_deref(), Some("secret"));
        assert_eq!(decode_whole(b"s\xe4cret"), None);
    }

    #[test]
    fn colours_and_titles_of_a_terminal_are_left_out() {
        assert_eq!(without_escapes("\u{1b}[0;31m(kex) a\u{1b}[0m b\u{1b}]0;title\u{7}c"), "(kex) a bc");
        assert_eq!(without_escapes("plain"), "plain");
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let text = decode(&bytes).into_owned();
            let escape = '\u{1b}';
            prop_assert!(!without_escapes(&text).contains(escape));
        }

        #[test]
        fn a_text_of_ascii_is_the_same_in_every_encoding(text in "[ -~\n]{1,200}") {
            prop_assert_eq!(decode(text.as_bytes()), text.as_str());
            let wide = utf_16(&text, u16::to_le_bytes);
            prop_assert_eq!(decode(&wide), text.as_str());
        }
    }
}
