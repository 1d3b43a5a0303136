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

#[cfg(test)]
mod tests {
    use super::super::listing::parse;
    use super::*;

    fn folder(text: &str) -> Option<TraceFolder> {
        trace_folder(&[Source {
            path: "-".to_owned(),
            listing: parse(text.as_bytes()),
            is_text: true,
            ..Source::default()
        }])
    }

    #[test]
    fn the_time_decides_not_the_number() {
        let found = folder(
            "admin:file list activelog /cm/trace/cdrrep/log4j/ detail\n\
             25 Jul,2019 13:11:53      133,772  cdrrepmgr99999.log\n 25 Jul,2019 15:12:40       12  cdrrepmgr00000.log\n\
             25 Jul,2019 15:12:41           36  cdrrepmgr.bin\n",
        )
        .unwrap();
        assert_eq!(found.newest.unwrap().name, "cdrrepmgr00000.log");
        assert_eq!(found.command, "file get activelog /cm/trace/cdrrep/log4j/cdrrepmgr00000.log");
        assert_eq!(found.traces, 2);
    }

    #[test]
    fn without_times_none_is_called_the_newest() {
        let found = folder("cdrrepmgr00072.log  cdrrepmgr00073.log\n").unwrap();
        assert_eq!((found.newest, found.traces), (None, 2));
        assert_eq!(found.command, "file list activelog /cm/trace/cdrrep/log4j/ detail");
    }

    #[test]
    fn other_listings_are_not_the_trace_folder() {
        assert_eq!(folder("cdr_C_01_201907150412_1\n"), None);
    }
}
