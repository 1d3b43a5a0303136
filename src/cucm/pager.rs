//! The two pagers and the prompt, at the end of what has arrived. Bytes, not text: a trace may hold lines that look
//! alike, and is to stay as it is.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// The lines that a page of the viewer shows, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) total: u64,
}

/// What waits for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pager {
    /// `Press <enter> for 1 line, …`: a blank shows the next page.
    Press {
        /// Whether it is printed in bold, as CUCM does.
        bold: bool,
    },
    /// The viewer of `file view`.
    Viewer {
        range: Range,
        /// Whether it is printed in bold, as CUCM does.
        bold: bool,
    },
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test uses each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

static PRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)((?:\x1b\[[0-9;]*m)*)Press <enter> for 1 line, <space> for one page, or <q> to quit[ ]?(?:\x1b\[[0-9;]*m)*[ ]?$",
    )
});
static VIEWER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)(?:(\x1b\[1m)(?:\x1b\[[0-9;]*m)*(?:\r?\n)*)?(?:end of the file reached\r*\n(?:\r?\n)?)?(?:(\x1b\[1m)\r?\n?)?options: q=quit, n=next, p=prev, b=begin, e=end \(lines ([0-9]{1,18}) - ([0-9]{1,18}) of ([0-9]{1,18})\) :[ ]?(?:\x1b\[[0-9;]*m)*[ ]?(?:\r*\n)?(?:\x1b\[[0-9;]*m)*$",
    )
});

/// No pager's text is longer.
const TAIL: usize = 400;

/// The pager at the end, and where its text begins.
pub(crate) fn at_end(bytes: &[u8]) -> Option<(Pager, usize)> {
    let start = bytes.len().saturating_sub(TAIL);
    let tail = bytes.get(start..)?;
    if let Some(found) = PRESS.captures(tail) {
        let bold = found.get(1).is_some_and(|group| !group.is_empty());
        return Some((Pager::Press { bold }, start + found.get(0)?.start()));
    }
    let found = VIEWER.captures(tail)?;
    let number = |group| std::str::from_utf8(found.get(group)?.as_bytes()).ok()?.parse().ok();
    let range = Range { first: number(3)?, last: number(4)?, total: number(5)? };
    let bold = found.get(1).or(found.get(2)).is_some();
    Some((Pager::Viewer { range, bold }, start + found.get(0)?.start()))
}

/// A prompt at the end of what has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// Where it begins, with the escape sequences right before it.
    pub(crate) start: usize,
    /// Whether it begins a line.
    pub(crate) begins_line: bool,
}

static BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)(?:\x1b\[[0-9;?]*[A-Za-z])+$"));
static AFTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)(?:[ ]|\x1b\[[0-9;?]*[A-Za-z])*$"));

/// This prompt at the end.
pub(crate) fn prompt_at_end(bytes: &[u8], prompt: &[u8]) -> Option<Prompt> {
    let start = bytes.len().saturating_sub(TAIL);
    let tail = bytes.get(start..)?;
    let tail = tail.get(..AFTER.find(tail)?.start())?;
    let before = tail.strip_suffix(prompt)?;
    let escapes = BEFORE.find(before).map_or(before.len(), |found| found.start());
    let clean = before.get(..escapes)?;
    let moved = before.get(escapes..)?.windows(1).any(|byte| matches!(byte, b"K" | b"H"));
    let begins_line = clean.last().is_none_or(|byte| matches!(byte, b'\n' | b'\r')) || moved;
    Some(Prompt { start: start + escapes, begins_line })
}

/// The last line where it is a prompt of its own: `admin:` or another account's name (CLI guide, "About CLI").
pub(crate) fn learn_prompt(bytes: &[u8]) -> Option<Vec<u8>> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)^([A-Za-z0-9_.-]{1,40}:)[ ]*$"));
    let start = bytes.len().saturating_sub(TAIL);
    let text = super::terminal::plain(bytes.get(start..)?);
    let line = text.rsplit('\n').next()?.to_owned();
    let found = LINE.captures(line.as_bytes())?.get(1)?.as_bytes().to_vec();
    let name = String::from_utf8_lossy(&found).to_ascii_lowercase();
    let asks = ["password:", "login:", "username:", "user:", "passcode:", "code:", "pin:"];
    (!asks.iter().any(|word| name.ends_with(word))).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWED: &[u8] =
        b"x\r\n\x1b[1m\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 61 - 80 of 207554) : \x1b[0m\r\n";

    #[test]
    fn the_pagers_are_found_by_their_bytes() {
        let range = Range { first: 61, last: 80, total: 207_554 };
        assert_eq!(at_end(VIEWED), Some((Pager::Viewer { range, bold: true }, 3)));
        let press = b"a\r\n\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m";
        assert_eq!(at_end(press), Some((Pager::Press { bold: true }, 3)));
        assert_eq!(at_end(&VIEWED[..VIEWED.len() - 20]), None, "not yet whole");
        let end = b"z\r\n\r\nend of the file reached\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 7 of 7) : ";
        let range = Range { first: 1, last: 7, total: 7 };
        assert_eq!(at_end(end), Some((Pager::Viewer { range, bold: false }, 5)));
    }

    #[test]
    fn the_prompt_is_found_at_the_end_and_only_there() {
        let prompt = |bytes: &[u8]| prompt_at_end(bytes, b"admin:");
        assert_eq!(prompt(b"x\r\nadmin:"), Some(Prompt { start: 3, begins_line: true }));
        assert_eq!(prompt(b"x\x1b[Kadmin: "), Some(Prompt { start: 1, begins_line: true }));
        assert_eq!(prompt(b"x\x1b[0m\x1b[24;1Hadmin:"), Some(Prompt { start: 1, begins_line: true }));
        assert_eq!(prompt(b"xadmin:"), Some(Prompt { start: 1, begins_line: false }));
        assert_eq!(prompt(b"admin:\r\n"), None);
    }

    #[test]
    fn a_question_for_a_password_is_no_prompt() {
        assert_eq!(learn_prompt(b"Welcome\r\n\r\nadmin:").as_deref(), Some(b"admin:".as_slice()));
        assert_eq!(learn_prompt(b"reader.x: ").as_deref(), Some(b"reader.x:".as_slice()));
        for text in ["New password: ", "Password:", "login: ", "[root@host ~]# ", "Router>", "note:\r\n"] {
            assert_eq!(learn_prompt(text.as_bytes()), None, "{text}");
        }
    }
}
