//! Documents rendered for people. Nothing here knows where a document came from, and whatever a server or a
//! trace said is escaped on the way.

pub(crate) mod html;
mod json;
mod junit;
pub(crate) mod markdown;
pub(crate) mod monitor;
pub mod page;
mod prometheus;
mod text;
pub mod view;

use std::io::{self, Write};

use crate::document::{Document, Envelope};
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
    json::write(&Envelope::of(document), out)
}

fn monitored<D: ToView>(document: &D) -> io::Result<Monitored> {
    document.monitored().ok_or_else(|| io::Error::other(format!("{} has no such form", D::NAME)))
}
