//! The folders that are listed: that of the traces, and each date of the preserve folder.

use super::Collector;
use super::node::Answer;
use crate::backlog::listing::{self, Entry, Section};
use crate::cucm::command::{Command, NodePath};
use crate::cucm::exchange::Kind;
use crate::document::collect::{CommandOutcome, Listing, ListingOutcome};
use crate::words::counted;

/// Where the CDR Repository Manager writes its traces (Cisco, Troubleshooting Guide, "CDR Repository Manager").
pub(super) const TRACES: &str = "/cm/trace/cdrrep/log4j";
/// Where what could not be delivered waits, by date.
const PRESERVE: &str = "/cm/cdr_repository/preserve";
/// The longest listing: a day of a large cluster has some 10,000 files.
const LISTING: usize = 64 << 20;
/// The most dates that are listed: CUCM keeps 30 at most by default.
const DATES: usize = 4_000;

/// A folder of the preserve folder, and its files.
pub(super) struct Date {
    pub(super) folder: String,
    pub(super) name: String,
    pub(super) files: Vec<Entry>,
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
        let left_out = section.folders.len().saturating_sub(DATES);
        if left_out > 0 {
            let folders = counted(left_out as u64, "folder");
            self.warn(format!("{PRESERVE}: {folders} not listed, beside {DATES}"));
        }
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
        let path = self.keep("listings", &format!("{file}.txt"), whole.as_bytes());
        self.record.note(|answer| {
            answer.listings.push(Listing {
                folder: folder.to_owned(),
                path,
                outcome,
                files: section.entries.len() as u64,
                bytes: section.entries.iter().filter_map(|entry| entry.size).sum(),
                complete: section.is_complete(),
            });
            if section.is_complete() == Some(false) {
                answer.warnings.push(format!("{folder}: CUCM counts other files than it lists"));
            }
        });
        Some(section)
    }

    /// A file's size now. A node may list folders alone.
    pub(super) fn size(&mut self, path: &NodePath) -> Option<u64> {
        let (folder, name) = path.as_str().rsplit_once('/')?;
        let of_file = Command::List(path.clone());
        let of_folder = NodePath::new(&format!("{folder}/")).map(Command::List);
        std::iter::once(of_file).chain(of_folder).find_map(|command| {
            let answer = self.ask(&command, Kind::Text, LISTING)?;
            listed(&answer.text()).entries.iter().find(|entry| entry.name == name)?.size
        })
    }
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

pub(super) fn is_missing(text: &str) -> bool {
    let text = text.to_lowercase();
    ["no such file", "does not exist", "not found"].iter().any(|words| text.contains(words))
}
