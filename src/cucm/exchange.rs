//! One command and its answer: what has arrived, and what to do next. Pure: time comes in as how long it has been quiet.

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;

use super::command::Key;
use super::pager::{self, Pager, Prompt, Range};
use super::terminal;
use super::viewed::{self, Page};

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text for its words.
    Text,
    /// A file's bytes, of which the folder lists so many.
    File(Option<u64>),
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait for more.
    Wait,
    /// Send a key.
    Send(Key),
    /// The prompt is there.
    Done,
    /// It asks on and on, or a key went astray: nothing more may be sent.
    Stuck,
}

/// The answer to a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// All of it, without pagers.
    pub(crate) text: Vec<u8>,
    /// The viewer's pages.
    pub(crate) pages: Vec<Page>,
    /// What came behind the last of them.
    pub(crate) rest: Vec<u8>,
    /// What it asked, where it asked something.
    pub(crate) asked: Option<String>,
}

/// A prompt at a line's beginning that is followed by nothing.
const SURE: Duration = Duration::from_millis(150);
/// A prompt somewhere else, or one without an echo before it.
const UNSURE: Duration = Duration::from_secs(2);
/// A pager that is not in bold.
const PLAIN: Duration = Duration::from_millis(500);
/// A question.
const ASKED: Duration = Duration::from_millis(1_500);
/// Something that may be one.
const MAYBE_ASKED: Duration = Duration::from_secs(12);
/// How often no is said to one command.
const NOES: u8 = 3;
/// The echo of a command lies in its first bytes.
const ECHO: usize = 8_192;

/// A command under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    command: Vec<u8>,
    prompt: Vec<u8>,
    kind: Kind,
    raw: Vec<u8>,
    body: Option<usize>,
    /// Where pagers were cut out; the viewer's with their ranges.
    cuts: Vec<(usize, Option<Range>)>,
    asked: Option<String>,
    noes: u8,
    /// How much had arrived when no was said, and whether Enter followed.
    answered: Option<(usize, bool)>,
}

impl Exchange {
    pub(crate) fn new(command: &str, prompt: &[u8], kind: Kind) -> Self {
        Self {
            command: command.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect(),
            prompt: prompt.to_vec(),
            kind,
            raw: Vec::new(),
            body: None,
            cuts: Vec::new(),
            asked: None,
            noes: 0,
            answered: None,
        }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        if self.body.is_none() {
            self.body = echo_end(self.raw.get(..ECHO).unwrap_or(&self.raw), &self.command);
        }
    }

    /// How many bytes have arrived.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// What to do after so long a silence.
    pub(crate) fn next(&mut self, quiet: Duration) -> Next {
        let body = match self.body {
            Some(body) => body,
            None if quiet >= UNSURE
                && pager::prompt_at_end(&self.raw, &self.prompt).is_some()
                && !self.raw.is_empty() =>
            {
                0
            }
            None if quiet >= UNSURE && pager::at_end(&self.raw).is_some() => 0,
            None => return self.answer(quiet, 0),
        };
        if let Some((pager, at)) = pager::at_end(&self.raw).filter(|(_, at)| *at >= body) {
            return self.turn(pager, at, quiet);
        }
        if let Some(prompt) = pager::prompt_at_end(&self.raw, &self.prompt).filter(|prompt| prompt.start >= body) {
            return if quiet >= self.patience(prompt, body, quiet) { Next::Done } else { Next::Wait };
        }
        self.answer(quiet, body)
    }

    fn turn(&mut self, pager: Pager, at: usize, quiet: Duration) -> Next {
        match pager {
            Pager::Press { bold } if bold || quiet >= PLAIN => {
                self.cut(at, None);
                Next::Send(Key::Page)
            }
            Pager::Viewer { range, bold } if (bold || quiet >= PLAIN) && self.fits(range, at) => {
                self.cut(at, Some(range));
                Next::Send(if range.last >= range.total { Key::Quit } else { Key::Next })
            }
            // It waits for a key, whatever its numbers say: what was read is not whole.
            Pager::Viewer { range, .. } if quiet >= UNSURE => {
                self.cut(at, Some(range));
                Next::Send(Key::Quit)
            }
            _ => Next::Wait,
        }
    }

    fn cut(&mut self, at: usize, range: Option<Range>) {
        self.raw.truncate(at);
        self.cuts.push((at, range));
    }

