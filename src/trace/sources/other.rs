//! What other commands read, found where traces were looked for: people put together what belongs together.

use std::io;

use super::alarm_text::is_documentation;
use super::{Asked, Found, Source, base_name, first_time, is_a_traces_name, speaks_of_deliveries};
use crate::bounds::{self, Bound};
use crate::model::kind::Kind;

/// A listing, a saved answer or the like.
#[derive(Debug)]
pub struct Other {
    /// What it is.
    pub kind: Kind,
    asked: Asked,
    source: Source,
}

impl Other {
    pub(super) fn new(kind: Kind, asked: Asked, source: Source) -> Self {
        Self { kind, asked, source }
    }

    /// The path as given or found, as of a [`Source`].
    pub fn label(&self) -> &str {
        &self.source.label
    }

    /// Whether somebody named it; else it was found in a folder, an archive or a mail.
    pub fn is_named(&self) -> bool {
        self.asked == Asked::ByName
    }

    /// The whole of it, unpacked.
    ///
    /// # Errors
    /// When it can't be read, or is larger than its form.
    pub fn read(&mut self, bound: Bound) -> io::Result<Vec<u8>> {
        self.source.whole(bound)
    }
}

/// Tells what something is that begins so.
pub(super) struct Recogniser(pub(super) fn(&[u8]) -> Option<Kind>);

impl Default for Recogniser {
    fn default() -> Self {
        Self(|_| None)
    }
}

impl std::fmt::Debug for Recogniser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recogniser")
    }
}

impl Found {
    /// Takes what another command reads. Gives back anything else: a trace is known by its records, and of the rest of a
    /// folder only so many files are looked into.
    pub(super) fn take_other(&mut self, mut source: Source, head: &[u8], asked: Asked) -> Option<Source> {
        if asked == Asked::InFolder {
            let name = base_name(&source.label);
            let is_trace = is_a_traces_name(name) || (first_time(head).is_some() && speaks_of_deliveries(name, head));
            if is_trace || is_documentation(name) || self.looked_into == bounds::BELONGING {
                return Some(source);
            }
            self.looked_into += 1;
        }
        // A server's log or a CDR file in a folder belongs to no diagnosis.
        let belongs = |kind: &Kind| asked == Asked::ByName || matches!(kind, Kind::Listing | Kind::SavedAnswer(_));
        match (self.recognise.0)(head).filter(|kind| kind.is_elsewhere() && belongs(kind)) {
            Some(kind) => {
                if kind == Kind::Listing
                    && let Ok(whole) = source.whole(bounds::SESSION)
                {
                    self.question_answers(&source.label, &whole);
                }
                self.others.push(Other::new(kind, asked, source));
                None
            }
            None => Some(source),
        }
    }
}
