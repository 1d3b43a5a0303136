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
        .filter_map(|(section, _)| section.folder.as_deref().and_then(folder::date_of))
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

#[cfg(test)]
mod tests {
    use super::super::listing::parse;
    use super::super::summary;
    use super::super::waiting::Files;
    use super::*;

    fn source(text: &str) -> [Source; 1] {
        [Source { path: "-".to_owned(), listing: parse(text.as_bytes()), is_text: true, ..Source::default() }]
    }

    fn saved(sources: &[Source]) -> Vec<String> {
        let mut files = Files::default();
        sections(sources).for_each(|(section, _)| files.add(section));
        saving(&summary::dates(&files), sources).into_iter().map(|command| command.command).collect()
    }

    const TWO_DATES: &str = "cdr_C_01_201907150412_1 cdr_C_01_201907160412_2\n";

    #[test]
    fn a_folder_is_got_as_it_was_listed() {
        let text = format!("admin:file list activelog cm/cdr_repository/preserve/20190715/*\n{TWO_DATES}");
        assert_eq!(
            saved(&source(&text)),
            [
                "file get activelog cm/cdr_repository/preserve/20190715/*",
                "file get activelog /cm/cdr_repository/preserve/20190716/*",
            ]
        );
    }

    #[test]
    fn one_date_written_month_first_tells_how_the_others_are() {
        let text = format!("admin:file list activelog /cm/cdr_repository/preserve/07152019/\n{TWO_DATES}");
        assert_eq!(saved(&source(&text))[1], "file get activelog /cm/cdr_repository/preserve/07162019/*");
    }

    #[test]
    fn a_destination_s_empty_files_are_got_from_the_preserve_folder() {
        let text = format!("admin:file list activelog cm/cdr_repository/destination1/20190715\n{TWO_DATES}");
        assert_eq!(saved(&source(&text))[0], "file get activelog /cm/cdr_repository/preserve/20190715/*");
    }

    #[test]
    fn a_pulled_folder_tells_how_dates_are_written_and_no_more() {
        let mut sources = source(TWO_DATES);
        sources[0].is_text = false;
        sources[0].listing.sections[0].folder = Some("saved/07152019".to_owned());
        assert_eq!(saved(&sources)[0], "file get activelog /cm/cdr_repository/preserve/07152019/*");
    }

    #[test]
    fn a_date_folder_is_unlisted_until_it_is_listed() {
        let text = "admin:file list activelog /cm/cdr_repository/preserve/\n<dir> 20190715\n<dir> 20190716\n\
            admin:file list activelog /cm/cdr_repository/preserve/20190716\ndir count = 0, file count = 0\n";
        let unlisted: Vec<String> = unlisted(&source(text)).into_iter().map(|folder| folder.command).collect();
        assert_eq!(unlisted, ["file list activelog /cm/cdr_repository/preserve/20190715/ detail"]);
    }
}
