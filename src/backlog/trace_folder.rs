//! The listing of the trace folder: which trace is the newest. The number in a name wraps, so the listing's own
//! times decide.

use super::Source;
use super::folder::Place;
use super::listing::{Section, is_trace};
use crate::document::backlog::{Trace, TraceFolder};

const FOLDER: &str = "/cm/trace/cdrrep/log4j";

/// What was listed of the trace folder; `None` where it was not listed.
pub fn trace_folder(sources: &[Source]) -> Option<TraceFolder> {
    let sections: Vec<&Section> = sources
        .iter()
        .flat_map(|source| &source.listing.sections)
        .filter(|section| section.place() == Place::Trace)
        .collect();
    let folder = sections.first()?.folder.clone();
    let entries = sections.iter().flat_map(|section| &section.entries).filter(|entry| is_trace(&entry.name));
    let newest = entries
        .clone()
        .filter_map(|entry| Some(Trace { name: entry.name.clone(), modified: entry.modified?, bytes: entry.size }))
        .max_by(|one, other| (one.modified, &one.name).cmp(&(other.modified, &other.name)));
    let path = folder.as_deref().unwrap_or(FOLDER);
    let command = match &newest {
        Some(trace) => format!("file get activelog {path}/{}", trace.name),
        None => format!("file list activelog {path}/ detail"),
    };
    Some(TraceFolder { traces: entries.count() as u64, newest, command, folder })
}
