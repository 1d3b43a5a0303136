//! Why a server ended the connection, told from the reason's text: `SSH_MSG_DISCONNECT` carries a code and a text
//! (RFC 4253, section 11.1), and servers use the codes as they like, so the text counts first
//! (`data/disconnects.tsv`), then the code, which the table of causes knows.

use std::sync::LazyLock;

use serde::Deserialize;

use super::remedies::Remedy;
use crate::model::stage::Stage;
use crate::tables;

const TABLE: &str = include_str!("../../../data/disconnects.tsv");

/// How JSch begins the message of an exception that a server's disconnect causes (`Session.read`).
const MESSAGE: &str = "SSH_MSG_DISCONNECT: ";

/// What a text stands for.
#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    phrase: String,
    pub(super) cause: String,
    pub(super) stage: Stage,
    pub(super) remedy: Remedy,
}

/// The reason that a disconnect's text tells; `None` where it is no disconnect, or its words say nothing.
pub(super) fn reason(message: &str) -> Option<&'static Reason> {
    let (_, text) = message.strip_prefix(MESSAGE)?.split_once(' ')?;
    let text = text.to_ascii_lowercase();
    reasons().iter().find(|reason| text.contains(&reason.phrase))
}

fn reasons() -> &'static [Reason] {
    static REASONS: LazyLock<Vec<Reason>> = LazyLock::new(|| tables::rows(TABLE));
    &REASONS
}

#[cfg(test)]
mod tests {
    use super::super::Causes;
    use super::*;

    fn told(message: &str) -> (&'static str, &'static str) {
        let found = Causes::builtin().classify(message).unwrap();
        (found.cause, found.stage.name())
    }

    #[test]
    fn each_cause_is_one_of_the_common_table_and_each_phrase_in_small_letters() {
        for reason in reasons() {
            assert!(Causes::builtin().contains(&reason.cause), "{reason:?}");
            assert_eq!(reason.phrase, reason.phrase.to_ascii_lowercase());
        }
    }

    #[test]
    fn the_text_counts_whatever_the_code_and_the_server_are() {
        for (message, cause, stage) in [
            ("SSH_MSG_DISCONNECT: 11 Too many bad authentication attempts! ", "authentication", "authentication"),
            ("SSH_MSG_DISCONNECT: 2 Login attempts exceeded en", "authentication", "authentication"),
            ("SSH_MSG_DISCONNECT: 11 Idle connection ", "server_disconnected", "session"),
            ("SSH_MSG_DISCONNECT: 11 Session idle timeout of 300 s exceeded ", "timeout", "session"),
            ("SSH_MSG_DISCONNECT: 2 Authentication timed out. ", "timeout", "authentication"),
            ("SSH_MSG_DISCONNECT: 11 Login grace time exceeded ", "timeout", "authentication"),
            ("SSH_MSG_DISCONNECT: 2 Too many connections from your address ", "server_limit", "authentication"),
            ("SSH_MSG_DISCONNECT: 11 The server is shutting down ", "server_disconnected", "session"),
            ("SSH_MSG_DISCONNECT: 2 No matching cipher found ", "algorithm_negotiation", "key_exchange"),
        ] {
            assert_eq!(told(message), (cause, stage), "{message}");
            assert_eq!(told(&format!("error Making SFTP connection{message}")), (cause, stage), "{message}");
        }
    }

    #[test]
    fn where_the_text_says_nothing_the_code_counts() {
        assert_eq!(told("SSH_MSG_DISCONNECT: 12 no reason given ").0, "server_limit");
        assert_eq!(told("SSH_MSG_DISCONNECT: 14 goodbye en").0, "authentication");
        assert_eq!(told("SSH_MSG_DISCONNECT: 11 Bye Bye ").0, "server_disconnected");
        assert!(reason("idle").is_none(), "no disconnect");
    }
}
