//! The traces, and the waiting files.

use sha2::{Digest, Sha256};

use super::Collector;
use super::listings::{Date, TRACES};
use super::names::portable;
use crate::backlog::listing::{self, Entry};
use crate::cucm::viewed::Viewed;
use crate::document::collect::{Trace, Waiting};
use crate::model::delivery_file::DeliveryFile;
use crate::search::Names;
use crate::words::{counted, grouped};

/// No single waiting file is larger.
const WAITING_FILE: u64 = 64 << 20;
/// After so many files in a row that the node does not show, it is asked for no other.
const REFUSALS: u32 = 3;
/// Packed traces, which the viewer does not show.
const PACKED: [&str; 3] = [".gz", ".zip", ".gzo"];

/// Files that are read one after another, as long as the node shows them.
#[derive(Debug, Default)]
struct Run {
    refused_in_a_row: u32,
    left_out: u64,
}

impl Collector<'_> {
    /// The traces, the newest first, as far as the order's limits allow.
    pub(super) fn traces(&mut self, entries: Vec<Entry>) {
        let limits = self.order.traces;
        let is_recent = |entry: &Entry| limits.since.is_none_or(|since| entry.modified.is_none_or(|at| at >= since));
        let is_wanted = |entry: &Entry| listing::is_trace(&entry.name) && is_recent(entry);
        let mut wanted: Vec<Entry> = entries.into_iter().filter(is_wanted).collect();
        wanted.sort_by(|one, other| (other.modified, &other.name).cmp(&(one.modified, &one.name)));
        wanted.truncate(limits.newest.unwrap_or(usize::MAX));
        let is_packed = |entry: &Entry| PACKED.iter().any(|packed| entry.name.ends_with(packed));
        let (packed, wanted): (Vec<Entry>, Vec<Entry>) = wanted.into_iter().partition(is_packed);
        let mut left = limits.max_bytes;
        let mut older = 0;
        let mut run = Run::default();
        for entry in wanted {
            let size = entry.size.unwrap_or_default();
            if size > left || older > 0 {
                older += 1;
                continue;
            }
            left -= size;
            self.trace(&entry, &mut run);
        }
        self.tell_unread(&run, "trace");
        if older > 0 {
            let traces = counted(older, "older trace");
            self.warn(format!("{traces} left out, since --max-bytes is {}", limits.max_bytes));
        }
        self.packed(&packed);
    }

    fn trace(&mut self, entry: &Entry, run: &mut Run) {
        let mut trace = of(entry);
        if let Some(viewed) = self.read_in(run, &trace.node_path, entry.size, true) {
            trace.bytes = viewed.bytes.len() as u64;
            trace.complete = viewed.complete;
            trace.sha256 = Some(hex(&Sha256::digest(&viewed.bytes)));
            trace.path = self.keep("traces", &entry.name, &viewed.bytes);
        }
        self.record.note(|answer| answer.traces.push(trace));
    }

    /// Traces that cannot be had this way are told.
    fn packed(&self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let (traces, names) = (counted(entries.len() as u64, "packed trace"), entries.iter().map(|entry| &entry.name));
        let names: Names = names.collect();
        self.warn(format!("{traces} not read, since CUCM's viewer shows none: {names}; fetch them with `file get`"));
        self.record.note(|answer| answer.traces.extend(entries.iter().map(of)));
    }

    /// The waiting files themselves.
    pub(super) fn waiting(&mut self, dates: Vec<Date>) {
        let mut run = Run::default();
        for date in dates {
            let files = date.files.iter().filter(|entry| DeliveryFile::parse(&entry.name).is_some());
            files.for_each(|entry| self.waiting_file(&date, entry, &mut run));
        }
        self.tell_unread(&run, "waiting file");
    }

    fn waiting_file(&mut self, Date { folder, name, .. }: &Date, entry: &Entry, run: &mut Run) {
        let listed_bytes = entry.size;
        let mut file = Waiting { name: entry.name.clone(), folder: folder.clone(), listed_bytes, ..Waiting::default() };
        let path = format!("{folder}/{}", entry.name);
        if let Some(size) = entry.size.filter(|size| *size > WAITING_FILE) {
            self.warn(format!("{path}: not read: {} bytes are more than a CDR file has", grouped(size)));
        } else if let Some(viewed) = self.read_in(run, &path, entry.size, false) {
            file.bytes = viewed.bytes.len() as u64;
            file.complete = entry.size == Some(file.bytes) && viewed.complete;
            file.path = self.keep(&format!("waiting/{}", portable(name)), &entry.name, &viewed.bytes);
        }
        self.record.note(|answer| answer.waiting.push(file));
    }

    /// Reads a file, unless the node has shown none for too long.
    fn read_in(&mut self, run: &mut Run, path: &str, listed: Option<u64>, grows: bool) -> Option<Viewed> {
        if run.refused_in_a_row >= REFUSALS || !self.shell.is_open() {
            run.left_out += 1;
            return None;
        }
        let viewed = self.read(path, listed, grows);
        run.refused_in_a_row = if viewed.is_some() { 0 } else { run.refused_in_a_row + 1 };
        viewed
    }

    fn tell_unread(&self, run: &Run, what: &str) {
        if run.left_out > 0 {
            let files = counted(run.left_out, what);
            let over = "the session had ended".to_owned();
            let why = if self.shell.is_open() { format!("CUCM did not show {REFUSALS} in a row") } else { over };
            self.warn(format!("{files} not read: {why}"));
        }
    }

    pub(super) fn keep(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Option<String> {
        let place = self.places.take(folder, name);
        self.folder.write(&place, bytes).map_err(|error| self.warn(format!("{error:#}"))).ok()?;
        Some(place)
    }

    pub(super) fn warn(&self, text: String) {
        self.record.note(|answer| answer.warnings.push(text));
    }
}

/// A trace of which nothing has come.
fn of(entry: &Entry) -> Trace {
    let node_path = format!("{TRACES}/{}", entry.name);
    Trace { name: entry.name.clone(), node_path, listed_bytes: entry.size, ..Trace::default() }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
