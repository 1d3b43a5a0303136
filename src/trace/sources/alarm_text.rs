//! Texts that hold no records of a trace and tell of alarms: a syslog, an alert, a mail.

use std::io::Read;

use super::{Asked, Opened, Place, Source, Why, looks_binary};
use crate::{alarms, bounds, text};

/// A text that is no trace.
#[derive(Debug)]
pub struct AlarmText {
    /// The path, as of a [`Source`].
    pub label: String,
    /// The whole of it.
    pub text: String,
}

/// A page that explains alarms quotes them: in a folder it was found, not given.
pub(super) fn is_documentation(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    [".md", ".markdown", ".rst", ".adoc", ".html"].iter().any(|ending| label.ends_with(ending))
}

impl Source {
    /// The whole text, where it holds alarms instead of records, and why it is not whole. A syslog may come to them late.
    pub(super) fn alarms(&self, head: &[u8], asked: Asked) -> Option<(AlarmText, Option<Why>)> {
        let may_come = asked == Asked::ByName || self.label.to_ascii_lowercase().contains("syslog");
        let may_come = may_come && !matches!(self.place, Place::Stream(_));
        let quotes_them = asked == Asked::InFolder && is_documentation(&self.label);
        if quotes_them || looks_binary(head) || !(may_come || alarms::may_hold_alarms(&text::decode(head))) {
            return None;
        }
        let mut whole = Vec::new();
        let read = match self.open().ok()? {
            Opened::File(file) => bounds::ALARMS.limit(file).read_to_end(&mut whole),
            Opened::Stream(stream) => bounds::ALARMS.limit(stream).read_to_end(&mut whole),
        };
        let cut = read.err().map(|error| Why::Partly(error.to_string()));
        let text = text::decode(&whole).into_owned();
        alarms::may_hold_alarms(&text).then(|| (AlarmText { label: self.label.clone(), text }, cut))
    }
}
