//! Folders, traces and waiting files.

use sha2::{Digest, Sha256};

use super::node::Answer;
use super::{Collector, Doubt};
use crate::backlog::listing::{self, Entry, Section};
use crate::cucm::command::{Command, NodePath};
use crate::cucm::exchange::{Kind, Output};
use crate::cucm::viewed::{self, Lead, Viewed};
use crate::document::collect::{CommandOutcome, Listing, ListingOutcome, Trace, Waiting};
use crate::model::delivery_file::DeliveryFile;

/// Where the CDR Repository Manager writes its traces (Cisco, Troubleshooting Guide, "CDR Repository Manager").
const TRACES: &str = "/cm/trace/cdrrep/log4j";
/// Where what could not be delivered waits, by date.
const PRESERVE: &str = "/cm/cdr_repository/preserve";
/// The longest listing: a day of a large cluster has some 10,000 files.
const LISTING: usize = 64 << 20;
/// How often a file is read that changes meanwhile.
const ATTEMPTS: usize = 3;
/// A file may be this much longer than listed.
const GROWTH: u64 = 16 << 20;
/// The most dates that are listed: CUCM keeps 30 at most by default.
const DATES: usize = 400;
/// No single waiting file is larger.
const WAITING_FILE: u64 = 64 << 20;

/// A folder of the preserve folder, and its files.
pub(super) struct Date {
    folder: String,
    name: String,
    files: Vec<Entry>,
}

