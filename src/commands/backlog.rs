//! `backlog`: what waits in CUCM's preserve folder, and when CUCM starts to delete it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::Utc;
use walkdir::{DirEntry, WalkDir};

use super::reports::{Inputs, Notices, Reports, given};
use super::{Context, paths};
use crate::backlog::listing::{self, Entry, Listing, Section};
use crate::backlog::{self, Question, Source};
use crate::bounds;
use crate::cli;
use crate::config::Config;
use crate::document::backlog::{Backlog, Input};
use crate::exit::Code;
use crate::model::delivery_file::DeliveryFile;
use crate::plain;
use crate::recognise::{self, Kind};
use crate::search::{self, Names, Unsearched};
use crate::trace::sources::Other;
use crate::words::{grouped, many};

const WHAT_TO_GIVE: &str = "give what CUCM prints for `file list activelog /cm/cdr_repository/preserve/<date>/ \
    detail`, or a folder of CDR and CMR files";

const ONE_DATE: &str = "give the listing or folder of one date at a time";

/// What could not be read: its path, and why.
pub type Unreadable = (String, anyhow::Error);

/// Answers the question of `backlog`.
///
/// # Errors
/// When no input or not the configuration could be read, or standard output does not take the answer.
pub fn run(arguments: &cli::Backlog, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let reports = Reports::open(&arguments.reports)?;
    let current = [PathBuf::from(".")];
    let paths = if arguments.listings.is_empty() { current.as_slice() } else { &arguments.listings };
    let (sources, mut unreadable) = read(paths);
    let fatal = if sources.is_empty() { unreadable.pop() } else { None };
    let warnings: Vec<String> = unreadable.iter().map(|(_, error)| format!("{error:#}")).collect();
    if let Some((_, error)) = fatal {
        for warning in &warnings {
            context.warn(warning);
        }
        return Err(error);
    }
    let document = document(&sources, &unreadable, question(&arguments.deadline, &config));
    if !answers(&document) {
        let paths: Vec<_> = sources.iter().map(|source| source.path.as_str()).collect();
        bail!("{}: names no CDR or CMR file and no preserve folder; {WHAT_TO_GIVE}", paths.join(", "));
    }
    let read = document.inputs.iter().map(|input| input.path.clone()).collect();
    let notices = Notices { warnings, ..Notices::default() };
    reports.answer(document, Inputs { read, given: given(paths), notices, alias: None }, context)
}

/// Whether anything is told: of what waits, that CUCM has no such folder, or of another folder that CUCM keeps.
fn answers(document: &Backlog) -> bool {
    let seen = document.tells_what_waits() || document.totals.files > 0;
    seen || document.hides_something() || document.another_folder().is_some() || document.first_leg.is_some()
}

/// What is asked about a backlog, by the flags or else the configuration.
pub fn question(deadline: &cli::Deadline, config: &Config) -> Question {
    let preserve_days = deadline.preserve_days.or(config.defaults.preserve_days);
    Question { preserve_days, now: deadline.now.unwrap_or_else(Utc::now) }
}

/// The document about what could be read and what could not.
pub fn document(sources: &[Source], unreadable: &[Unreadable], question: Question) -> Backlog {
    let mut document = backlog::answer(sources, question);
    document.inputs.extend(unreadable.iter().map(|(path, error)| Input {
        path: path.clone(),
        lines: None,
        skipped_lines: 0,
        error: Some(format!("{error:#}")),
    }));
    document
}

/// Reads listings, also those in mails and archives, and folders; what could not be read comes second, with its path.
pub fn read(given: &[PathBuf]) -> (Vec<Source>, Vec<Unreadable>) {
    let (mut sources, mut unreadable) = (Vec::new(), Vec::new());
    for path in given {
        match read_one(path, &mut unreadable) {
            Ok(source) => sources.push(source),
            Err(error) => match paths::inside(path, |kind| kind == Kind::Listing).as_mut_slice() {
                [] => unreadable.push((path.display().to_string(), error)),
                listings => read_found(listings, &mut sources, &mut unreadable),
            },
        }
    }
    (sources, unreadable)
}

/// Reads listings that were found among the paths.
pub fn read_found(listings: &mut [Other], sources: &mut Vec<Source>, unreadable: &mut Vec<Unreadable>) {
    for listing in listings {
        let label = listing.label().to_owned();
        let read = listing.read(bounds::LISTING).with_context(|| label.clone()).and_then(|bytes| text(&label, &bytes));
        match read {
            Ok(source) => sources.push(source),
            Err(error) => unreadable.push((label, error)),
        }
    }
}

fn read_one(path: &Path, unreadable: &mut Vec<Unreadable>) -> Result<Source> {
    let told = |error: io::Error| anyhow!("{}: {}; {WHAT_TO_GIVE}", path.display(), plain::words(&error));
    if path == Path::new("-") {
        return whole_text("-", &mut io::stdin().lock());
    }
    let metadata = fs::metadata(path).map_err(told)?;
    if metadata.is_dir() {
        return folder(path, unreadable);
    }
    if let Some(entry) = delivery_file(path, metadata.len()) {
        return Ok(pulled(path, vec![Section { entries: vec![entry], ..Section::default() }]));
    }
    whole_text(&path.display().to_string(), &mut File::open(path).map_err(told)?)
}

