//! One command and its answer: what has arrived, and what to do next. Pure: time comes in as how long it has been quiet.

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;

use super::command::Key;
use super::echo;
use super::pager::{self, Bar, Prompt, Prompted, Range};
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

    fn press(&mut self, at: usize, bold: bool, quiet: Duration) -> Next {
        let patience = match (bold, self.kind) {
            (true, _) => Duration::ZERO,
            (false, Kind::Text) => PLAIN,
            (false, Kind::File(_)) => UNSURE,
        };
        if quiet < patience {
            return Next::Wait;
        }
        self.raw.truncate(at);
        self.cuts.push((at, None));
        self.repeated = 0;
        Next::Send(Key::Page, 1)
    }

    /// Turns the viewer's pages.
    fn view(&mut self, quiet: Duration, body: usize) -> Option<Next> {
        let turned = self.turn_early_pages(body);
        let from = self.from(body);
        if let Some(bar) = pager::bar_at_end(&self.raw).filter(|bar| bar.start >= from) {
            return Some(self.bar(self.placed(bar, from), quiet, from));
        }
        if turned {
            return self.range().map(|range| self.turn_on(range));
        }
        self.press_again(quiet, from)
    }

    /// The key again, where nothing came of it: a terminal may throw away, and even show, what is typed before it waits.
    fn press_again(&mut self, quiet: Duration, from: usize) -> Option<Next> {
        let shown = self.raw.get(from..)?;
        let is_lost = shown.len() <= 8 && shown.iter().all(|byte| matches!(byte, b'n' | b'q' | b' '));
        let (_, range) = *self.cuts.last()?;
        let patience = if range.is_some() && self.quits == 0 { UNSURE } else { DOUBTFUL };
        if !is_lost || quiet < patience || self.repeated >= REPEATS {
            return None;
        }
        self.repeated += 1;
        self.raw.truncate(from);
        match range {
            None => Some(Next::Send(Key::Page, 1)),
            Some(_) if self.quits > 0 => Some(Next::Send(Key::Quit, 1)),
            Some(range) => {
                (self.awaited, self.habits.ahead) = (0, 1);
                Some(self.turn_on(range))
            }
        }
    }

    /// Pages whose keys were sent ahead, and behind which others have come.
    fn turn_early_pages(&mut self, body: usize) -> bool {
        let mut turned = false;
        while self.awaited > 0
            && let Some((first, last)) = self.expected()
        {
            let from = self.from(body);
            let scan = from.max(self.scanned.saturating_sub(pager::TAIL));
            let bar = pager::bar_of(&self.raw, scan, first, last).map(|bar| self.placed(bar, from));
            let bar = bar.filter(|bar| self.fits(*bar, from));
            let behind = self.habits.behind_bar.as_deref().unwrap_or_default();
            let Some(bar) = bar.filter(|bar| self.raw.get(bar.end..).is_some_and(|rest| rest.starts_with(behind)))
            else {
                self.scanned = self.raw.len();
                break;
            };
            self.raw.drain(bar.start..bar.end + behind.len());
            self.cut(bar);
            turned = true;
        }
        turned
    }

    /// The lines of the next page.
    fn expected(&self) -> Option<(u64, u64)> {
        let size = self.cuts.iter().find_map(|(_, range)| *range)?.lines();
        let range = self.range()?;
        (range.last < range.total).then(|| (range.last + 1, range.last.saturating_add(size).min(range.total)))
    }

    /// A bar at the end: it waits for a key, or is a file's own line.
    fn bar(&mut self, bar: Bar, quiet: Duration, from: usize) -> Next {
        let behind = self.raw.get(bar.end..).unwrap_or_default().to_vec();
        let is_whole = self.habits.behind_bar.as_ref().is_some_and(|known| *known == behind);
        if !is_whole && quiet < SURE {
            return Next::Wait;
        }
        if self.quits > 0 {
            return self.leave_again(bar, quiet);
        }
        let follows = self.follows(bar.range);
        let patience = match (bar.bold, self.fits(bar, from)) {
            (true, true) => Duration::ZERO,
            (true, false) | (false, true) => PLAIN,
            (false, false) => DOUBTFUL,
        };
        if follows && quiet >= patience {
            self.habits.behind_bar.get_or_insert(behind);
            self.raw.truncate(bar.start);
            self.cut(bar);
            return self.turn_on(bar.range);
        }
        // It waits for a key, whatever its numbers say: what was read is not whole.
        if quiet < if bar.bold { UNSURE } else { DOUBTFUL } {
            return Next::Wait;
        }
        self.raw.truncate(bar.start);
        self.cut(bar);
        self.quits = 1;
        Next::Send(Key::Quit, 1)
    }

    /// Keys that were on their way when the viewer was left may show its last page again.
    fn leave_again(&mut self, bar: Bar, quiet: Duration) -> Next {
        if quiet < DOUBTFUL || self.quits > 1 {
            return Next::Wait;
        }
        self.raw.truncate(bar.start);
        self.quits += 1;
        Next::Send(Key::Quit, 1)
    }

    fn turn_on(&mut self, range: Range) -> Next {
        if range.last >= range.total {
            self.quits = 1;
            return Next::Send(Key::Quit, 1);
        }
        let ahead = self.habits.ahead;
        let missing = range.pages_left().min(ahead).saturating_sub(self.awaited);
        if missing == 0 || (self.awaited > 0 && missing < ahead.div_ceil(2)) {
            return Next::Wait;
        }
        self.awaited += missing;
        Next::Send(Key::Next, usize::try_from(missing).unwrap_or(1))
    }

    fn cut(&mut self, bar: Bar) {
        self.cuts.push((bar.start, Some(bar.range)));
        self.awaited = self.awaited.saturating_sub(1);
        (self.scanned, self.repeated) = (bar.start, 0);
    }

    /// Where the last page ended.
    fn from(&self, body: usize) -> usize {
        self.cuts.last().map_or(body, |(at, _)| *at)
    }

    /// The lines of the last page.
    fn range(&self) -> Option<Range> {
        self.cuts.iter().rev().find_map(|(_, range)| *range)
    }

    fn follows(&self, range: Range) -> bool {
        let first = self.range().map_or(1, |last| last.last.saturating_add(1));
        range.last <= range.total && (range.first == first || range.last == 0)
    }

    /// The bar without the notice before it, where that line is the file's own: so many the viewer says it showed.
    fn placed(&self, bar: Bar, from: usize) -> Bar {
        let without = Bar { start: bar.without_notice, ..bar };
        if self.fits(bar, from) || !self.fits(without, from) { bar } else { without }
    }

    /// Whether the viewer's numbers go with what it showed: a line of a trace may look like it.
    fn fits(&self, bar: Bar, from: usize) -> bool {
        let Kind::File(_) = self.kind else { return true };
        let shown = self.raw.get(from..bar.start).unwrap_or_default();
        let shown = memchr::memchr_iter(b'\n', shown).count() as u64 + u64::from(!shown.ends_with(b"\n"));
        (bar.range.lines()..=bar.range.lines() + 4).contains(&shown)
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
