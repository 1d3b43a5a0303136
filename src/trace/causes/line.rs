//! Where in a line of a trace the library's message may start: behind CUCM's words, an exception's class, a colon.

/// No message of the table is near as long. Bounds the work on a garbled line, in bytes.
const LONGEST_LINE: usize = 16 * 1024;

/// How much speaks for a message's starting at a place; each asks for a text of its own length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The record's start, a known prefix or a class of the SFTP or FTP library stands before it.
    Certain,
    /// A colon, a dash, or another word glued to its capital letter stands before it.
    Likely,
    /// A word is glued to its small letter.
    Glued,
    /// A blank: any word of any sentence.
    Blank,
}

impl Start {
    /// Whether so many literal characters are enough for this start.
    pub(super) fn suffices(self, literals: usize) -> bool {
        let needed = match self {
            Self::Certain => return true,
            Self::Likely => 9,
            Self::Glued => 16,
            Self::Blank => 20,
        };
        literals >= needed
    }

    /// What speaks for a message's starting at `at`; `None` in the middle of a word.
    pub(super) fn at(line: &str, at: usize) -> Option<Self> {
        let before = &line[..at];
        let Some(last) = before.chars().next_back() else { return Some(Self::Likely) };
        if last == ' ' {
            let head = before.trim_end();
            return Some(match head.chars().next_back() {
                Some(':') if class_name(head.trim_end_matches(':')).is_some_and(is_library_class) => Self::Certain,
                Some(':' | '-' | '=' | '>' | ')' | ']' | ';' | '!' | '"' | '\'') => Self::Likely,
                _ => Self::Blank,
            });
        }
        let starts_upper = line[at..].starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
        match last {
            ':' | '=' | '>' | ')' | ']' | '[' | '(' | ';' | '!' | '"' | '\'' => Some(Self::Likely),
            _ if last.is_ascii_lowercase() && starts_upper => Some(Self::Likely),
            _ if last.is_ascii_lowercase() => Some(Self::Glued),
            _ => None,
        }
    }
}

/// The qualified name of an exception's class at the end of a text: `com.jcraft.jsch.JSchException`.
fn class_name(text: &str) -> Option<&str> {
    let start = text.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$')));
    let name = &text[start.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))..];
    let is_class = name.contains('.') && (name.ends_with("Exception") || name.ends_with("Error"));
    is_class.then_some(name)
}

/// Whether a class is one of JSch's or of an FTP client's: its text is the library's message, however short.
fn is_library_class(name: &str) -> bool {
    name.contains("com.jcraft.jsch.") || name.contains(".ftp.")
}

/// Whether a line ends with one of JSch's exceptions whose text is empty.
pub(super) fn ends_with_empty_exception(line: &str) -> bool {
    line.strip_suffix(':').and_then(class_name).is_some_and(|name| name.contains("com.jcraft.jsch."))
}

/// Whether a continuation line names an exception, rather than a place in its stack trace.
pub(super) fn is_headline(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("at ") && !line.starts_with("... ")
}

/// A continuation line without its `Caused by:`, and whether it had one.
pub(super) fn strip_caused_by(line: &str) -> (&str, bool) {
    let line = line.trim_start();
    line.strip_prefix("Caused by:").map_or((line, false), |rest| (rest.trim_start(), true))
}

/// A line's beginning, of bounded length.
pub(super) fn cut(line: &str) -> &str {
    let end = (0..=LONGEST_LINE.min(line.len())).rev().find(|end| line.is_char_boundary(*end));
    &line[..end.unwrap_or_default()]
}