fn whole_text(path: &str, input: &mut dyn Read) -> Result<Source> {
    let mut bytes = Vec::new();
    bounds::LISTING.limit(input).read_to_end(&mut bytes).with_context(|| format!("{path}; {WHAT_TO_GIVE}"))?;
    text(path, &bytes)
}

fn text(path: &str, bytes: &[u8]) -> Result<Source> {
    let listing = listing::parse(bytes);
    if listing.is_cut {
        bail!("{path}: more than {} files and folders; {ONE_DATE}", grouped(bounds::LISTED as u64));
    }
    if !listing.is_listing() {
        bail!("{path}: {}", no_listing(bytes));
    }
    Ok(Source { path: path.to_owned(), listing, is_text: true, ..Source::default() })
}

/// What a file is instead, and which command reads it.
fn no_listing(bytes: &[u8]) -> String {
    let head = bytes.get(..recognise::HEAD).unwrap_or(bytes);
    match recognise::kind(head).filter(|kind| *kind != Kind::Listing) {
        Some(Kind::Records) => "CDR or CMR records under another name: give the file the name that CUCM gave it \
                                (cdr_CLUSTER_NODE_YYYYMMDDHHMM_SEQUENCE)"
            .to_owned(),
        Some(kind) => format!("{kind}: {}", kind.advice()),
        None => format!("no listing in it; {WHAT_TO_GIVE}"),
    }
}

/// What lies below a folder.
#[derive(Default)]
struct Below {
    /// CDR and CMR files by their folder.
    by_folder: BTreeMap<PathBuf, Vec<Entry>>,
    count: usize,
    left_out: Names,
    unsearched: Names,
}

impl Below {
    fn add(&mut self, root: &Path, found: Result<DirEntry, Unsearched>) {
        match found {
            Ok(found) if found.file_type().is_file() => match entry_of(&found) {
                Some(entry) => {
                    self.by_folder.entry(below(root, found.path())).or_default().push(entry);
                    self.count += 1;
                }
                None => self.left_out.add(|| found.path().display().to_string()),
            },
            Ok(_) => {}
            Err(error) => self.unsearched.add(|| error.to_string()),
        }
    }
}

/// The CDR and CMR files below a folder, a section for each folder that holds some.
fn folder(root: &Path, unreadable: &mut Vec<Unreadable>) -> Result<Source> {
    let mut all = Below::default();
    let mut misses = |why: String| unreadable.push((root.display().to_string(), anyhow!("{}: {why}", root.display())));
    for found in search::below(root, WalkDir::new(root)) {
        all.add(root, found);
        if all.count > bounds::LISTED {
            bail!("{}: more than {} CDR and CMR files; {ONE_DATE}", root.display(), grouped(bounds::LISTED as u64));
        }
        if all.left_out.count == bounds::BESIDE_LISTINGS {
            let others = grouped(bounds::BESIDE_LISTINGS);
            misses(format!("the search ended after {others} other files; give the folder of the CDR and CMR files"));
            break;
        }
    }
    let Below { by_folder, left_out, unsearched, .. } = all;
    if unsearched.count > 0 {
        misses(format!("{} could not be searched: {unsearched}", many(unsearched.count, "folder", "folders")));
    }
    if by_folder.is_empty() {
        let others = if left_out.count > 0 { format!(", but {left_out}") } else { String::new() };
        bail!("{}: no CDR or CMR files in this folder{others}; {WHAT_TO_GIVE}", root.display());
    }
    let section = |(folder, entries): (PathBuf, _)| {
        let folder = Some(folder.display().to_string()).filter(|folder| !folder.is_empty());
        Section { folder, entries, ..Section::default() }
    };
    Ok(Source { left_out, ..pulled(root, by_folder.into_iter().map(section).collect()) })
}

/// A file's folder, from the given one's own name on: what lies above it says nothing about CUCM.
fn below(root: &Path, file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(file);
    root.parent().and_then(|above| folder.strip_prefix(above).ok()).unwrap_or(folder).to_owned()
}

fn pulled(path: &Path, sections: Vec<Section>) -> Source {
    let listing = Listing { sections, ..Listing::default() };
    Source { path: path.display().to_string(), listing, is_text: false, ..Source::default() }
}

/// A CDR or CMR file; `None` for any other, and one that is gone meanwhile.
fn entry_of(found: &DirEntry) -> Option<Entry> {
    delivery_file(found.path(), 0)?;
    delivery_file(found.path(), found.metadata().ok()?.len())
}

fn delivery_file(path: &Path, size: u64) -> Option<Entry> {
    let name = path.file_name()?.to_str()?;
    DeliveryFile::parse(name)?;
    Some(Entry { name: name.to_owned(), size: Some(size), modified: None })
}