impl Collector<'_> {
    /// The folder of the traces, and its files.
    pub(super) fn trace_folder(&mut self) -> Vec<Entry> {
        self.list(TRACES, "traces").map(|section| section.entries).unwrap_or_default()
    }

    /// The dates of the preserve folder, each listed.
    pub(super) fn preserve_folders(&mut self) -> Vec<Date> {
        let Some(section) = self.list(PRESERVE, "preserve") else { return Vec::new() };
        let mut dates = Vec::new();
        for name in section.folders.iter().map(|name| name.trim_end_matches('/')).take(DATES) {
            let folder = format!("{PRESERVE}/{name}");
            if let Some(section) = self.list(&folder, &format!("preserve-{name}")) {
                dates.push(Date { folder, name: name.to_owned(), files: section.entries });
            }
        }
        dates
    }

    fn list(&mut self, folder: &str, file: &str) -> Option<Section> {
        let Some(path) = NodePath::new(&format!("{folder}/")) else {
            self.warn(format!("{folder}: a name that the command line could misread, so it is left out"));
            return None;
        };
        let command = Command::List(path);
        let answer = self.ask(&command, Kind::Text, LISTING)?;
        let text = answer.text();
        let section = listed(&text);
        let outcome = listing_outcome(&answer, &section, &text);
        let whole = format!("admin:{command}\n{}", text.trim_start_matches('\n'));
        let path = self.keep(&format!("listings/{file}.txt"), whole.as_bytes());
        self.record.note(|answer| {
            answer.listings.push(Listing {
                folder: folder.to_owned(),
                path,
                outcome,
                files: section.entries.len() as u64,
                bytes: section.entries.iter().filter_map(|entry| entry.size).sum(),
            });
            if outcome == ListingOutcome::Listed && section.is_complete() == Some(false) {
                answer.warnings.push(format!("{folder}: CUCM counts other files than it lists"));
            }
        });
        Some(section)
    }

    /// The traces, the newest first, as far as the order's limits allow.
    pub(super) fn traces(&mut self, entries: Vec<Entry>) {
        let limits = self.order.traces;
        let is_text = |entry: &Entry| {
            listing::is_trace(&entry.name) && ![".gz", ".zip", ".gzo"].iter().any(|packed| entry.name.ends_with(packed))
        };
        let is_recent = |entry: &Entry| limits.since.is_none_or(|since| entry.modified.is_none_or(|at| at >= since));
        let mut wanted: Vec<Entry> = entries.into_iter().filter(is_text).filter(is_recent).collect();
        wanted.sort_by(|one, other| (other.modified, &other.name).cmp(&(one.modified, &one.name)));
        wanted.truncate(limits.newest.unwrap_or(usize::MAX));
        let mut left = limits.max_bytes;
        let mut left_out = 0;
        for entry in wanted {
            let size = entry.size.unwrap_or_default();
            if size > left || left_out > 0 {
                left_out += 1;
                continue;
            }
            left -= size;
            self.trace(&entry);
        }
        if left_out > 0 {
            let traces = crate::words::counted(left_out, "older trace");
            self.warn(format!("{traces} left out, since --max-bytes is {}", limits.max_bytes));
        }
    }

    fn trace(&mut self, entry: &Entry) {
        let node_path = format!("{TRACES}/{}", entry.name);
        let mut trace = Trace { name: entry.name.clone(), node_path, listed_bytes: entry.size, ..Trace::default() };
        if let Some(viewed) = self.read(&trace.node_path, entry.size, true) {
            trace.bytes = viewed.bytes.len() as u64;
            trace.complete = viewed.complete;
            trace.sha256 = Some(hex(&Sha256::digest(&viewed.bytes)));
            trace.path = self.keep(&format!("traces/{}", entry.name), &viewed.bytes);
        }
        self.record.note(|answer| answer.traces.push(trace));
    }

    /// The waiting files themselves.
    pub(super) fn waiting(&mut self, dates: Vec<Date>) {
        for Date { folder, name, files } in dates {
            for entry in files.into_iter().filter(|entry| DeliveryFile::parse(&entry.name).is_some()) {
                let mut file = Waiting {
                    name: entry.name.clone(),
                    folder: folder.clone(),
                    listed_bytes: entry.size,
                    ..Waiting::default()
                };
                let fits = entry.size.is_none_or(|size| size <= WAITING_FILE);
                if let Some(viewed) =
                    fits.then(|| self.read(&format!("{folder}/{}", entry.name), entry.size, false)).flatten()
                {
                    file.bytes = viewed.bytes.len() as u64;
                    file.complete = entry.size.is_some_and(|size| size == file.bytes) && viewed.complete;
                    file.path = self.keep(&format!("waiting/{name}/{}", entry.name), &viewed.bytes);
                }
                self.record.note(|answer| answer.waiting.push(file));
            }
        }
    }

    /// Reads a file, again where it changes meanwhile.
    fn read(&mut self, path: &str, listed: Option<u64>, grows: bool) -> Option<Viewed> {
        let Some(node_path) = NodePath::new(path) else {
            self.warn(format!("{path}: a name that the command line could misread, so it is left out"));
            return None;
        };
        let mut size = listed;
        let mut last = None;
        for attempt in 1..=ATTEMPTS {
            let Some(answer) = self.view(&node_path, size) else { break };
            let output = &answer.output;
            let mut viewed = viewed::assemble(&output.pages, &output.rest, size, self.lead);
            self.learn(path, viewed.lead);
            if !viewed.complete
                && let Some(why) = not_shown(&answer)
            {
                self.warn(format!("{path}: not read: {why}"));
                return last;
            }
            if answer.outcome != CommandOutcome::Done {
                viewed.complete = false;
                last = Some(viewed);
                break;
            }
            if !viewed.complete && !matches!(viewed.lead, Lead::Assumed(_)) && grows {
                let before = size;
                size = self.size(&node_path).or(size);
                viewed = grown(viewed, output, before, size, self.lead);
            }
            if viewed.complete || matches!(viewed.lead, Lead::Assumed(_)) {
                self.tell_growth(path, listed, &viewed, attempt);
                return Some(viewed);
            }
            // Keys that came too early may be among the lines.
            let by_keys = !viewed.changed && !output.pages.is_empty() && self.shell.one_key_at_a_time();
            last = Some(viewed);
            if !grows && !by_keys {
                break;
            }
        }
        if last.is_some() {
            self.warn(format!("{path}: cut: it is not proved that all of it came; it may have grown or been rotated"));
        }
        last
    }

    fn learn(&mut self, path: &str, lead: Lead) {
        match lead {
            Lead::Shown(lines) => self.lead = Some(self.lead.map_or(lines, |known| known.min(lines))),
            Lead::Assumed(lead) => self.doubts.push(Doubt { node_path: path.to_owned(), lead }),
            Lead::Unknown => {}
        }
    }

    /// Files that begin with a blank line: the others have shown by now whether it is theirs.
    pub(super) fn settle(&mut self) {
        for Doubt { node_path, lead } in std::mem::take(&mut self.doubts) {
            if self.lead != Some(lead) {
                self.warn(format!(
                    "{node_path}: it begins with a blank line, and no other file shows whether CUCM printed that: its \
                     beginning is not proved"
                ));
                continue;
            }
            self.record.note(|answer| {
                let traces = answer.traces.iter_mut().filter(|trace| trace.node_path == node_path);
                traces.for_each(|trace| trace.complete = true);
                let waiting = answer.waiting.iter_mut();
                let waiting = waiting.filter(|file| format!("{}/{}", file.folder, file.name) == node_path);
                waiting.for_each(|file| file.complete = true);
            });
        }
    }

    fn view(&mut self, path: &NodePath, size: Option<u64>) -> Option<Answer> {
        let most = size.unwrap_or(GROWTH).saturating_mul(2).saturating_add(GROWTH);
        self.ask(&Command::View(path.clone()), Kind::File(size), usize::try_from(most).unwrap_or(usize::MAX))
    }

    fn tell_growth(&self, path: &str, listed: Option<u64>, viewed: &Viewed, attempt: usize) {
        let bytes = viewed.bytes.len() as u64;
        if attempt > 1 {
            self.warn(format!("{path}: it changed while it was read, so it was read again"));
        } else if listed.is_some_and(|listed| listed != bytes) {
            let listed = listed.unwrap_or_default();
            self.warn(format!("{path}: {bytes} bytes, {listed} when it was listed: it changed in between"));
        }
    }

    /// A file's size now.
    fn size(&mut self, path: &NodePath) -> Option<u64> {
        let answer = self.ask(&Command::List(path.clone()), Kind::Text, LISTING)?;
        let name = path.as_str().rsplit('/').next()?;
        listed(&answer.text()).entries.iter().find(|entry| entry.name == name)?.size
    }

    fn keep(&self, inside: &str, bytes: &[u8]) -> Option<String> {
        self.folder.write(inside, bytes).map_err(|error| self.warn(format!("{error:#}"))).ok()
    }

    pub(super) fn warn(&self, text: String) {
        self.record.note(|answer| answer.warnings.push(text));
    }
}

