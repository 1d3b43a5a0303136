//! log4j records as `cdrrepmgr` writes them: `%d %-5p [%t] %c{2} (%F:%L) - %m%n`
//! (the pattern is read off real traces, `fixtures/cdrrepmgr00073.log`).
//!
//! A record starts at a line with a timestamp; every other line continues it, unless it is noise: blank, or of
//! the CLI from whose window somebody copied the trace.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use chrono::{NaiveDate, NaiveDateTime};
use regex::bytes::Regex;
use wide::u8x16;

use super::lanes;

/// Length of a timestamp: `2019-07-25 13:12:11,889`.
pub const TIMESTAMP: usize = 23;

/// Length of a timestamp to the minute.
pub const MINUTE: usize = 16;

/// A time to the minute, as written.
pub type Minute = [u8; MINUTE];

/// What a line is to the record structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A record starts at this byte of it: 0, but for what a byte order mark, NULs or a prompt leave before it.
    Start(usize),
    /// It continues the record before it.
    Continuation,
    /// It belongs to no record: blank, NULs, the CLI's pager or prompt.
    Noise,
}

/// Whether a timestamp and a blank stand at the start of `bytes`.
///
/// Every line of a trace passes through here, so the 24 bytes are compared sixteen at a time, eight of them twice: XOR
/// with the form leaves 0 to 9 where a digit has to stand and 0 where a separator has to.
#[inline]
pub fn starts_record(bytes: &[u8]) -> bool {
    const FORM: [[u8; 16]; 2] = [*b"0000-00-00 00:00", *b"00 00:00:00,000 "];
    const MOST: [[u8; 16]; 2] =
        [[9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9], [9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 9, 0]];
    // log4j writes a comma before the milliseconds, some appenders a full stop: they differ in one bit.
    const BUT_COMMA_OR_STOP: [u8; 16] =
        [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, !0b10, 255, 255, 255, 255];
    let Some(head) = bytes.first_chunk::<24>() else { return false };
    let (Some(first), Some(second)) = (head.first_chunk(), head.last_chunk()) else { return false };
    let first = u8x16::new(*first) ^ u8x16::new(FORM[0]);
    let second = (u8x16::new(*second) ^ u8x16::new(FORM[1])) & u8x16::new(BUT_COMMA_OR_STOP);
    let wrong = first.saturating_sub(u8x16::new(MOST[0])) | second.saturating_sub(u8x16::new(MOST[1]));
    wrong.simd_eq(u8x16::splat(0)).to_bitmask() == 0xffff
}

/// A record's first line, without what stands at its end.
pub fn first_line(record: &[u8]) -> &[u8] {
    trim_end(&record[..memchr::memchr(b'\n', record).unwrap_or(record.len())])
}

/// What a line is. `line` comes without its line feed.
pub fn classify_line(line: &[u8]) -> Line {
    if starts_record(line) {
        return Line::Start(0);
    }
    if line.is_empty() || line == b"\r" {
        return Line::Noise;
    }
    classify_odd_line(line)
}

/// The time of the record that starts on a line; `None` where none does.
pub fn line_time(line: &[u8]) -> Option<NaiveDateTime> {
    match classify_line(line) {
        Line::Start(at) => parse_time(&line[at..]),
        Line::Continuation | Line::Noise => None,
    }
}

/// As [`classify_line`], of a line that does not start a record as it should: what a copy out of a terminal, an editor or
/// a crash puts before a record.
pub fn classify_odd_line(line: &[u8]) -> Line {
    let blank = |byte: &u8| matches!(byte, 0 | b' ' | b'\t' | b'\r' | 0x0c | b'>');
    let Some(mut start) = line.iter().position(|byte| !blank(byte)) else { return Line::Noise };
    if line[start..].starts_with(b"at ") {
        // Of a stack. Before a record a search puts no blank but behind a colon.
        return Line::Continuation;
    }
    // What a record's time, a byte order mark, the pager or the prompt begins with.
    if !matches!(line[start], b'0'..=b'9' | 0xef | b'o' | b'a' | b'P' | b'e' | b'S') {
        return start_behind_prefix(line).map_or(Line::Continuation, Line::Start);
    }
    if line[start..].starts_with(b"\xef\xbb\xbf") {
        start += 3;
    }
    let prompt = prompt_length(&line[start..]);
    start += prompt.unwrap_or(0);
    let Some(rest) = line[start..].iter().position(|byte| !blank(byte)).map(|gap| start + gap) else {
        return Line::Noise;
    };
    match (starts_record(&line[rest..]), prompt) {
        (true, _) => Line::Start(rest),
        (false, Some(_)) => Line::Noise,
        (false, None) => start_behind_prefix(line).map_or(Line::Continuation, Line::Start),
    }
}

