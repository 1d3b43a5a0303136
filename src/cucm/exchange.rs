//! One command and its answer: what has arrived, and what to do next. Pure: time comes in as how long it has been quiet.

mod pages;

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;

use super::command::Key;
use super::echo;
use super::pager::{self, Prompt, Prompted, Range};
use super::question::{self, ASKED};
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
    /// Send a key so many times.
    Send(Key, usize),
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

/// What a session learns of its node, for the commands that follow.
#[derive(Debug, Clone)]
pub(crate) struct Habits {
    prompt: Prompt,
    /// Commands in a row whose echo did not come.
    unechoed: u8,
    /// What follows the colon of the viewer's bar.
    behind_bar: Option<Vec<u8>>,
    /// How many page keys may be on their way.
    ahead: u64,
}

impl Habits {
    pub(crate) fn new(prompt: Prompt) -> Self {
        Self { prompt, unechoed: 0, behind_bar: None, ahead: AHEAD }
    }

    fn echoes(&self) -> bool {
        self.unechoed < 2
    }

    /// Sends no more page keys ahead. Tells whether some were until now.
    pub(crate) fn one_key_at_a_time(&mut self) -> bool {
        std::mem::replace(&mut self.ahead, 1) > 1
    }
}

/// Page keys that are sent before their pages have come. More would gain little, and a viewer that reads no key ahead
/// has fewer to lose.
const AHEAD: u64 = 4;
/// A bar whose end is not known, or a prompt at a line's beginning that is followed by nothing.
const SURE: Duration = Duration::from_millis(150);
/// A pager that is not in bold, or whose lines are counted otherwise.
const PLAIN: Duration = Duration::from_millis(500);
/// A prompt somewhere else, or one without an echo before it; keys that were lost.
const UNSURE: Duration = Duration::from_secs(2);
/// What looks like the viewer, but for its numbers and its looks.
const DOUBTFUL: Duration = Duration::from_secs(6);
/// How often no is said to one command.
const NOES: u8 = 3;
/// How often a key is pressed again.
const REPEATS: u8 = 3;
/// The echo of a command lies in so many bytes.
const ECHO: usize = 8_192;

/// A command under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) habits: Habits,
    /// The command without its blanks.
    letters: Vec<u8>,
    kind: Kind,
    raw: Vec<u8>,
    /// Where the answer begins, behind the echo.
    body: Option<usize>,
    /// Where the echo is looked for.
    echo_from: usize,
    /// Where pagers were cut out; the viewer's with their ranges.
    cuts: Vec<(usize, Option<Range>)>,
    /// Up to where a bar has been looked for.
    scanned: usize,
    /// Page keys whose page has not come.
    awaited: u64,
    /// Whether the viewer was left, and how often.
    quits: u8,
    /// How often a key was pressed again since the last page.
    repeated: u8,
    asked: Option<String>,
    noes: u8,
    /// How much had arrived when no was said, and whether Enter followed.
    answered: Option<(usize, bool)>,
}

impl Exchange {
    pub(crate) fn new(command: &str, habits: Habits, kind: Kind) -> Self {
        Self {
            habits,
            letters: command.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect(),
            kind,
            raw: Vec::new(),
            body: None,
            echo_from: 0,
            cuts: Vec::new(),
            scanned: 0,
            awaited: 0,
            quits: 0,
            repeated: 0,
            asked: None,
            noes: 0,
            answered: None,
        }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        if self.body.is_none() {
            self.find_echo();
        }
    }

    /// How many bytes have arrived.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// What to do after so long a silence.
    pub(crate) fn next(&mut self, quiet: Duration) -> Next {
        if self.body.is_none() && quiet >= UNSURE && self.waits() {
            self.do_without_echo();
        }
        let Some(body) = self.body else { return self.answer(quiet, 0) };
        if let Some(next) = self.view(quiet, body) {
            return next;
        }
        if let Some((at, bold)) = pager::press_at_end(&self.raw).filter(|(at, _)| *at >= body) {
            return self.press(at, bold, quiet);
        }
        if let Some(prompt) = self.prompt(body) {
            return if quiet >= self.patience(prompt, body) { Next::Done } else { Next::Wait };
        }
        self.answer(quiet, body)
    }

    fn find_echo(&mut self) {
        // What an earlier command left unread may come first.
        if self.raw.len() - self.echo_from > 2 * ECHO {
            self.echo_from = self.raw.len() - ECHO;
        }
        let tail = self.raw.get(self.echo_from..).unwrap_or_default();
        if let Some(end) = echo::end(tail, &self.letters) {
            self.body = Some(self.echo_from + end);
            self.habits.unechoed = 0;
        } else if !self.habits.echoes() && (memchr::memchr(b'\n', tail).is_some() || self.waits()) {
            self.do_without_echo();
        }
    }

