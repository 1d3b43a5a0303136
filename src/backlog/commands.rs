//! What to type on CUCM's command line: `file get activelog FOLDER/*` saves a date's files by SFTP, and asks for
//! the server, the user, the password and the folder there (Cisco, Command Line Interface Reference Guide,
//! "file get"; `*` is its wildcard).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Source;
use super::folder::{self, Place};
use super::listing::Section;
use crate::document::backlog::{Command, Date, UnlistedFolder};

const PRESERVE: &str = "/cm/cdr_repository/preserve";

/// The commands that save what waits, a date each, the oldest first.
pub fn saving(dates: &[Date], sources: &[Source]) -> Vec<Command> {
    let seen = preserve_folders(sources);
    let month_first = seen.iter().any(|(date, folder)| folder.ends_with(&date.format("%m%d%Y").to_string()));
    let form = if month_first { "%m%d%Y" } else { "%Y%m%d" };
    dates
        .iter()
        .map(|date| {
            let known = seen.get(&date.date).cloned();
            let folder_seen = known.is_some();
            let folder = known.unwrap_or_else(|| format!("{PRESERVE}/{}", date.date.format(form)));
            let command = format!("file get activelog {folder}/*");
            Command { date: date.date, files: date.files, command, folder_seen }
        })
        .collect()
}

/// The date folders that a listing of the preserve folder names and nothing lists.
pub fn unlisted(sources: &[Source]) -> Vec<UnlistedFolder> {
    let listed: BTreeSet<NaiveDate> = sections(sources)
        .filter(|(section, _)| section.place().waits())
        .flat_map(|(section, _)| section.folder.as_deref().and_then(folder::date_of))
        .collect();
    named_folders(sources)
        .into_iter()
        .filter(|(date, _)| !listed.contains(date))
        .map(|(date, folder)| {
            let command = format!("file list activelog {folder}/ detail");
            UnlistedFolder { folder, date, command }
        })
        .collect()
}

/// Each date's folder of records as CUCM has it, where it was seen.
fn preserve_folders(sources: &[Source]) -> BTreeMap<NaiveDate, String> {
    let mut seen = named_folders(sources);
    for (section, is_text) in sections(sources) {
        let Some(path) = &section.folder else { continue };
        let Some(date) = folder::date_of(path) else { continue };
        if is_text && section.place() == Place::Preserve {
            seen.insert(date, path.clone());
        } else if !is_text {
            // A folder pulled off CUCM tells how CUCM writes its dates, but not where CUCM keeps it.
            let name = path.rsplit(['/', '\\']).find(|segment| folder::date(segment) == Some(date));
            seen.extend(name.map(|name| (date, format!("{PRESERVE}/{name}"))));
        }
    }
    seen
}

/// The date folders that a listing of the preserve folder itself names.
fn named_folders(sources: &[Source]) -> BTreeMap<NaiveDate, String> {
    let mut named = BTreeMap::new();
    for (section, is_text) in sections(sources) {
        let parent = match &section.folder {
            Some(parent) if section.place() == Place::Preserve => parent.as_str(),
            None if section.place() == Place::Other => PRESERVE,
            _ => continue,
        };
        if is_text && folder::date_of(parent).is_none() {
            let dated = section.folders.iter().filter_map(|name| Some((folder::date(name)?, name)));
            named.extend(dated.map(|(date, name)| (date, format!("{parent}/{name}"))));
        }
    }
    named
}

fn sections(sources: &[Source]) -> impl Iterator<Item = (&Section, bool)> {
    sources.iter().flat_map(|source| source.listing.sections.iter().map(|section| (section, source.is_text)))
}