/// Where a record starts behind what a search puts before its hits: a file's name (grep), a line's number (CUCM's
/// `file search`, ten digits, a colon and a blank), or both; quoted or not.
fn start_behind_prefix(line: &[u8]) -> Option<usize> {
    // What behind the time precedes the thread's bracket: a level five wide, or one whose blank was lost.
    const TO_BRACKET: [usize; 2] = [TIMESTAMP + 7, TIMESTAMP + 6];
    const LONGEST: usize = 512;
    const LONGEST_PREFIX: usize = 160;
    let near = &line[..line.len().min(LONGEST)];
    let before = |bracket: usize| TO_BRACKET.iter().filter_map(move |width| bracket.checked_sub(*width));
    let start = memchr::memchr_iter(b'[', near).flat_map(before).find(|at| starts_record(&line[*at..]))?;
    let prefix = &line[..start];
    let quoted = prefix.iter().take_while(|byte| matches!(byte, b'>' | b' ' | b'\t')).count();
    let name = prefix[quoted..].trim_ascii_end();
    let is_prefix = matches!(name.last(), Some(b':' | b'-')) && !name.iter().any(u8::is_ascii_whitespace);
    // Whatever else stands before a whole head: a relay's own time, a column, a bullet, a colour.
    let is_whole = || prefix.len() <= LONGEST_PREFIX && Header::parse(&line[start..]).is_some();
    (is_prefix || is_whole()).then_some(start)
}

/// The length of the CLI's own text at the start of a line: its pager's menu, or its prompt with the command.
fn prompt_length(line: &[u8]) -> Option<usize> {
    static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // What `file search` says around its hits; `admin:` with whatever command was typed; the pager's menu, with the answer typed behind it.
        Regex::new(r"(?-u)^(?:options: q=quit,[^:]*:\s?[qnpbe]?(?:\s|$)|(?:admin:|Press <enter> )[^\n]*|end of the file reached|Search(?:ing (?:path|file): [^\n]*| completed))").ok()
    });
    if !(line.starts_with(b"options:")
        || line.starts_with(b"admin:")
        || line.starts_with(b"Press")
        || line.starts_with(b"end of")
        || line.starts_with(b"Search"))
    {
        return None;
    }
    PROMPT.as_ref()?.find(line).map(|found| found.end())
}

/// A record's first line, taken apart. The message is the rest of that line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The time as written.
    pub time: &'a [u8],
    /// `ERROR`, `INFO` …
    pub level: &'a [u8],
    /// The thread's name.
    pub thread: &'a [u8],
    /// The logger's last two parts: `cdrrep.CDRSender`.
    pub class: &'a [u8],
    /// What it says, without blanks at its end.
    pub message: &'a [u8],
}

impl<'a> Header<'a> {
    /// Takes a record's first line apart; `None` where it is cut short or of another form.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        Layout::of(line).map(|layout| Self::of(&layout, line))
    }

    /// The parts of a line that has this layout.
    pub fn of(layout: &Layout, line: &'a [u8]) -> Self {
        let cut = |range: &Range<usize>| &line[range.start..range.end];
        let (level, thread) = (cut(&layout.level).trim_ascii(), cut(&layout.thread));
        Self { time: &line[..TIMESTAMP], level, thread, class: cut(&layout.class), message: cut(&layout.message) }
    }
}

/// Where the parts of a record's first line stand. Each begins and ends beside an ASCII character, so that it can be cut
/// out of a text as well as out of bytes.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The level, with the blanks around it.
    pub level: Range<usize>,
    /// The thread's name.
    pub thread: Range<usize>,
    /// The logger's last two parts.
    pub class: Range<usize>,
    /// What it says, without blanks at its end.
    pub message: Range<usize>,
}

