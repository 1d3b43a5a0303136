//! Documents rendered for people. Nothing here knows where a document came from, and whatever a server or a
//! trace said is escaped on the way.

pub mod html;
mod junit;
pub mod markdown;
pub mod monitor;
pub mod page;
mod prometheus;
mod text;
pub mod view;

use std::io::{self, BufWriter, Write};

use crate::document::{Document, Envelope};
use crate::escape;
use monitor::Monitored;
use view::ToView;

/// The form of an answer on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: what to act on.
    Text,
    /// For people: all that is known.
    FullText,
    /// For scripts.
    Json,
    /// For the textfile collector of Prometheus' node exporter.
    Prometheus,
    /// For CI jobs.
    Junit,
}

/// Writes a document to `out`.
///
/// # Errors
/// When `out` does not take it, or when the form is not one for this document.
pub fn write<D: ToView>(document: &D, format: Format, terminal: page::Terminal, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => return json(document, out),
        Format::Prometheus => out.write_all(prometheus::text(&monitored(document)?.families).as_bytes())?,
        Format::Junit => out.write_all(&junit::xml(D::NAME, &monitored(document)?.suites)?)?,
        Format::Text => out.write_all(text::first_screen(&document.view(), terminal).as_bytes())?,
        Format::FullText => out.write_all(text::whole(&document.view(), terminal).as_bytes())?,
    }
    out.flush()
}

/// Writes a document to `out` as JSON, as it comes: the text of ten thousand servers is 150 MB long.
///
/// # Errors
/// When `out` does not take it.
pub fn json<D: Document>(document: &D, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(Escaping(&mut out), &Envelope::of(document))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Takes JSON as it is written, and shows what must not reach a terminal as escapes.
struct Escaping<W>(W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A serializer hands on whole characters.
        let text = std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.0.write_all(escape::json(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn monitored<D: ToView>(document: &D) -> io::Result<Monitored> {
    document.monitored().ok_or_else(|| io::Error::other(format!("{} has no such form", D::NAME)))
}
