//! Questions that a command asks: `Continue (y/n)?`, `Would you like to proceed [y/n]?`.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::terminal;

/// So much silence behind a question mark says that it waits.
pub(crate) const ASKED: Duration = Duration::from_millis(1_500);
/// Behind what may be a question.
const MAYBE_ASKED: Duration = Duration::from_secs(12);

#[allow(clippy::expect_used, reason = "a constant pattern; a test uses it")]
static YES_NO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:y|yes)\b[^\n]{0,20}\b(?:n|no)\b[^\n]{0,12}[?:\])>]\s*$").expect("a constant pattern")
});

/// The question at the end of a text after so much silence. Of a file only what asks for yes or no counts.
pub(crate) fn at_end(text: &[u8], is_file: bool, quiet: Duration) -> Option<String> {
    if quiet < ASKED {
        return None;
    }
    let line = terminal::plain(text.get(text.len().saturating_sub(400)..)?);
    let line = line.rsplit('\n').find(|line| !line.trim().is_empty())?.trim();
    let is_yes_no = is_yes_or_no(line);
    let ends = |marks: &[char]| line.ends_with(marks);
    let asks = if is_file {
        is_yes_no && line.len() < 200
    } else {
        // A number's line that is not yet whole ends so, too.
        is_yes_no || ends(&['?']) || (quiet >= MAYBE_ASKED && ends(&[':', ']', '>']))
    };
    asks.then(|| line.chars().take(200).collect())
}

/// Whether a line asks for yes or no.
pub(crate) fn is_yes_or_no(line: &str) -> bool {
    YES_NO.is_match(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_known_by_its_yes_and_no_or_its_mark() {
        let asks = |text: &str, is_file| at_end(text.as_bytes(), is_file, ASKED).is_some();
        for text in [
            "Continue (y/n)?",
            "Would you like to proceed [y/n]? ",
            "Please answer 'y' for <yes> or 'n' for <no>:",
            "Continue? (yes/no)",
            "Enter (yes/no) [no]:",
        ] {
            assert!(asks(text, true) && asks(text, false), "{text}");
        }
        assert!(asks("Are you sure?", false) && !asks("Are you sure?", true));
        assert!(!asks("Requesting service status, please wait...", false));
        assert_eq!(at_end(b"Continue (y/n)?", false, ASKED / 2), None);
    }
}
