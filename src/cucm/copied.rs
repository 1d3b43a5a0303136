//! Texts of CUCM's command line that came by way of a mail, an editor or a terminal's log: what these put before each
//! line, or around it, goes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::{services, terminal, transcript};
use crate::log4j::records::{self, Header};

/// What one line was before somebody marked it.
type Unmark = fn(&str) -> &str;

/// Ways in which lines are marked, one mark upon the other.
const READINGS: [&[Unmark]; 5] = [&[], &[unquoted], &[unprefixed], &[unquoted, unprefixed], &[unprefixed, unquoted]];

/// The text as the command line printed it: the reading in which most lines are a prompt's or an answer's own; the text
/// itself where none says more.
pub(crate) fn as_printed(text: &str) -> Cow<'_, str> {
    let plain = terminal::plain(text.as_bytes());
    let says = |reading: &[Unmark]| plain.lines().filter(|line| is_own(unmarked(line, reading))).count();
    let mut best: Option<&[Unmark]> = None;
    let mut most = text.lines().filter(|line| is_own(line)).count();
    for reading in READINGS {
        let said = says(reading);
        if said > most {
            (best, most) = (Some(reading), said);
        }
    }
    match best {
        None => Cow::Borrowed(text),
        Some([]) => Cow::Owned(plain),
        Some(reading) => Cow::Owned(plain.lines().flat_map(|line| [unmarked(line, reading), "\n"]).collect()),
    }
}

fn unmarked<'l>(line: &'l str, reading: &[Unmark]) -> &'l str {
    reading.iter().fold(line, |line, unmark| unmark(line))
}

/// Whether a line is one that only this command line prints: a command behind its prompt, a service of Cisco's with its
/// state, or the beginning of what the node says of itself.
fn is_own(line: &str) -> bool {
    let begins = |words: &str| line.trim_start().starts_with(words);
    transcript::is_command(line)
        || services::is_of_cisco(line)
        || ["Host Name ", "Product Ver", "Active Master Version:"].into_iter().any(begins)
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test uses each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// Without the marks of a quotation or a table, and the blank behind each.
fn unquoted(line: &str) -> &str {
    static MARKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?: ?[>|\u{2502}] ?)+"));
    let Some(marks) = MARKS.find(line) else { return line };
    let rest = line.get(marks.end()..).unwrap_or_default();
    if marks.as_str().contains('>') { rest } else { rest.trim_end().trim_end_matches(['|', '\u{2502}']) }
}

/// Without a time or a number in front. The time of a record and the date of a listed file are their own.
fn unprefixed(line: &str) -> &str {
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?x)^(?:
                \[ [^\]]{0,12} \d\d:\d\d [^\]]{0,24} \] :?
              | (?: \d{4}-\d\d-\d\d [\ T] | [A-Z][a-z]{2}\ [\ \d]\d\ | \d\d[./]\d\d[./]\d{4}\ )? \d\d:\d\d:\d\d [^\ ]{0,12}
              | \ {0,6} (?: [^\s:]{1,60}: )? \d{1,6} (?: [:|] | [.)]\  | \ \| | \t | \ {1,2} )
            )(?:\ |$)?",
        )
    });
    static LISTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*\d{1,2} [A-Z][a-z]{2},? ?\d{4} "));
    let is_record = || records::parse_time(line.as_bytes()).is_some() && Header::parse(line.as_bytes()).is_some();
    if LISTED.is_match(line) || is_record() {
        return line;
    }
    PREFIX.find(line).and_then(|prefix| line.get(prefix.end()..)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECORD: &str = "2019-07-25 13:12:11,889 INFO  [main] cdrrep.CDRRepClass (C.java:1) - x";

    fn session() -> String {
        format!(
            "admin:utils service list\nCisco CDR Agent[STARTED]\n\
             Cisco CDR Repository Manager[STOPPED]  Commanded Out of Service\nPrimary Node =true\n\n\
             admin:file list activelog /cm/trace/ detail\n 09 Mar,2025 02:40:04        2,233  cdrrepmgr00001.log\n\
             dir count = 0, file count = 1\nadmin:run sql select hostname from billingserver\nhostname\n10.0.0.5 cdr\n\
             admin:file view activelog /cm/trace/cdrrepmgr00001.log\n{RECORD}\n\tat a.b(C.java:1)\n"
        )
    }

    #[test]
    fn what_mails_editors_and_terminals_put_around_lines_goes() {
        let plain = session();
        let each = |mark: &dyn Fn(usize, &str) -> String| {
            plain.lines().enumerate().map(|(number, line)| mark(number, line) + "\n").collect::<String>()
        };
        for copied in [
            each(&|_, line| format!("> {line}")),
            each(&|_, line| format!(">> {line}")),
            each(&|_, line| format!("> > {line}")),
            each(&|_, line| format!("| {line} |")).replace(" |\n", "|\n"),
            each(&|_, line| format!("\u{1b}[0m{line}\u{1b}[K")),
            each(&|_, line| format!("[2025-03-12 08:01:33] {line}")),
            each(&|_, line| format!("[08:01:33] {line}")),
            each(&|_, line| format!("08:01:33.123 {line}")),
            each(&|_, line| format!("2025-03-12T08:01:33.123Z {line}")),
            each(&|_, line| format!("Mar 12 08:01:33 {line}")),
            each(&|number, line| format!("{number:5}  {line}")),
            each(&|number, line| format!("{number:6}\t{line}")),
            each(&|number, line| format!("putty.log:{number}:{line}")),
            each(&|_, line| format!("> [08:01:33] {line}")),
        ] {
            let printed = as_printed(&copied);
            let trimmed =
                |text: &str| text.lines().map(|line| line.trim_start_matches(' ').to_owned()).collect::<Vec<_>>();
            assert_eq!(trimmed(&printed), trimmed(&plain), "{copied}");
        }
    }

    #[test]
    fn a_text_that_nobody_marked_stays() {
        let plain = session();
        for text in [plain.as_str(), RECORD, "> a mail\n> without an answer\n", ""] {
            assert!(matches!(as_printed(text), Cow::Borrowed(_)), "{text}");
        }
        let mixed = plain.replace("admin:utils", "[08:01:33] admin:utils").replace("Cisco CDR", "[08:01:34] Cisco CDR");
        assert_eq!(as_printed(&mixed), plain, "records, dates and addresses keep what is theirs");
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = as_printed(&text);
        }
    }
}
