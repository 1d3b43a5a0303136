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

use std::io::{self, BufWriter, Write};

use crate::document::Envelope;
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

/// Bytes that are handed on at a time.
const BUFFER: usize = 64 << 10;

/// Writes a document to `out`, as it comes: an answer about ten thousand servers is never whole in memory.
///
/// # Errors
/// When `out` does not take it, or when the form is not one for this document.
pub fn write<D: ToView>(document: &D, format: Format, terminal: page::Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    match format {
        Format::Json => json::write(&Envelope::of(document), &mut out)?,
        Format::Prometheus => prometheus::write(monitored(document)?.families, &mut out)?,
        Format::Junit => {
            let clock = document.times().clock.map(|clock| clock.words());
            junit::write(D::NAME, &monitored(document)?.suites, clock.as_deref(), &mut out)?;
        }
        Format::Text => text::first_screen(document.view(), terminal, &mut out)?,
        Format::FullText => text::whole(document.view(), terminal, &mut out)?,
    }
    out.flush()
}

fn monitored<D: ToView>(document: &D) -> io::Result<Monitored<'_>> {
    document.monitored().ok_or_else(|| io::Error::other(format!("{} has no such form", D::NAME)))
}
