//! What a node prints from the login to its first prompt, in pieces and over many seconds. Nothing may be typed before
//! the prompt has come: an early line would be answered with a second prompt. A site's own banner may hold the prompt's
//! text.

use std::time::Duration;

use super::pager::{Prompt, asks_for_secret};
use super::terminal;

/// Behind CUCM's welcome, the prompt is the next thing that comes.
pub(crate) const WELCOMED: Duration = Duration::from_secs(1);
/// Without it, this much silence says that nothing else will.
const UNWELCOMED: Duration = Duration::from_secs(3);

/// Who waits.
#[derive(Debug)]
pub(crate) enum Host {
    /// CUCM's command line, at this prompt.
    Cucm(Prompt),
    /// A shell that is not CUCM's.
    Stranger,
    /// Something that wants another password, or a name.
    Asks(String),
}

/// Who waits after so much silence, once that is sure.
pub(crate) fn read(seen: &[u8], quiet: Duration) -> Option<Host> {
    if quiet < WELCOMED {
        return None;
    }
    let text = terminal::plain(seen);
    let welcomed = text.contains("Welcome to the Platform");
    let starting = text.contains("Command Line Interface is starting up") && !welcomed;
    let patience = match (welcomed, starting) {
        (true, _) => WELCOMED,
        (false, true) => UNWELCOMED * 4,
        (false, false) => UNWELCOMED,
    };
    match Prompt::learn(seen) {
        Some((prompt, is_admin)) => (quiet >= patience && (welcomed || is_admin)).then_some(Host::Cucm(prompt)),
        None if quiet < UNWELCOMED => None,
        None => {
            let line = text.lines().next_back().unwrap_or_default().trim();
            if asks_for_secret(line) {
                return Some(Host::Asks(line.chars().take(120).collect()));
            }
            (!starting && !welcomed && line.ends_with(['$', '#', '>', '%'])).then_some(Host::Stranger)
        }
    }
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

    fn is_cucm(seen: &[u8], quiet: Duration) -> bool {
        matches!(read(seen, quiet), Some(Host::Cucm(_)))
    }

    #[test]
    fn the_prompt_behind_the_welcome_is_cucms_and_anything_else_is_not() {
        let welcome =
            b"Command Line Interface is starting up, please wait ...\r\n\r\n   Welcome to the Platform Command Line \
            Interface\r\n\r\nadmin:";
        assert!(read(welcome, Duration::ZERO).is_none(), "it may go on");
        assert!(is_cucm(welcome, WELCOMED));
        assert!(is_cucm(b"admin:", LONG) && !is_cucm(b"admin:", WELCOMED));
        for shell in [&b"Last login: today\r\nuser@host:~$ "[..], b"switch>", b"[root@host ~]# "] {
            assert!(matches!(read(shell, LONG), Some(Host::Stranger)));
        }
        for unsure in [&b"Press a key:"[..], b"Notice\r\nadmin:\r\nno more\r\n", b""] {
            assert!(read(unsure, LONG).is_none(), "{}", unsure.escape_ascii());
        }
    }

    #[test]
    fn a_start_that_asks_for_another_password_is_no_prompt() {
        for text in ["Your password has expired.\r\nNew password: ", "   Welcome to the Platform\r\nlogin: "] {
            assert!(matches!(read(text.as_bytes(), LONG), Some(Host::Asks(_))), "{text}");
        }
    }
}
