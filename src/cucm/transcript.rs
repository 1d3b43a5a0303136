//! A session of CUCM's command line as a terminal kept it: each command with its output, told apart by the prompt.

use std::sync::LazyLock;

use regex::Regex;

use super::terminal;

/// A command and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The command as typed, its parts joined where the window broke it.
    pub command: String,
    /// Its output, without the pagers' lines.
    pub output: String,
    /// The line of the command in the text, from 1.
    pub line: usize,
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test uses each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// A prompt with a command. The name before the colon is the account's on some releases; there only the commands that
/// this program reads count, since many a line of other programs has a word and a colon.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:admin:\s*(?P<of_admin>(?:file|show|utils|run|set|exit|quit)\b.*)|[A-Za-z0-9_.-]{1,40}:\s*(?P<of_other>(?:file (?:list|view|search|tail|dump|get) \S+log|show (?:version|status)|utils (?:service list|fips status)|run sql select|set cli|exit$|quit$).*))$",
    )
});
static PROMPT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*admin:\s*$"));
static PAGER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"options: q=quit, n=next, p=prev, b=begin, e=end \(lines \d+ - \d+ of \d+\) :|Press <enter> for 1 line, <space> for one page, or <q> to quit|^end of the file reached$",
    )
});

/// Whether a text is such a session: a prompt with a command in it.
pub fn is_session(text: &str) -> bool {
    text.lines().any(is_command)
}

/// Whether a line is a prompt with a command in it.
pub(super) fn is_command(line: &str) -> bool {
    COMMAND.is_match(line)
}

/// Tells a session's commands apart. What comes before the first is left out.
pub fn split(bytes: &[u8]) -> Vec<Part> {
    let text = terminal::plain(bytes);
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(found) = COMMAND.captures(line) {
            let command = found.name("of_admin").or(found.name("of_other")).map_or("", |command| command.as_str());
            parts.push(Part { command: command.trim().to_owned(), output: String::new(), line: number + 1 });
            open = true;
        } else if PROMPT.is_match(line) {
            open = false;
        } else if let Some(part) = parts.last_mut().filter(|_| open) {
            let line = PAGER.replace_all(line, "");
            part.output.push_str(&line);
            part.output.push('\n');
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_and_outputs_are_told_apart() {
        let log = b"Welcome\r\n\r\nadmin:show version active\r\nActive Master Version: 14.0.1.1-1\r\n\r\nadmin:\r\n\
            admin:utils service list\r\nCisco CDR Agent [STARTED]\r\n\
            \x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\r\x1b[KSystem SSH [STARTED]\r\nadmin:exit\r\n";
        let parts = split(log);
        let commands: Vec<_> = parts.iter().map(|part| part.command.as_str()).collect();
        assert_eq!(commands, ["show version active", "utils service list", "exit"]);
        assert_eq!(parts[0].output, "Active Master Version: 14.0.1.1-1\n\n");
        assert_eq!(parts[1].output, "Cisco CDR Agent [STARTED]\nSystem SSH [STARTED]\n");
    }

    #[test]
    fn a_trace_is_no_session() {
        assert!(!is_session("12:00:00.001 |LogMessage admin: x\n"));
        assert!(!is_session("java.io.IOException: file not found\nException: show must go on\n"));
        assert!(is_session("x\nadministrator:file list activelog /cm/ detail\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            split(&bytes);
        }
    }
}
