//! The echo of a command. A terminal may wrap it anywhere, with carriage returns, escape sequences, blanks and
//! backspaces: what counts are its letters.

use super::terminal;

/// Where the echo of a command ends, the line end included. `letters` is the command without its blanks.
pub(crate) fn end(raw: &[u8], letters: &[u8]) -> Option<usize> {
    let mut seen: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        if let Some(length) = terminal::escape_length(raw.get(at..)?) {
            at += length;
            continue;
        }
        at += 1;
        match byte {
            0x08 => drop(seen.pop()),
            b'\r' | b'\n' => {}
            _ => seen.push((byte, at)),
        }
    }
    seen.retain(|(byte, _)| !byte.is_ascii_whitespace());
    let found = seen.windows(letters.len()).position(|window| window.iter().map(|(byte, _)| byte).eq(letters))?;
    let end = seen.get(found + letters.len() - 1)?.1;
    line_end(raw, blanks_end(raw, end)?)
}

/// Where the first line ends, where it is the end of a command whose beginning a narrow terminal scrolled away.
pub(crate) fn scrolled_end(raw: &[u8], letters: &[u8]) -> Option<usize> {
    /// Fewer letters may be an answer's.
    const FEWEST: usize = 8;
    let end = memchr::memchr(b'\n', raw)? + 1;
    let line = terminal::plain(raw.get(..end)?);
    let line: Vec<u8> = line.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    line.ends_with(letters.get(letters.len().saturating_sub(FEWEST)..)?).then_some(end)
}

fn blanks_end(raw: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = raw.get(at..)?;
        if let Some(length) = terminal::escape_length(rest) {
            at += length;
        } else if rest.starts_with(b" ") || rest.starts_with(b"\x08") {
            at += 1;
        } else {
            return Some(at);
        }
    }
}

fn line_end(raw: &[u8], at: usize) -> Option<usize> {
    let rest = raw.get(at..)?;
    let returns = rest.iter().take_while(|byte| **byte == b'\r').count();
    match rest.get(returns)? {
        b'\n' => Some(at + returns + 1),
        _ => Some(at + returns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_echo_ends_where_its_letters_do_however_it_wraps() {
        let command = b"filelistactiveloga".to_vec();
        for echo in [
            &b"file list activelog a\r\nX"[..],
            b"\radmin:file list activelog a\r\nX",
            b"file list act\r\nivelog a\r\nX",
            b"file list act \rivelog\x1b[K a\r\nX",
            b"file lisx\x08t activelog a \x08\r\r\nX",
            b"file list activelog a\rX",
        ] {
            assert_eq!(end(echo, &command), Some(echo.len() - 1), "{}", echo.escape_ascii());
        }
        assert_eq!(end(b"file list activ", &command), None);
    }

    #[test]
    fn a_narrow_terminal_may_show_the_end_of_a_command_alone() {
        let command = b"fileviewactivelog/cm/trace/cdrrepmgr00073.log";
        assert_eq!(scrolled_end(b"<trace/cdrrepmgr00073.log\r\nX", command), Some(27));
        assert_eq!(scrolled_end(b"25 Jul 2019\r\nX", command), None);
    }
}
