//! The two pagers and the prompt, in what has arrived. Bytes, not text: a trace may hold lines that look alike, and is
//! to stay as it is.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

/// The lines that a page of the viewer shows, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) total: u64,
}

impl Range {
    /// How many lines it shows.
    pub(crate) fn lines(self) -> u64 {
        if self.last == 0 { 0 } else { self.last.saturating_sub(self.first).saturating_add(1) }
    }

    /// How many pages of this length follow.
    pub(crate) fn pages_left(self) -> u64 {
        self.total.saturating_sub(self.last).div_ceil(self.lines().max(1))
    }
}

/// The bar of the viewer of `file view`, which waits for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) range: Range,
    /// Whether it is printed in bold, as CUCM does.
    pub(crate) bold: bool,
    /// Where it begins, with what the viewer prints before it.
    pub(crate) start: usize,
    /// Where it begins if `end of the file reached` before it is the file's own last line.
    pub(crate) without_notice: usize,
    /// Behind its colon. A few escape sequences and a line end may follow.
    pub(crate) end: usize,
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test uses each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// `Press <enter> for 1 line, …`, or what else asks for a key to go on.
static PRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)((?:\x1b\[[0-9;]*m)*)(?:Press <enter> for 1 line, <space> for one page, or <q> to quit|(?i:press (?:any|a) key\b[^\r\n\x1b]{0,40}|--[ ]?more[ ]?--))[ ]?(?:\x1b\[[0-9;]*m)*[ ]?$",
    )
});
static BAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x-u)
        (?: (?P<bold_before> (?:\x1b\[[0-9;]*m)+ ) (?:\r*\n)* )?
        (?P<notice> end\ of\ the\ file\ reached\ * (?:\x1b\[[0-9;]*m)* (?:\r*\n)+ )?
        (?: (?P<bold> (?:\x1b\[[0-9;]*m)+ ) (?:\r*\n)* )?
        options:\ ?q=quit, [^()\r\n\x1b]{0,80}
        \(\ ?lines?\ (?P<first>[0-9][0-9,]{0,20})\ ?(?:-|to)\ ?(?P<last>[0-9][0-9,]{0,20})
        \ of\ (?P<total>[0-9][0-9,]{0,20})\ ?\)\ ?:",
    )
});
/// What may follow the bar's colon.
static BEHIND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)^[ ]?(?:\x1b\[[0-9;]*m)*[ ]?(?:\r*\n)?(?:\x1b\[[0-9;]*m)*$"));

/// No pager's text is longer.
pub(crate) const TAIL: usize = 400;

/// Where the text of the pager of ordinary commands begins, at the end, and whether it is in bold, as CUCM's own is.
pub(crate) fn press_at_end(bytes: &[u8]) -> Option<(usize, bool)> {
    let start = bytes.len().saturating_sub(TAIL);
    let found = PRESS.captures(bytes.get(start..)?)?;
    Some((start + found.get(0)?.start(), found.get(1).is_some_and(|group| !group.is_empty())))
}

/// The viewer's bar at the end.
pub(crate) fn bar_at_end(bytes: &[u8]) -> Option<Bar> {
    let start = bytes.len().saturating_sub(TAIL);
    let bar = BAR.captures_iter(bytes.get(start..)?).last().and_then(|found| bar(&found, start))?;
    BEHIND.is_match(bytes.get(bar.end..)?).then_some(bar)
}

/// The first of the viewer's bars from here on whose page is this one.
pub(crate) fn bar_of(bytes: &[u8], from: usize, first: u64, last: u64) -> Option<Bar> {
    let bars = BAR.captures_iter(bytes.get(from..)?);
    bars.filter_map(|found| bar(&found, from)).find(|bar| (bar.range.first, bar.range.last) == (first, last))
}

fn bar(found: &Captures<'_>, offset: usize) -> Option<Bar> {
    let number = |name| {
        let digits = found.name(name)?.as_bytes().iter().filter(|byte| **byte != b',').copied().collect();
        String::from_utf8(digits).ok()?.parse().ok()
    };
    let range = Range { first: number("first")?, last: number("last")?, total: number("total")? };
    let (bold_before, whole) = (found.name("bold_before"), found.get(0)?);
    let bold = bold_before.or(found.name("bold")).is_some();
    let start = offset + whole.start();
    let notice = found.name("notice").filter(|_| bold_before.is_none());
    let without_notice = notice.map_or(start, |notice| offset + notice.end());
    // It is told at the end alone.
    let start = if range.last < range.total { without_notice } else { start };
    Some(Bar { range, bold, start, without_notice, end: offset + whole.end() })
}

/// The prompt of a session: `admin:`, or another account's name (CLI guide, "About CLI"). After `set commandcount
/// enable` it holds a number that counts on.
#[derive(Debug, Clone)]
pub(crate) struct Prompt(Regex);

/// A prompt at the end of what has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prompted {
    /// Where it begins, with the escape sequences right before it.
    pub(crate) start: usize,
    /// Whether it begins a line.
    pub(crate) begins_line: bool,
}

impl Prompt {
    /// The last line, where it is a prompt of its own. `admin:` is CUCM's for sure.
    pub(crate) fn learn(bytes: &[u8]) -> Option<(Self, bool)> {
        static LINE: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?-u)^((?:[\[(]?[0-9]{1,6}[\])]?[ .:]{0,2})?([A-Za-z0-9_.@-]{1,80})(?:[ ]?[\[(:<]?[0-9]{1,6}[\])>]?)?:)[ ]*$",
            )
        });
        let start = bytes.len().saturating_sub(TAIL);
        let text = super::terminal::plain(bytes.get(start..)?);
        let line = text.rsplit('\n').next()?;
        let found = LINE.captures(line.as_bytes())?;
        let (whole, name) = (found.get(1)?, found.get(2)?);
        let is_admin = name.as_bytes() == b"admin";
        (!asks_for_secret(line)).then(|| Self::of(whole.as_bytes()).map(|prompt| (prompt, is_admin)))?
    }

    /// This text, where its numbers may differ.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        static NUMBER: LazyLock<regex::Regex> = LazyLock::new(|| {
            #[allow(clippy::expect_used, reason = "a constant pattern")]
            regex::Regex::new("[0-9]+").expect("a constant pattern")
        });
        let escaped = regex::escape(std::str::from_utf8(text).ok()?);
        let counted = NUMBER.replace_all(&escaped, "[0-9]+");
        Regex::new(&format!(r"(?-u)((?:\x1b\[[0-9;?]*[A-Za-z])*){counted}(?:[ ]|\x1b\[[0-9;?]*[A-Za-z])*$"))
            .ok()
            .map(Self)
    }

    /// It, at the end.
    pub(crate) fn at_end(&self, bytes: &[u8]) -> Option<Prompted> {
        let offset = bytes.len().saturating_sub(TAIL);
        let found = self.0.captures(bytes.get(offset..)?)?;
        let start = offset + found.get(0)?.start();
        let moved = found.get(1)?.as_bytes().iter().any(|byte| matches!(byte, b'K' | b'H' | b'J'));
        let before = bytes.get(..start)?.last();
        Some(Prompted { start, begins_line: moved || before.is_none_or(|byte| matches!(byte, b'\n' | b'\r')) })
    }
}

