//! One row's text: literal pieces with `<placeholders>` between them, matched from a given start to the line's end.

use serde::Deserialize;

/// A text with as many literal characters as this may be followed by details: `Connection refused: connect`.
const LONG_ENOUGH_FOR_DETAILS: usize = 9;

/// A placeholder at the very start, or behind fewer literal characters than this, would begin anywhere; it stands
/// for a remote path there, which JSch writes absolute (`ChannelSftp.remoteAbsolutePath`).
const ANCHOR: usize = 4;

/// A compiled message pattern.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    end: End,
    literals: usize,
    yields: bool,
    leaves_text: bool,
    text: String,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    Hole(Hole),
}

/// What a placeholder takes; never nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Anything,
    Digits,
    AbsolutePath,
}

/// What may stand behind the last piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing, or details if the text is long enough to be told from prose.
    Here,
    /// A language tag (RFC 4253, section 11.1), mostly empty.
    Language,
    /// The server's own words, or none.
    ServerText,
}

impl Pattern {
    /// Compiles a pattern of the table. `(empty)` has no literal and matches only an empty rest.
    pub(super) fn new(text: &str) -> Self {
        let without_language = text.strip_suffix(" <lang>");
        let shown = without_language.unwrap_or(text);
        let (shown, end) = match (shown.strip_suffix(" <text>"), without_language) {
            (Some(before), _) => (colon_is_dispensable(before), End::ServerText),
            (None, Some(_)) => (shown, End::Language),
            (None, None) => (shown, End::Here),
        };
        Self {
            pieces: pieces(if shown == "(empty)" { "" } else { shown }),
            end,
            literals: if shown == "(empty)" { 0 } else { literal_chars(text) },
            yields: text.ends_with("<text>"),
            leaves_text: text.contains("<text>"),
            text: text.to_owned(),
        }
    }

    /// As it stands in the table.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How many characters are literal: the more, the more a match tells.
    pub(super) fn literals(&self) -> usize {
        self.literals
    }

    /// Whether it leaves the text to the server and so yields to any pattern that knows that text.
    pub(super) fn yields(&self) -> bool {
        self.yields
    }

    /// Whether a part of it is the server's own words.
    pub(super) fn leaves_text_to_server(&self) -> bool {
        self.leaves_text
    }

    /// The byte that each match starts with; `None` for `(empty)`.
    pub(super) fn first_byte(&self) -> Option<u8> {
        match self.pieces.first()? {
            Piece::Literal(text) => text.bytes().next(),
            Piece::Hole(_) => Some(b'/'),
        }
    }

    /// Whether `text` from its first to its last character is this message.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.matches_from(&self.pieces, text)
    }

    fn matches_from(&self, pieces: &[Piece], text: &str) -> bool {
        match pieces {
            [] => self.ends(text),
            [Piece::Literal(literal), rest @ ..] => {
                text.strip_prefix(&**literal).is_some_and(|text| self.matches_from(rest, text))
            }
            [Piece::Hole(hole)] => hole.split(text).is_some_and(|rest| self.ends(rest)),
            [Piece::Hole(hole), Piece::Literal(literal)] => {
                let at_end = text.trim_end_matches('.').rfind(literal.trim_end_matches('.'));
                [at_end, text.find(&**literal)]
                    .into_iter()
                    .flatten()
                    .any(|at| hole.takes(&text[..at]) && self.matches_from(&pieces[1..], &text[at..]))
            }
            [Piece::Hole(hole), rest @ ..] => {
                let Some(Piece::Literal(literal)) = rest.first() else { return false };
                text.find(&**literal).is_some_and(|at| hole.takes(&text[..at]) && self.matches_from(rest, &text[at..]))
            }
        }
    }

    fn ends(&self, rest: &str) -> bool {
        if rest.is_empty() || rest == "." {
            return true;
        }
        match self.end {
            End::Here => {
                self.literals >= LONG_ENOUGH_FOR_DETAILS
                    && [": ", " (", " [", "; "].iter().any(|opening| rest.starts_with(opening))
            }
            End::Language => {
                let tag = rest.trim_start();
                tag.len() <= 8 && tag.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
            }
            End::ServerText => rest.starts_with([' ', ':']),
        }
    }
}

impl Hole {
    fn named(name: &str, literals_before: usize) -> Self {
        match name {
            "n" | "code" | "port" | "min" | "preferred" | "max" => Self::Digits,
            _ if literals_before < ANCHOR => Self::AbsolutePath,
            _ => Self::Anything,
        }
    }