impl Layout {
    /// Of a record's first line; `None` where it is cut short or of another form.
    pub fn of(line: &[u8]) -> Option<Self> {
        Self::around(thread(line)?, line)
    }

    /// Of a record's first line whose thread stands there.
    #[inline]
    pub fn around(thread: Range<usize>, line: &[u8]) -> Option<Self> {
        let class = thread.end + 2;
        let space = lanes::find::<32>(line, class, b' ')?;
        let message = match find_before(line, space + 1, b')', *b" - ") {
            Some(end) => end + 4,
            // `%m` may be empty, and trailing blanks lost.
            None if line[space + 1..].trim_ascii_end().ends_with(b") -") => line.len(),
            None => return None,
        };
        let end = message + trim_end(&line[message..]).len();
        Some(Self { level: TIMESTAMP + 1..thread.start - 1, thread, class: class..space, message: message..end })
    }
}

/// Where the thread's name stands in a record's first line, between brackets.
#[inline]
pub fn thread(line: &[u8]) -> Option<Range<usize>> {
    line.get(TIMESTAMP).filter(|byte| **byte == b' ')?;
    let open = lanes::find::<16>(line, TIMESTAMP + 1, b'[')?;
    let close = find_before(line, open + 1, b']', *b" ")?;
    Some(open + 1..close)
}

/// Where `byte` first stands from `from` on with `behind` following.
#[inline]
fn find_before<const COUNT: usize>(line: &[u8], mut from: usize, byte: u8, behind: [u8; COUNT]) -> Option<usize> {
    loop {
        let at = lanes::find::<32>(line, from, byte)?;
        if line[at + 1..].first_chunk() == Some(&behind) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether a record's first line, however short, is of level ERROR or FATAL.
pub fn is_error(line: &[u8]) -> bool {
    let level = line.get(TIMESTAMP..).unwrap_or_default().trim_ascii_start();
    level.starts_with(b"ERROR") || level.starts_with(b"FATAL")
}

/// A line without blanks around it and without the marks of a quotation.
pub fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || c == '>').trim_end()
}

/// Reads a timestamp; `None` where it names no day or time.
pub fn parse_time(time: &[u8]) -> Option<NaiveDateTime> {
    Clock::default().read(time)
}

/// Reads timestamps one after the other: the day, hour and minute, which seldom change from one to the next, once.
#[derive(Debug, Default)]
pub struct Clock {
    /// As written, and what it says.
    minute: Minute,
    read: Option<(NaiveDate, u32, u32)>,
}

impl Clock {
    /// Reads a timestamp; `None` where it names no day or time.
    #[inline]
    pub fn read(&mut self, time: &[u8]) -> Option<NaiveDateTime> {
        let time = time.first_chunk::<TIMESTAMP>()?;
        let (minute, _) = time.split_first_chunk::<MINUTE>()?;
        if *minute != self.minute {
            self.minute = *minute;
            self.read = parse_minute(minute);
        }
        let (day, hour, minute) = self.read?;
        day.and_hms_milli_opt(hour, minute, number(&time[17..19])?, number(&time[20..])?)
    }
}

#[cold]
fn parse_minute(minute: &Minute) -> Option<(NaiveDate, u32, u32)> {
    let year = i32::try_from(number(&minute[..4])?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&minute[5..7])?, number(&minute[8..10])?)?;
    Some((day, number(&minute[11..13])?, number(&minute[14..])?))
}

#[inline]
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Whether the clock was set between two records: threads may write a few milliseconds out of order.
pub fn runs_backwards(before: NaiveDateTime, time: NaiveDateTime) -> bool {
    (before - time).num_seconds() >= 60
}

/// Without the blanks, carriage returns and NULs at its end.
pub fn trim_end(line: &[u8]) -> &[u8] {
    let end =
        line.iter().rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')).map_or(0, |last| last + 1);
    &line[..end]
}