/// Whether a line asks for what nobody types into a prompt of commands.
pub(crate) fn asks_for_secret(line: &str) -> bool {
    let line = line.trim_end().to_ascii_lowercase();
    let asks = ["password:", "login:", "username:", "user:", "passcode:", "code:", "pin:", "passphrase:"];
    asks.iter().any(|word| line.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWED: &[u8] =
        b"x\r\n\x1b[1m\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 61 - 80 of 207554) : \x1b[0m\r\n";

    fn range(bytes: &[u8]) -> Option<(Range, bool, usize)> {
        bar_at_end(bytes).map(|bar| (bar.range, bar.bold, bar.start))
    }

    #[test]
    fn the_pagers_are_found_by_their_bytes() {
        let lines = Range { first: 61, last: 80, total: 207_554 };
        assert_eq!(range(VIEWED), Some((lines, true, 3)));
        let press = b"a\r\n\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m";
        assert_eq!(press_at_end(press), Some((3, true)));
        assert_eq!(range(&VIEWED[..VIEWED.len() - 20]), None, "not yet whole");
        let end = b"z\r\n\r\nend of the file reached\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 7 of 7) : ";
        assert_eq!(range(end), Some((Range { first: 1, last: 7, total: 7 }, false, 5)));
    }

    #[test]
    fn a_bar_may_have_commas_other_words_and_other_escapes() {
        for bar in [
            "options: q=quit, n=next, p=prev, b=begin, e=end (lines 61 - 80 of 207,554) : ",
            "options: q=quit, n=next (lines 61 to 80 of 207554):",
            "\x1b[7moptions:q=quit, n=next, p=prev, b=begin, e=end ( lines 61-80 of 207554 ) :\x1b[27m ",
        ] {
            let found = range(bar.as_bytes()).map(|found| (found.0, found.2));
            assert_eq!(found, Some((Range { first: 61, last: 80, total: 207_554 }, 0)), "{bar:?}");
        }
        assert_eq!(press_at_end(b"a\nPress any key to continue..."), Some((2, false)));
        assert_eq!(press_at_end(b"a\n--More--"), Some((2, false)));
    }

    #[test]
    fn a_page_that_came_early_is_found_by_its_numbers() {
        let two = [VIEWED, b"y\r\n", &VIEWED[3..]].concat();
        let found = bar_of(&two, 0, 61, 80).unwrap();
        assert_eq!((found.start, &two[found.end..found.end + 5]), (3, b" \x1b[0m".as_slice()));
        assert_eq!(bar_of(&two, 0, 81, 100), None);
    }

    #[test]
    fn the_prompt_is_found_at_the_end_and_only_there() {
        let prompt = |bytes: &[u8]| Prompt::of(b"admin:").unwrap().at_end(bytes);
        assert_eq!(prompt(b"x\r\nadmin:"), Some(Prompted { start: 3, begins_line: true }));
        assert_eq!(prompt(b"x\x1b[Kadmin: "), Some(Prompted { start: 1, begins_line: true }));
        assert_eq!(prompt(b"x\x1b[0m\x1b[24;1Hadmin:"), Some(Prompted { start: 1, begins_line: true }));
        assert_eq!(prompt(b"xadmin:"), Some(Prompted { start: 1, begins_line: false }));
        assert_eq!(prompt(b"admin:\r\n"), None);
    }

    #[test]
    fn a_prompt_that_counts_commands_is_known_by_its_other_letters() {
        for (first, second) in [("admin(1):", "admin(2):"), ("9 admin:", "10 admin:"), ("admin:1:", "admin:12:")] {
            let (prompt, _) = Prompt::learn(format!("Welcome\r\n\r\n{first}").as_bytes()).unwrap();
            assert!(prompt.at_end(format!("x\r\n{second}").as_bytes()).is_some(), "{second}");
            assert!(prompt.at_end(b"x\r\nother(2):").is_none());
        }
    }

    #[test]
    fn a_question_for_a_password_is_no_prompt() {
        assert!(matches!(Prompt::learn(b"Welcome\r\n\r\nadmin:"), Some((_, true))));
        assert!(matches!(Prompt::learn(b"reader.x: "), Some((_, false))));
        for text in ["New password: ", "Password:", "login: ", "[root@host ~]# ", "Router>", "note:\r\n"] {
            assert!(Prompt::learn(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_pages_that_are_left_are_counted() {
        let left = |first, last, total| Range { first, last, total }.pages_left();
        assert_eq!((left(1, 20, 20), left(1, 20, 21), left(1, 20, 60), left(0, 0, 0)), (0, 1, 2, 0));
    }
}
