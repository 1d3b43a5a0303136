//! From what was listed to the document.

use super::folder::{self, Place};
use super::listing::Section;
use super::waiting::Files;
use super::{Question, Source, commands, deadline, first_leg, summary, trace_folder};
use crate::document::backlog::{Backlog, Input, Listing};
use crate::model::delivery_file::DeliveryFile;
use crate::search::Names;
use crate::words::{grouped, many};

/// Answers what waits, and until when.
pub fn answer(sources: &[Source], question: Question) -> Backlog {
    let mut files = Files::default();
    sources.iter().flat_map(|source| &source.listing.sections).for_each(|section| files.add(section));
    let mut dates = summary::dates(&files);
    let deadline = deadline::deadline(&mut dates, question);
    let needs_days = question.preserve_days.is_none() && !dates.is_empty();
    Backlog {
        inputs: sources.iter().map(input).collect(),
        listings: sources.iter().flat_map(listings).collect(),
        totals: summary::totals(&files),
        groups: summary::groups(&files),
        gaps: summary::gaps(&files),
        destinations: summary::destinations(&files),
        deadline,
        deadline_needs: needs_days.then(|| deadline::NEEDS_PRESERVE_DAYS.to_owned()),
        commands: commands::saving(&dates, sources),
        unlisted_folders: commands::unlisted(sources),
        first_leg: first_leg::first_leg(sources),
        trace_folder: trace_folder::trace_folder(sources),
        warnings: warnings(sources, &files),
        dates,
    }
}

fn input(source: &Source) -> Input {
    Input {
        path: source.path.clone(),
        lines: source.is_text.then_some(source.listing.lines),
        skipped_lines: source.listing.skipped_lines,
        error: None,
    }
}

fn listings(source: &Source) -> impl Iterator<Item = Listing> {
    source.listing.sections.iter().map(|section| Listing {
        path: source.path.clone(),
        folder: section.folder.clone(),
        place: place_name(section.place()).to_owned(),
        date: section.folder.as_deref().and_then(folder::date_of),
        files: section.entries.len() as u64,
        counted_files: section.totals.map(|totals| totals.files),
        complete: section.is_complete(),
        absent: section.absent,
    })
}

fn place_name(place: Place) -> &'static str {
    match place {
        Place::Preserve => "preserve",
        Place::Destination(_) => "destination",
        Place::Processed => "processed",
        Place::Car => "car",
        Place::Agent => "agent",
        Place::Trace => "trace",
        Place::Other => "unknown",
    }
}

fn warnings(sources: &[Source], files: &Files) -> Vec<String> {
    let mut warnings = Vec::new();
    for source in sources {
        let listing = &source.listing;
        if let Some(first) = &listing.first_skipped {
            warnings.push(format!(
                "{}: {} not understood, the first: {first}",
                source.path,
                many(listing.skipped_lines, "line was", "lines were")
            ));
        }
        for section in &listing.sections {
            warnings.extend(section_warnings(section, source));
        }
        warnings.extend(left_out(&source.left_out));
    }
    warnings.extend(left_out(&files.others.iter().collect()));
    warnings
}

fn left_out(names: &Names) -> Option<String> {
    let count = many(names.count, "file has", "files have");
    let told = || format!("{count} a name that is not a CDR or CMR file's and is not counted: {names}");
    (names.count > 0).then(told)
}

fn section_warnings(section: &Section, source: &Source) -> Vec<String> {
    let name = section.folder.as_deref().unwrap_or(&source.path);
    let mut warnings = Vec::new();
    if section.absent {
        warnings.push(format!(
            "{name}: CUCM has no such folder; list its parent to see the dates there are, and how it writes them"
        ));
    }
    match (section.totals, section.is_complete()) {
        (Some(totals), Some(false)) => warnings.push(format!(
            "{name}: CUCM counted {} and {}, but {} and {} were read: the listing is not whole, so more may wait",
            many(totals.files, "file", "files"),
            many(totals.dirs, "folder", "folders"),
            grouped(section.entries.len() as u64),
            grouped(section.folders.len() as u64),
        )),
        (None, _) if source.is_text && !section.absent => {
            warnings.push(format!("{name}: the listing ends without CUCM's count, so it may not be whole"));
        }
        _ => {}
    }
    if let Place::Processed | Place::Car = section.place() {
        warnings.push(format!("{name}: files there do not wait for a billing server and are not counted"));
    }
    if let Some(date) = section.folder.as_deref().and_then(folder::date_of) {
        let strays = section.entries.iter().filter_map(|entry| DeliveryFile::parse(&entry.name));
        let strays = strays.filter(|file| file.created_utc.date_naive() != date).count() as u64;
        if strays > 0 {
            let strays = many(strays, "file of another date is", "files of another date are");
            warnings.push(format!("{name}: {strays} there; the date in the name is taken"));
        }
    }
    warnings
}