/// A file that was not as long as listed, seen with its size after it was read: it is whole if the viewer's ranges join
/// up and it has grown in between at most, or if it is as long now.
fn grown(viewed: Viewed, output: &Output, before: Option<u64>, now: Option<u64>, lead: Option<usize>) -> Viewed {
    let bytes = viewed.bytes.len() as u64;
    let in_between = before.is_none_or(|before| before <= bytes) && now.is_none_or(|now| bytes <= now);
    if viewed.joined && in_between {
        return Viewed { complete: true, ..viewed };
    }
    if viewed.changed || now.is_none() {
        return viewed;
    }
    let again = viewed::assemble(&output.pages, &output.rest, now, lead);
    if again.complete { again } else { viewed }
}

/// Why a file is not in an answer, where it is not.
fn not_shown(answer: &Answer) -> Option<String> {
    let refused = matches!(answer.outcome, CommandOutcome::Failed | CommandOutcome::Refused);
    let is_missing = answer.output.text.len() < 400 && is_missing(&answer.text());
    (refused || is_missing).then(|| reason(answer))
}

/// The listing in an answer.
fn listed(text: &str) -> Section {
    let text = format!("admin:file list activelog x detail\n{text}");
    listing::parse(text.as_bytes()).sections.into_iter().next().unwrap_or_default()
}

fn listing_outcome(answer: &Answer, section: &Section, text: &str) -> ListingOutcome {
    let holds = !section.entries.is_empty() || !section.folders.is_empty();
    if holds {
        ListingOutcome::Listed
    } else if section.absent || is_missing(text) {
        ListingOutcome::Missing
    } else if section.totals.is_some() || (answer.outcome == CommandOutcome::Done && text.trim().is_empty()) {
        ListingOutcome::Empty
    } else {
        ListingOutcome::Refused
    }
}

fn is_missing(text: &str) -> bool {
    let text = text.to_lowercase();
    ["no such file", "does not exist", "not found"].iter().any(|words| text.contains(words))
}

fn reason(answer: &Answer) -> String {
    let asked = answer.output.asked.as_ref().map(|question| format!("the node asked {question:?}"));
    let said = || answer.text().lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
    asked.or_else(said).unwrap_or_else(|| "the node said nothing".to_owned()).chars().take(200).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
