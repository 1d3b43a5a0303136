//! What a node prints from the login to its first prompt, in pieces and over many seconds. Nothing may be typed before
//! the prompt has come: an early line would be answered with a second prompt. A site's own banner may hold the prompt's
//! text.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::pager::{Prompt, asks_for_secret};
use super::{question, terminal};

/// Behind CUCM's welcome, and no more than CUCM prints behind it, the prompt is the next thing that comes.
pub(crate) const WELCOMED: Duration = Duration::from_secs(1);
/// This much silence says that nothing else will come from a shell that is not CUCM's, or from who asks something.
const OTHERWISE: Duration = Duration::from_secs(3);
/// What looks like the prompt may be a line of a site's banner: CUCM was seen to take 8 s from its first words to its
/// prompt, in pieces.
const DOUBTFUL: Duration = Duration::from_secs(12);

/// Who waits.
#[derive(Debug)]
pub(crate) enum Host {
    /// CUCM's command line, at this prompt.
    Cucm(Prompt),
    /// A shell that is not CUCM's.
    Stranger,
    /// Something that wants an answer first: another password, a name, a yes.
    Asks(String),
}

/// What CUCM itself prints behind its welcome: the virtual machine, and warnings.
#[allow(clippy::expect_used, reason = "a constant pattern; a test uses it")]
static OWN_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:$|vmware installation:|\d+ vcpu\b|disk \d+:|\d+ mbytes ram|warning:|error-)")
        .expect("a constant pattern")
});

/// Who waits after so much silence, once that is sure. Nobody waits longer than this for it: then what is likely counts.
pub(crate) fn read(seen: &[u8], quiet: Duration, longest: Duration) -> Option<Host> {
    if quiet < WELCOMED.min(longest) {
        return None;
    }
    let text = terminal::plain(seen);
    let behind = text.split_once("Welcome to the Platform").map(|(_, behind)| behind);
    if let Some((prompt, is_admin)) = Prompt::learn(seen) {
        let lines = behind.map(|behind| behind.lines().skip(1).collect::<Vec<_>>());
        let is_plain = lines
            .as_ref()
            .and_then(|lines| lines.split_last())
            .is_some_and(|(_, before)| before.iter().all(|line| OWN_LINE.is_match(line)));
        let patience = if is_plain { WELCOMED } else { DOUBTFUL };
        let is_cucms = behind.is_some() || is_admin;
        return (quiet >= patience.min(longest) && is_cucms).then_some(Host::Cucm(prompt));
    }
    if quiet < OTHERWISE.min(longest) {
        return None;
    }
    let line = text.lines().next_back().unwrap_or_default().trim();
    if asks_for_secret(line) || question::is_yes_or_no(line) {
        return Some(Host::Asks(line.chars().take(120).collect()));
    }
    let is_cucms = behind.is_some() || text.contains("Command Line Interface is starting up");
    (!is_cucms && line.ends_with(['$', '#', '>', '%'])).then_some(Host::Stranger)
}

/// The last line that came, for a message.
pub(crate) fn last_words(seen: &[u8]) -> String {
    let text = terminal::plain(seen.get(seen.len().saturating_sub(2_000)..).unwrap_or_default());
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(String::new, |line| format!("; its last words: {:?}", line.chars().take(120).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn who(seen: &[u8], quiet: Duration) -> Option<Host> {
        read(seen, quiet, 3 * LONG)
    }

    fn is_cucm(seen: &[u8], quiet: Duration) -> bool {
        matches!(who(seen, quiet), Some(Host::Cucm(_)))
    }

    const WELCOME: &str = "Command Line Interface is starting up, please wait ...\r\n\r\n   \
        Welcome to the Platform Command Line Interface\r\n\r\n";

    #[test]
    fn the_prompt_behind_the_welcome_is_cucms_and_anything_else_is_not() {
        let own = "WARNING: DNS unreachable\r\nVMware Installation:\r\n\t2 vCPU: Intel\r\n\tDisk 1: 110GB, \
            Partitions aligned\r\n\t8192 Mbytes RAM\r\nERROR-UNSUPPORTED: Partitions unaligned\r\n\r\n";
        for lines in ["", own] {
            let seen = format!("{WELCOME}{lines}admin:");
            assert!(who(seen.as_bytes(), Duration::ZERO).is_none(), "it may go on");
            assert!(is_cucm(seen.as_bytes(), WELCOMED), "{lines}");
        }
        for shell in [&b"Last login: today\r\nuser@host:~$ "[..], b"switch>", b"[root@host ~]# "] {
            assert!(matches!(who(shell, LONG), Some(Host::Stranger)));
        }
        for unsure in [&b"Press a key:"[..], b"Notice\r\nadmin:\r\nno more\r\n", b""] {
            assert!(who(unsure, LONG).is_none(), "{}", unsure.escape_ascii());
        }
    }

    #[test]
    fn a_banner_may_hold_the_prompt_and_stop_behind_it_for_a_while() {
        let starting = "Command Line Interface is starting up, please wait ...\r\n";
        for before in ["", "Authorized use only\r\n", starting, &format!("{WELCOME}Property of X\r\n")] {
            let seen = format!("{before}admin:");
            assert!(!is_cucm(seen.as_bytes(), Duration::from_secs(10)), "{before}");
            assert!(is_cucm(seen.as_bytes(), LONG), "{before}");
            let silence = Duration::from_secs(5);
            assert!(matches!(read(seen.as_bytes(), silence, silence), Some(Host::Cucm(_))), "nobody waits longer");
        }
        let other = format!("{WELCOME}reader@cucm-pub:");
        assert!(is_cucm(other.as_bytes(), WELCOMED) && !is_cucm(b"reader@cucm-pub:", LONG));
    }

    #[test]
    fn a_start_that_asks_for_something_first_is_no_prompt() {
        for text in [
            "Your password has expired.\r\nNew password: ",
            "   Welcome to the Platform\r\nlogin: ",
            "Do you accept these terms (yes/no)? ",
        ] {
            assert!(matches!(who(text.as_bytes(), LONG), Some(Host::Asks(_))), "{text}");
        }
    }
}
