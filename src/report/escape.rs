//! What came from a server or a trace, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Replaces control characters (C0, DEL, C1) and Unicode's direction overrides by visible escapes: `\x1b`.
/// Line ends and tabs are escaped too, so the result is always one line.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { push_escape(&mut safe, c) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// As [`line()`], for a JSON text, which stays one of the same meaning: what JSON lets stand in its strings although a
/// terminal obeys it (DEL, C1, direction overrides) is written as `\u009b`.
pub fn json(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || !is_unsafe(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmless(c) {
            safe.push(c);
        } else {
            // Writing to a String cannot fail. All of these need no more than four digits.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        }
    }
    Cow::Owned(safe)
}

fn push_escape(safe: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = match c {
        '\t' => write!(safe, "\\t"),
        '\n' => write!(safe, "\\n"),
        '\r' => write!(safe, "\\r"),
        c if u32::from(c) < 0x100 => write!(safe, "\\x{:02x}", u32::from(c)),
        c => write!(safe, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// Bidirectional controls can reorder what stands around them, so they count as control characters here
/// (Unicode Standard Annex 9).
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_visible_text() {
        assert_eq!(line("a\x1b[31mb\u{9b}c\r\n"), "a\\x1b[31mb\\x9bc\\r\\n");
        assert_eq!(line("\u{202e}gpj.exe"), "\\u{202e}gpj.exe");
    }

    #[test]
    fn json_keeps_its_meaning_without_control_characters() {
        let text = serde_json::to_string_pretty(&["a\x1b\u{9b}31m", "\u{7f}\u{202e}\u{2028}ö"]).unwrap();
        let safe = json(&text);
        assert!(safe.chars().all(|c| c == '\n' || !is_unsafe(c)), "{safe:?}");
        let read = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
        assert_eq!(read(&safe), read(&text));
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(line("Größe 12 µs"), Cow::Borrowed(_)));
    }
}