    /// Whether the viewer's numbers go with what it showed: a line of a trace may look like it.
    fn fits(&self, range: Range, at: usize) -> bool {
        let Kind::File(_) = self.kind else { return true };
        let last = self.cuts.iter().rev().find_map(|(_, range)| *range);
        let from = self.cuts.last().map_or(self.body.unwrap_or_default(), |(at, _)| *at);
        let shown = self.raw.get(from..at).unwrap_or_default();
        let shown = memchr::memchr_iter(b'\n', shown).count() as u64 + u64::from(!shown.ends_with(b"\n"));
        let count = range.last.saturating_sub(range.first) + u64::from(range.last > 0);
        let begins = range.first == last.map_or(1, |last| last.last.saturating_add(1)) || range.last == 0;
        begins && range.last <= range.total && (count..=count + 4).contains(&shown)
    }

    /// How long it has to be quiet behind a prompt. A file may hold a line like it, and its size tells.
    fn patience(&self, prompt: Prompt, body: usize, quiet: Duration) -> Duration {
        let Kind::File(listed) = self.kind else { return if prompt.begins_line { SURE } else { UNSURE } };
        if let Some(range) = self.cuts.iter().rev().find_map(|(_, range)| *range) {
            return if range.last >= range.total { SURE } else { UNSURE };
        }
        if quiet < SURE {
            return SURE;
        }
        let shown = self.raw.get(body..prompt.start).unwrap_or_default();
        let is_whole = listed.is_some_and(|_| viewed::assemble(&[], shown, listed).complete);
        let is_short = shown.len() < 512 && prompt.begins_line;
        if is_whole || is_short { SURE } else { UNSURE }
    }

    /// No, to a question; Enter, where the key alone does not do it.
    fn answer(&mut self, quiet: Duration, body: usize) -> Next {
        if let Some((length, entered)) = self.answered {
            let since = self.raw.get(length..).unwrap_or_default();
            if since.ends_with(&[&self.prompt, b"n".as_slice()].concat()) {
                return Next::Stuck;
            }
            if matches!(since, b"" | b"n" | b"n ") {
                if quiet < ASKED || entered {
                    return Next::Wait;
                }
                self.answered = Some((length, true));
                return Next::Send(Key::Enter);
            }
        }
        let from = self.cuts.last().map_or(body, |(at, _)| *at);
        let Some(question) = question(self.raw.get(from..).unwrap_or_default(), self.kind, quiet) else {
            return Next::Wait;
        };
        self.asked.get_or_insert(question);
        self.noes += 1;
        if self.noes > NOES {
            return Next::Stuck;
        }
        self.answered = Some((self.raw.len(), false));
        Next::Send(Key::No)
    }

    /// What came, whether or not it came to its end.
    pub(crate) fn finish(mut self) -> Output {
        let body = self.body.unwrap_or_default();
        if let Some(prompt) = pager::prompt_at_end(&self.raw, &self.prompt).filter(|prompt| prompt.start >= body) {
            self.raw.truncate(prompt.start);
        }
        let mut output = Output { asked: self.asked, ..Output::default() };
        let mut from = body;
        let mut page = Vec::new();
        for (at, range) in self.cuts {
            page.extend(resumed(self.raw.get(from..at).unwrap_or_default(), from > body));
            from = at;
            if let Some(range) = range {
                output.text.extend(&page);
                output.pages.push(Page { range, text: std::mem::take(&mut page) });
            }
        }
        page.extend(resumed(self.raw.get(from..).unwrap_or_default(), from > body));
        output.text.extend(&page);
        output.rest = page;
        output
    }
}

/// What follows a pager, without the erasing of the pager's own line.
fn resumed(text: &[u8], is_resumed: bool) -> &[u8] {
    static ERASED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)^(?:\r*\x1b\[K|\r {20,}\r)"));
    let erased = if is_resumed { ERASED.find(text).map_or(0, |found| found.end()) } else { 0 };
    text.get(erased..).unwrap_or_default()
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test uses each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// The question at the end: `Continue (y/n)?`, `Would you like to proceed [y/n]?`.
fn question(text: &[u8], kind: Kind, quiet: Duration) -> Option<String> {
    static YES_NO: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)\b(?:y|yes|'y')\b[^\n]{0,20}\b(?:n|no|'n')\b[^\n]{0,12}[?:\])>]\s*$"));
    if quiet < ASKED {
        return None;
    }
    let line = terminal::plain(text.get(text.len().saturating_sub(400)..)?);
    let line = line.rsplit('\n').find(|line| !line.trim().is_empty())?.trim();
    let is_yes_no = YES_NO.is_match(line.as_bytes());
    let ends = |marks: &[char]| line.ends_with(marks);
    let asks = match kind {
        Kind::File(_) => is_yes_no && line.len() < 200,
        // A number's line that is not yet whole ends so, too.
        Kind::Text => is_yes_no || ends(&['?']) || (quiet >= MAYBE_ASKED && ends(&[':', ']', '>'])),
    };
    asks.then(|| line.chars().take(200).collect())
}

