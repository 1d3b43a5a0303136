//! Documents as JSON: what `serde_json` writes, harmless for a terminal, and not kept whole as a text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::escape;

/// Writes a value as `serde_json::to_string_pretty` does, escaped, with a line end behind it.
///
/// # Errors
/// When `out` does not take it.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut escaped = Escaped::new(out);
    value.serialize(&mut Serializer::with_formatter(&mut escaped, Pretty::default()))?;
    escaped.write_all(b"\n")?;
    escaped.flush()
}

/// The form of `serde_json::to_string_pretty`, whose own formatter writes each level's two blanks on their own, which is
/// half of the work where an answer has 100,000 outages.
#[derive(Debug, Default)]
struct Pretty {
    depth: usize,
    /// Whether the list or object under way holds anything.
    filled: bool,
}

impl Pretty {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            self.line(out, true)?;
        }
        out.write_all(bracket)
    }

    /// Begins a line, behind a comma unless it is the first.
    #[inline]
    fn line<W: ?Sized + Write>(&self, out: &mut W, first: bool) -> io::Result<()> {
        const LINE: &[u8] = b",\n                                ";
        let (from, to) = (usize::from(first), 2 + 2 * self.depth);
        out.write_all(&LINE[from..to.min(LINE.len())])?;
        (LINE.len()..to).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

/// Passes a JSON text on as [`escape::json`] makes it, piece by piece: an answer with 100,000 outages need not be kept whole
/// as a text.
struct Escaped<'w> {
    out: &'w mut dyn io::Write,
    piece: Vec<u8>,
}

impl<'w> Escaped<'w> {
    const PIECE: usize = 64 * 1024;

    /// Passes it on to `out`, the last piece when flushed.
    fn new(out: &'w mut dyn io::Write) -> Self {
        Self { out, piece: Vec::with_capacity(Self::PIECE + 1024) }
    }

    /// Keeps back nothing but the beginning of a character.
    fn pass_on(&mut self) -> io::Result<()> {
        let whole = std::str::from_utf8(&self.piece).map_or_else(|error| error.valid_up_to(), str::len);
        let text = std::str::from_utf8(&self.piece[..whole]).map_err(io::Error::other)?;
        self.out.write_all(escape::json(text).as_bytes())?;
        self.piece.drain(..whole);
        Ok(())
    }
}

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    /// Said here, too, since it is called for every comma and quotation mark.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= Self::PIECE { self.pass_on() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_serde_jsons() {
        let nested = (0..20).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner, {}]));
        let value =
            serde_json::json!({"a": [], "b": {}, "c": [1, "x", null, {"d": {"e": [[1.5, true]]}}], "f": nested});
        let mut out = Vec::new();
        write(&value, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&value).unwrap() + "\n");
    }

    #[test]
    fn a_json_text_passed_on_in_pieces_is_the_same() {
        let long = "plain ".repeat(Escaped::PIECE / 6 - 1);
        for before in 0..4 {
            let texts = [&"x".repeat(before), &long, "ö\u{202e}\u{e0041}", &long, "\u{7f}", &long];
            let whole = serde_json::to_string_pretty(&texts).unwrap();
            let mut out = Vec::new();
            let mut writer = Escaped::new(&mut out);
            // A byte at a time, so that pieces end inside characters, too.
            whole.as_bytes().iter().for_each(|byte| Write::write_all(&mut writer, &[*byte]).unwrap());
            Write::flush(&mut writer).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), escape::json(&whole));
        }
    }
}
