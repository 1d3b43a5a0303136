//! Texts that hold no records of a trace and tell of alarms: a syslog, an alert, a mail.

use std::io::Read;

use super::{Asked, Opened, Place, Source, looks_binary};
use crate::{alarms, text};

/// The most that is read of one. CUCM's syslog is rotated long before.
const MAX_BYTES: u64 = 64 << 20;

/// A text that is no trace.
#[derive(Debug)]
pub struct AlarmText {
    /// The path, as of a [`Source`].
    pub label: String,
    /// The whole of it.
    pub text: String,
}

impl Source {
    /// The whole text, where it holds alarms instead of records. A syslog may come to them late.
    pub(super) fn alarms(&self, head: &[u8], asked: Asked) -> Option<AlarmText> {
        let may_come = asked == Asked::ByName || self.label.to_ascii_lowercase().contains("syslog");
        let may_come = may_come && !matches!(self.place, Place::Stream(_));
        if looks_binary(head) || !(may_come || alarms::may_hold_alarms(&text::decode(head))) {
            return None;
        }
        let mut whole = Vec::new();
        match self.open().ok()? {
            Opened::File(file) => file.take(MAX_BYTES).read_to_end(&mut whole),
            Opened::Stream(stream) => stream.take(MAX_BYTES).read_to_end(&mut whole),
        }
        .ok()?;
        let text = text::decode(&whole).into_owned();
        alarms::may_hold_alarms(&text).then(|| AlarmText { label: self.label.clone(), text })
    }
}