    fn do_without_echo(&mut self) {
        self.body = Some(echo::scrolled_end(&self.raw, &self.letters).unwrap_or_default());
        self.habits.unechoed = self.habits.unechoed.saturating_add(1);
    }

    /// Whether the node waits, as it seems.
    fn waits(&self) -> bool {
        self.habits.prompt.at_end(&self.raw).is_some()
            || pager::press_at_end(&self.raw).is_some()
            || pager::bar_at_end(&self.raw).is_some()
    }

    /// The prompt at the end, with the carriage returns that lead to it: a line of the answer's own ends in a line feed.
    fn prompt(&self, body: usize) -> Option<Prompted> {
        let from = self.from(body);
        let mut prompt = self.habits.prompt.at_end(&self.raw).filter(|prompt| prompt.start >= from)?;
        let before = self.raw.get(from..prompt.start).unwrap_or_default();
        prompt.start -= before.iter().rev().take_while(|byte| **byte == b'\r').count();
        Some(prompt)
    }

    /// Where the last page ended.
    fn from(&self, body: usize) -> usize {
        self.cuts.last().map_or(body, |(at, _)| *at)
    }

    /// How long it has to be quiet behind a prompt. A file may hold a line like it, and its size tells.
    fn patience(&self, prompt: Prompted, body: usize) -> Duration {
        let Kind::File(listed) = self.kind else { return if prompt.begins_line { SURE } else { UNSURE } };
        if self.quits > 0 {
            return if prompt.begins_line { SURE } else { UNSURE };
        }
        let shown = self.raw.get(body..prompt.start).unwrap_or_default();
        if self.cuts.is_empty() && listed.is_some_and(|listed| viewed::is_as_long_as(shown, listed)) {
            return Duration::ZERO;
        }
        let is_short = self.cuts.is_empty() && shown.len() < 512 && prompt.begins_line;
        if is_short { 2 * PLAIN } else { UNSURE }
    }

    /// No, to a question; Enter, where the key alone does not do it.
    fn answer(&mut self, quiet: Duration, body: usize) -> Next {
        if let Some((length, entered)) = self.answered {
            let since = self.raw.get(length..).unwrap_or_default();
            if since.strip_suffix(b"n").is_some_and(|before| self.habits.prompt.at_end(before).is_some()) {
                return Next::Stuck;
            }
            if matches!(since, b"" | b"n" | b"n ") {
                if quiet < ASKED || entered {
                    return Next::Wait;
                }
                self.answered = Some((length, true));
                return Next::Send(Key::Enter, 1);
            }
        }
        let text = self.raw.get(self.from(body)..).unwrap_or_default();
        let Some(question) = question::at_end(text, self.kind != Kind::Text, quiet) else { return Next::Wait };
        self.asked.get_or_insert(question);
        self.noes += 1;
        if self.noes > NOES {
            return Next::Stuck;
        }
        self.answered = Some((self.raw.len(), false));
        Next::Send(Key::No, 1)
    }

    /// Whether the prompt has come.
    pub(crate) fn is_at_prompt(&self, quiet: Duration) -> bool {
        quiet >= SURE && self.prompt(self.body.unwrap_or_default()).is_some_and(|prompt| prompt.begins_line)
    }

    /// Whether the viewer or the other pager waits for a key, so that `q` leaves it. Anywhere else that would be typed
    /// into the prompt.
    pub(crate) fn is_paging(&self, quiet: Duration) -> bool {
        let from = self.from(self.body.unwrap_or_default());
        let press = pager::press_at_end(&self.raw);
        let bar = pager::bar_at_end(&self.raw).map(|bar| (bar.start, bar.bold));
        let waits = press.or(bar).filter(|(start, _)| *start >= from);
        self.quits == 0 && waits.is_some_and(|(_, bold)| quiet >= if bold { SURE } else { PLAIN })
    }

    /// What came, whether or not it came to its end.
    pub(crate) fn finish(mut self) -> Output {
        let body = self.body.unwrap_or_default();
        if let Some(prompt) = self.prompt(body) {
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
    #[allow(clippy::expect_used, reason = "a constant pattern; a test uses it")]
    static ERASED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?-u)^(?:\r*(?:\x1b\[[0-9;]*[A-Za-z])+|\r {20,}\r)+").expect("a constant pattern")
    });
    let erased = if is_resumed { ERASED.find(text).map_or(0, |found| found.end()) } else { 0 };
    text.get(erased..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "exchange/variants/tests.rs"]
mod variants;
