//! What came from a server or a trace, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Replaces control characters and all that does not show by visible escapes: `\x1b`, `\u{200b}`. Line ends and tabs
/// are escaped too, so the result is always one line.
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
/// terminal obeys or hides it is written as `\u009b`.
pub fn json(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || !is_unsafe(c);
    if is_plain(text.as_bytes()) || text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmless(c) {
            safe.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(safe)
}

/// Whether it is printable ASCII in lines. Looks at many bytes at once, since nearly every answer is nothing else.
fn is_plain(text: &[u8]) -> bool {
    let plain = |byte: &u8| (*byte == b'\n') | (b' '..0x7f).contains(byte);
    text.chunks(64).all(|chunk| chunk.iter().fold(true, |so_far, byte| so_far & plain(byte)))
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

/// Whether a character has no shape of its own: it steers a terminal, reorders what is around it (Unicode Standard
/// Annex 9), ends the line, has no agreed meaning, or is ignored by default (Unicode Standard 5.21).
pub fn is_unsafe(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
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
    fn what_does_not_show_becomes_visible_text() {
        let hidden =
            ["\u{ad}", "\u{61c}", "\u{200b}", "\u{2060}", "\u{3164}", "\u{e000}", "\u{feff}", "\u{fe0f}", "\u{fffa}"];
        for text in hidden.into_iter().chain(["\u{e0041}", "\u{1d173}", "\u{2028}", "\u{34f}"]) {
            let shown = line(text);
            assert!(shown.starts_with('\\') && shown.is_ascii(), "{shown}");
        }
        for text in ["é", "日本", "نور", "🙂", "\u{301}"] {
            assert_eq!(line(text), text, "has a shape");
        }
    }

    #[test]
    fn json_keeps_its_meaning_without_control_characters() {
        let text = serde_json::to_string_pretty(&["a\x1b\u{9b}31m", "\u{7f}\u{202e}\u{2028}\u{e0041}ö"]).unwrap();
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
