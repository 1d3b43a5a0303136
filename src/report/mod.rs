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

#[cfg(test)]
mod tests {
    use super::view::tests::appendix;
    use super::*;
    use crate::document::fleet::Fleet;
    use crate::document::probe::{Probe, Target};
    use crate::report::monitor::judged::tests::{profile, refused};

    /// Notes how much there is, and the most that was handed over at a time.
    #[derive(Default)]
    struct Measure {
        total: usize,
        most: usize,
    }

    impl Write for Measure {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.total += bytes.len();
            self.most = self.most.max(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_about_many_servers_is_handed_over_piece_by_piece_in_every_form() {
        let server = |number: usize| {
            let clients = vec![refused("cucm-14"), refused("cucm-15")];
            let mut target = Target { target: format!("10.0.0.1:{number}"), clients, ..Target::default() };
            target.conclude();
            target
        };
        let profiles = vec![profile("cucm-14"), profile("cucm-15")];
        let fleet = Fleet::from(Probe { profiles, targets: (1..4_000).map(server).collect(), warnings: Vec::new() });
        let look = page::Terminal { width: 80, wraps_headlines: true, color: false, blocks: false };
        let forms = [Format::Text, Format::FullText, Format::Json, Format::Prometheus, Format::Junit];
        let mut measured: Vec<Measure> = Vec::new();
        for form in forms {
            measured.push(Measure::default());
            write(&fleet, form, look, measured.last_mut().unwrap()).unwrap();
        }
        for render in [html::render, markdown::render] {
            measured.push(Measure::default());
            render(fleet.view(), &appendix(), measured.last_mut().unwrap()).unwrap();
        }
        for (form, measure) in measured.iter().enumerate() {
            // The table of all servers is one piece of a page.
            assert!(measure.most < measure.total / 3 * 2, "{form}: {} of {}", measure.most, measure.total);
        }
    }
}
