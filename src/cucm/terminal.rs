//! What a terminal adds to a text: escape sequences, carriage returns, backspaces. Pure, and for text that is read by
//! its words; a trace has to stay as it is, byte by byte (`viewed`).

/// How many bytes an escape sequence has that begins here (ECMA-48, section 5.4); `None` where none begins.
pub(crate) fn escape_length(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b")?;
    let Some(parameters) = rest.strip_prefix(b"[") else { return Some(1 + usize::from(!rest.is_empty())) };
    let length = parameters.iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
    Some((2 + length + 1).min(bytes.len()))
}

/// The text as a reader of the screen sees it: lines end in `\n` alone. A lone carriage return begins a line anew where
/// it is followed by `\x1b[K`, else it separates.
pub fn plain(bytes: &[u8]) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if let Some(length) = escape_length(rest) {
            at += length;
            continue;
        }
        match byte {
            b'\r' => {
                let next = rest.iter().position(|byte| *byte != b'\r').unwrap_or(rest.len());
                let after = rest.get(next..).unwrap_or_default();
                if after.starts_with(b"\x1b[K") {
                    let line = out.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                    out.truncate(line);
                } else if !after.starts_with(b"\n") && out.last().is_some_and(|last| *last != b'\n') {
                    out.push(b'\n');
                }
                at += next;
                continue;
            }
            0x08 if out.last().is_some_and(|last| *last != b'\n') => {
                out.pop();
            }
            b'\n' | b'\t' | 0x20..=0x7e | 0x80.. => out.push(byte),
            _ => {}
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_adds_goes() {
        assert_eq!(plain(b"a\r\nb\rc\r\r\nd"), "a\nb\nc\nd");
        assert_eq!(plain(b"\x1b[1mbold\x1b[0m \x1b[24;1Hadmin:"), "bold admin:");
        assert_eq!(plain(b"Press <q> to quit\r\x1b[Knext"), "next");
        assert_eq!(plain(b"shoq\x08w \x08 status"), "show status");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_no_control_character_is_left(bytes: Vec<u8>) {
            prop_assert!(!plain(&bytes).contains(|c: char| c.is_ascii_control() && c != '\n' && c != '\t'));
        }
    }
}