/// Where a command's echo ends, the line end included. A terminal may wrap it anywhere, with carriage returns, escape
/// sequences, blanks and backspaces: what counts are its letters.
fn echo_end(raw: &[u8], command: &[u8]) -> Option<usize> {
    let mut seen: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        if let Some(length) = terminal::escape_length(raw.get(at..)?) {
            at += length;
            continue;
        }
        at += 1;
        match byte {
            0x08 => drop(seen.pop()),
            b'\r' | b'\n' => {}
            _ => seen.push((byte, at)),
        }
    }
    seen.retain(|(byte, _)| !byte.is_ascii_whitespace());
    let found = seen.windows(command.len()).position(|window| window.iter().map(|(byte, _)| byte).eq(command))?;
    let mut end = seen.get(found + command.len() - 1)?.1;
    loop {
        let rest = raw.get(end..)?;
        if let Some(length) = terminal::escape_length(rest) {
            end += length;
        } else if rest.starts_with(b" ") || rest.starts_with(b"\x08") {
            end += 1;
        } else {
            break;
        }
    }
    let rest = raw.get(end..)?;
    let returns = rest.iter().take_while(|byte| **byte == b'\r').count();
    match rest.get(returns) {
        Some(b'\n') => Some(end + returns + 1),
        Some(_) => Some(end + returns),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(5);

    fn exchange(command: &str, kind: Kind) -> Exchange {
        Exchange::new(command, b"admin:", kind)
    }

    #[test]
    fn the_echo_ends_where_its_letters_do_however_it_wraps() {
        let command = b"filelistactiveloga".to_vec();
        for echo in [
            &b"file list activelog a\r\nX"[..],
            b"\radmin:file list activelog a\r\nX",
            b"file list act\r\nivelog a\r\nX",
            b"file list act \rivelog\x1b[K a\r\nX",
            b"file lisx\x08t activelog a \x08\r\r\nX",
            b"file list activelog a\rX",
        ] {
            assert_eq!(echo_end(echo, &command), Some(echo.len() - 1), "{}", echo.escape_ascii());
        }
        assert_eq!(echo_end(b"file list activ", &command), None);
    }

    #[test]
    fn both_pagers_are_turned_and_cut_out() {
        let mut one = exchange("show status", Kind::Text);
        one.take(b"show status\r\na\r\n\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m");
        assert_eq!(one.next(QUICK), Next::Send(Key::Page));
        one.take(b"\r\x1b[Kb\r\nadmin:");
        assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Done));
        assert_eq!(one.finish().text, b"a\r\nb\r\n");

        let mut one = exchange("file view x", Kind::File(Some(4)));
        let bar = |lines: &str| {
            format!("\x1b[1m\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines {lines}) : \x1b[0m\r\n")
        };
        one.take(format!("file view x\r\n\r\na\r\n{}", bar("1 - 1 of 2")).as_bytes());
        assert_eq!(one.next(QUICK), Next::Send(Key::Next));
        one.take(format!("b\r\n{}", bar("2 - 2 of 2")).as_bytes());
        assert_eq!(one.next(QUICK), Next::Send(Key::Quit));
        one.take(b"\r\nadmin:");
        assert_eq!(one.next(SURE), Next::Done);
        let output = one.finish();
        let viewed = viewed::assemble(&output.pages, &output.rest, Some(4));
        assert_eq!((viewed.bytes.as_slice(), viewed.complete), (b"a\nb\n".as_slice(), true));
    }

    #[test]
    fn a_line_of_a_file_like_the_prompt_or_the_pager_is_the_files() {
        let mut one = exchange("file view x", Kind::File(Some(100)));
        one.take(b"file view x\r\nadmin:");
        one.take(b"\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 40) : ");
        assert_eq!(one.next(PLAIN), Next::Wait, "20 lines were not shown");
        one.take(b"more\r\nadmin:");
        assert_eq!(one.next(QUICK), Next::Wait);
    }

    #[test]
    fn a_question_is_answered_with_no_and_enter_only_where_needed() {
        let mut one = exchange("file view x", Kind::File(None));
        one.take(b"file view x\r\nThis may take long\r\nContinue (y/n)?");
        assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Send(Key::No)));
        one.take(b"n");
        assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Send(Key::Enter)));
        one.take(b"\r\nadmin:");
        assert_eq!(one.next(LONG), Next::Done);
        assert_eq!(one.finish().asked.as_deref(), Some("Continue (y/n)?"));
    }
}