/// The bytes as text: UTF-8, or else Latin-1 (as Windows reads it), which never fails.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REAL: &[u8] = b"2019-07-25 13:12:11,971 ERROR [main] sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connectionAlgorithm negotiation fail";

    #[test]
    fn a_timestamp_starts_a_record_with_comma_or_full_stop() {
        assert!(starts_record(REAL));
        assert!(starts_record(b"2019-07-25 13:12:11.971 "));
        for no in [
            "2019-07-25 13:12:11,97",
            "2019-07-25T13:12:11,971 ",
            "2019/07/25 13:12:11,971 ",
            "x019-07-25 13:12:11,971 ",
            "2019-07-25 13:12:11;971 ",
            "2019-07-25 13:12:11,971x",
            "2019-07-:5 13:12:11,971 ",
        ] {
            assert!(!starts_record(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn what_stands_before_a_record_does_not_hide_it() {
        for before in [
            "\u{feff}",
            "\0\0\0",
            "  ",
            "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 2342) : ",
            "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 2342) : n ",
            "0000000417: ",
            "> ",
            "> > ",
            "cdrrepmgr00072.log:417:",
            "/var/log/active/cm/trace/cdrrep/log4j/cdrrepmgr00072.log:",
            "    C:\\traces\\cdrrepmgr00072.log:12: ",
        ] {
            let line = [before.as_bytes(), REAL].concat();
            assert_eq!(classify_line(&line), Line::Start(before.len()), "{before:?}");
        }
    }

    #[test]
    fn the_cli_blanks_and_nuls_are_noise_and_all_else_continues() {
        for noise in [
            "",
            "\r",
            "   ",
            "\t\r",
            "\0\0\0\0",
            "admin:",
            ">",
            "Searching path: /var/log/active/cm/trace/cdrrep/log4j/*",
            "Searching file: /var/log/active/cm/trace/cdrrep/log4j/cdrrepmgr00073.log",
            "Search completed\r",
            "admin:file view activelog /cm/trace/cdrrep/log4j/cdrrepmgr00073.log",
            "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 2342) :",
            "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 2342) : n\r",
        ] {
            assert_eq!(classify_line(noise.as_bytes()), Line::Noise, "{noise:?}");
        }
        for more in [
            " java.lang.Exception: x",
            "Caused by: y",
            "\tat a.b.c(D.java:1)",
            "administrator said so",
            "options are many",
            "2019-07-25",
            "Searching for the file",
            "the record was 2019-07-25 13:12:11,971 ERROR [main] x",
            "at 12: 2019-07-25 13:12:11,971",
        ] {
            assert_eq!(classify_line(more.as_bytes()), Line::Continuation, "{more:?}");
        }
    }

    #[test]
    fn a_header_is_taken_apart() {
        let header = Header::parse(REAL).unwrap();
        assert_eq!(header.level, b"ERROR");
        assert_eq!(header.thread, b"main");
        assert_eq!(header.class, b"sftpapi.SFTPConnection");
        assert_eq!(header.message, b"error Making SFTP connectionAlgorithm negotiation fail");
        assert_eq!(parse_time(header.time).unwrap().to_string(), "2019-07-25 13:12:11.971");
        assert_eq!(Header::parse(&REAL[..60]), None);
        assert_eq!(parse_time(b"2019-02-30 13:12:11,971"), None);
    }

    #[test]
    fn latin_1_is_read_as_text() {
        assert_eq!(text(b"Gr\xf6\xdfe"), "Größe");
    }

    /// The plain reading of the form, which the fast one must agree with.
    fn starts_record_plainly(bytes: &[u8]) -> bool {
        bytes.len() >= 24
            && bytes.iter().zip(b"0000-00-00 00:00:00,000 ").all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b',' => matches!(byte, b',' | b'.'),
                form => byte == form,
            })
    }

    proptest! {
        #[test]
        fn the_fast_reading_of_a_timestamp_is_the_plain_one(mut bytes in Just(REAL[..24].to_vec()), at in 0usize..24, byte: u8) {
            bytes[at] = byte;
            prop_assert_eq!(starts_record(&bytes), starts_record_plainly(&bytes));
        }

        #[test]
        fn arbitrary_lines_are_classified_without_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = classify_line(&line);
            let _ = Header::parse(&line);
            let _ = parse_time(&line);
            let _ = text(&line);
        }
    }
}