    fn takes(self, text: &str) -> bool {
        self.split(text) == Some("")
    }

    /// What is left behind the placeholder's text; `None` where it does not fit.
    fn split(self, text: &str) -> Option<&str> {
        match self {
            Self::Anything => (!text.trim().is_empty()).then_some(""),
            Self::AbsolutePath => text.starts_with('/').then_some(""),
            Self::Digits => {
                let unsigned = text.strip_prefix('-').unwrap_or(text);
                let rest = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
                (rest.len() < unsigned.len()).then_some(rest)
            }
        }
    }
}

/// `SSH_FX_FAILURE` says as much without its colon; `4` does not.
fn colon_is_dispensable(text: &str) -> &str {
    match text.strip_suffix(':') {
        Some(before) if before.len() >= LONG_ENOUGH_FOR_DETAILS => before,
        _ => text,
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut rest, mut before) = (text, 0);
    while let Some((literal, name, behind)) = next_placeholder(rest) {
        before += literal.len();
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        pieces.push(Piece::Hole(Hole::named(name, before)));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.into()));
    }
    pieces
}

/// Splits at the first `<name>`: what stands before it, its name, what stands behind.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (start, _) = text.match_indices('<').find(|(at, _)| {
        let name = text[at + 1..].split('>').next().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) && text[at + 1..].contains('>')
    })?;
    let (name, behind) = text[start + 1..].split_once('>')?;
    Some((&text[..start], name, behind))
}

fn literal_chars(text: &str) -> usize {
    pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.chars().count(),
            Piece::Hole(_) => 0,
        })
        .sum()
}

/// A message of this pattern, its placeholders filled with plausible values.
#[cfg(test)]
pub(super) fn example(text: &str) -> String {
    if text == "(empty)" {
        return String::new();
    }
    let (mut rest, mut example) = (text, String::new());
    while let Some((literal, name, behind)) = next_placeholder(rest) {
        example.push_str(literal);
        example.push_str(match name {
            "n" | "code" | "port" | "min" | "preferred" | "max" => "1024",
            "host" => "billing.example.com",
            "path" | "paths" => "/cdr/in",
            "lang" => "",
            "type" => "RSA",
            "user" => "cdruser",
            "text" => "told by the server",
            _ => "something",
        });
        rest = behind;
    }
    example.push_str(rest);
    example.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_takes_something_and_never_nothing() {
        let pattern = Pattern::new("invalid protocol(kex): <n>");
        assert!(pattern.matches("invalid protocol(kex): 31"));
        assert!(!pattern.matches("invalid protocol(kex): "));
        assert!(!pattern.matches("invalid protocol(kex): none"));
    }

    #[test]
    fn details_may_follow_a_long_text_and_no_short_one() {
        assert!(Pattern::new("Connection refused").matches("Connection refused: connect"));
        assert!(Pattern::new("Connection refused").matches("Connection refused (Connection refused)"));
        assert!(!Pattern::new("Connection refused").matches("Connection refused twice"));
        assert!(!Pattern::new("Failure").matches("Failure: none"));
    }

    #[test]
    fn a_disconnect_may_lack_text_and_language_but_its_code_is_read_to_the_end() {
        let pattern = Pattern::new("SSH_MSG_DISCONNECT: 1 <text> <lang>");
        for text in ["SSH_MSG_DISCONNECT: 1 go away en", "SSH_MSG_DISCONNECT: 1", "SSH_MSG_DISCONNECT: 1 go away"] {
            assert!(pattern.matches(text), "{text}");
        }
        assert!(!pattern.matches("SSH_MSG_DISCONNECT: 12 go away en"));
    }

    #[test]
    fn a_leading_path_is_absolute() {
        let pattern = Pattern::new("<path> is a directory");
        assert!(pattern.matches("/cdr/in is a directory"));
        assert!(!pattern.matches("this is a directory"));
        assert_eq!((pattern.first_byte(), pattern.literals()), (Some(b'/'), 15));
    }

    #[test]
    fn the_less_than_signs_of_a_text_are_no_placeholders() {
        let pattern = Pattern::new("bad parameters <min> !< <preferred> !< <max> <lang>");
        assert!(pattern.matches("bad parameters 2048 !< 1024 !< 8192 en"));
    }
}
