//! What the paths on a command line lead to: people give listings, saved answers and logs where traces are asked for.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use walkdir::{DirEntry, WalkDir};

use crate::bounds;
use crate::cli;
use crate::cucm::session;
use crate::document::collect;
use crate::recognise::{self, Kind};
use crate::saved::Form;
use crate::saved::file::SavedRef;
use crate::trace::sources::{Problem, Why};

/// A path, and what its file holds as far as that is known.
#[derive(Debug)]
pub struct Given {
    pub path: PathBuf,
    /// `None` for a folder, standard input, a pipe, and what can't be read or is not known: it is taken at its word.
    pub kind: Option<Kind>,
}

impl Given {
    /// Looks into each file.
    pub fn all(paths: &[PathBuf]) -> impl Iterator<Item = Self> {
        paths.iter().map(|path| Self { path: path.clone(), kind: kind(path) })
    }

    /// That the command does not read what this is, and which one does.
    pub fn misplaced(&self) -> Option<Problem> {
        let kind = self.kind?;
        Some(Problem {
            path: self.path.display().to_string(),
            why: Why::Misplaced(format!("this is {kind}: {}", kind.advice())),
        })
    }
}

/// That a file holds what commands other than the one it was given to read.
pub fn misplaced(path: &Path) -> Option<Problem> {
    Given { path: path.to_owned(), kind: kind(path) }.misplaced()
}

/// What a file holds; one that is packed with gzip too. `FILE#SERVER` is a saved answer's file.
fn kind(path: &Path) -> Option<Kind> {
    let file = if path.is_file() { path.to_owned() } else { SavedRef::find(path.to_str()?)?.path };
    let head = head(File::open(file).ok()?);
    let is_packed = head.starts_with(b"\x1f\x8b");
    let unpacked = if is_packed { self::head(MultiGzDecoder::new(head.as_slice())) } else { head };
    recognise::kind(&unpacked)
}

/// As much of the beginning as can be read.
fn head(reader: impl Read) -> Vec<u8> {
    let mut head = Vec::new();
    // What came before an error is kept.
    let _ = reader.take(recognise::HEAD as u64).read_to_end(&mut head);
    head
}

/// For a command that reads traces: them, and what to say of the rest.
pub fn traces(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    let is_trace = |given: &Given| !given.kind.is_some_and(is_elsewhere);
    let (traces, others): (Vec<_>, Vec<_>) = Given::all(paths).partition(is_trace);
    (traces.into_iter().map(|given| given.path).collect(), others.iter().filter_map(Given::misplaced).collect())
}

/// Whether another command reads such things.
fn is_elsewhere(kind: Kind) -> bool {
    matches!(kind, Kind::Listing | Kind::Records | Kind::SavedAnswer(_) | Kind::ServerLog)
}

/// What was given to `diagnose`, each thing where its content belongs.
#[derive(Debug)]
pub struct Arranged {
    /// The arguments as they are meant.
    pub args: cli::Diagnose,
    /// What was taken for something that the content alone does not tell.
    pub assumed: Vec<String>,
    /// What could not be placed.
    pub misplaced: Vec<Problem>,
}

/// Moves listings among the paths to `--preserve`, traces at `--preserve` to the paths, and saved answers to
/// `--primary` and `--secondary` where neither is given.
pub fn arranged(args: &cli::Diagnose) -> Arranged {
    let mut args = args.clone();
    let (paths, preserve) = (std::mem::take(&mut args.paths), std::mem::take(&mut args.preserve));
    let mut answers = Vec::new();
    let mut misplaced = Vec::new();
    let wants_listings = preserve.is_empty();
    let beside: Vec<Given> =
        paths.iter().filter(|path| path.is_dir()).flat_map(|folder| beside_traces(folder)).collect();
    let at_path = Given::all(&paths).map(|given| (given, true));
    for (given, is_path) in at_path.chain(Given::all(&preserve).map(|given| (given, false))) {
        match given.kind {
            Some(Kind::SavedAnswer(_)) => answers.push(given),
            Some(Kind::ServerLog) => misplaced.extend(given.misplaced()),
            Some(Kind::Trace | Kind::Alarms) => args.paths.push(given.path),
            Some(Kind::Session | Kind::Collection) => {
                args.preserve.extend(listings(&given.path, given.kind));
                args.paths.push(given.path);
            }
            None if given.path.join(collect::FILE_NAME).is_file() => {
                args.preserve.extend(collected_listings(&given.path));
                args.paths.push(given.path);
            }
            None if is_path => args.paths.push(given.path),
            Some(Kind::Listing | Kind::Records) | None => args.preserve.push(given.path),
        }
    }
    let (listings, saved): (Vec<_>, Vec<_>) = beside.into_iter().partition(|given| given.kind == Some(Kind::Listing));
    let mut assumed = Vec::new();
    for listing in listings.into_iter().filter(|_| wants_listings) {
        assumed.push(format!("{} is taken as --preserve", listing.path.display()));
        args.preserve.push(listing.path);
    }
    let are_free = args.primary.is_none() && args.secondary.is_none();
    // Of more than two nobody knows which are meant.
    if are_free && answers.is_empty() && saved.len() <= 2 {
        answers = saved;
    }
    assumed.extend(place(answers, &mut args, &mut misplaced));
    Arranged { args, assumed, misplaced }
}

/// The listings and the servers' saved answers in a folder of traces: people put together what belongs together. What
/// `collect` wrote is found by its own file.
fn beside_traces(folder: &Path) -> Vec<Given> {
    if folder.join(collect::FILE_NAME).is_file() {
        return Vec::new();
    }
    let is_plain = |entry: &DirEntry| {
        let ending = entry.path().extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let is_page = matches!(ending.as_deref(), Some("md" | "html"));
        let is_trace = entry.file_name().to_string_lossy().to_ascii_lowercase().contains("cdrrepmgr");
        entry.file_type().is_file() && !is_trace && !is_page
    };
    let entries = WalkDir::new(folder).max_depth(2).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = entries.filter(is_plain).take(bounds::BELONGING).map(DirEntry::into_path);
    let is_it = |given: &Given| {
        let is_scan = |form| !matches!(form, Form::JschLog | Form::OpensshLog | Form::Capture);
        matches!(given.kind, Some(Kind::Listing))
            || matches!(given.kind, Some(Kind::SavedAnswer(form)) if is_scan(form))
    };
    Given::all(&files.collect::<Vec<_>>()).filter(is_it).collect()
}

/// The listings that stand in a session's log, or beside what `collect` wrote about one.
fn listings(path: &Path, kind: Option<Kind>) -> Vec<PathBuf> {
    if kind == Some(Kind::Collection) {
        return path.parent().map(collected_listings).unwrap_or_default();
    }
    let holds_some = bounds::SESSION.read(path).is_ok_and(|text| session::read("", &text).has_listings);
    if holds_some { vec![path.to_owned()] } else { Vec::new() }
}

/// The listings in a folder that `collect` wrote.
pub fn collected_listings(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("listings")).into_iter().flatten();
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}

/// Saved answers as the two servers, in the order given. Where one of them is named, nobody knows what others are for.
fn place(answers: Vec<Given>, args: &mut cli::Diagnose, misplaced: &mut Vec<Problem>) -> Vec<String> {
    let are_free = args.primary.is_none() && args.secondary.is_none();
    let mut roles = [("--primary", &mut args.primary), ("--secondary", &mut args.secondary)].into_iter();
    let mut assumed = Vec::new();
    for answer in answers {
        match roles.next().filter(|_| are_free) {
            Some((flag, role)) => {
                let path = answer.path.display().to_string();
                assumed.push(format!("{path} is taken as {flag}; name both servers to be sure"));
                *role = Some(path);
            }
            None => misplaced.extend(answer.misplaced()),
        }
    }
    assumed
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    const RECORD: &str = "2024-05-06 07:00:00,001 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:1) - x\n";
    const LISTING: &str = "cdr_West_02_202405060700_11\ncmr_West_02_202405060700_12\n";
    const ANSWER: &str = "{\"schema\": \"cdrdiag/probe/v1\"}";
    const LOG: &str = "sshd[41]: Accepted password for cdr from 192.0.2.1 port 9\n";

    /// The arguments of `diagnose`, the files of the folder by their names.
    fn arrange(arguments: &[&str]) -> (Arranged, impl Fn(&[PathBuf]) -> Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a trace", RECORD),
            ("listing", LISTING),
            ("answer", ANSWER),
            ("other", ANSWER),
            ("log", LOG),
            ("note", "?"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let in_folder = |argument: &&str| {
            if argument.starts_with('-') { PathBuf::from(argument) } else { folder.path().join(argument) }
        };
        let line = ["cdrdiag", "diagnose"].map(PathBuf::from).into_iter().chain(arguments.iter().map(in_folder));
        let cli::Command::Diagnose(args) = cli::Cli::parse_from(line).command else { panic!("no diagnose") };
        let names = |paths: &[PathBuf]| {
            paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        (arranged(&args), names)
    }

    #[test]
    fn each_thing_goes_where_its_content_belongs() {
        let (found, names) = arrange(&["listing", "--preserve", "a trace", "note", "--preserve", "listing", "log"]);
        assert_eq!(names(&found.args.paths), ["note", "a trace"]);
        assert_eq!(names(&found.args.preserve), ["listing", "listing"]);
        let [log] = found.misplaced.as_slice() else { panic!("{:?}", found.misplaced) };
        assert!(log.to_string().contains("profile learn"), "{log}");
        assert!(found.assumed.is_empty());
    }

    #[test]
    fn saved_answers_are_the_two_servers_where_none_is_named() {
        let (found, names) = arrange(&["a trace", "answer", "other", "answer"]);
        let servers = [found.args.primary, found.args.secondary].map(|server| PathBuf::from(server.unwrap()));
        assert_eq!(names(&servers), ["answer", "other"]);
        assert_eq!((found.assumed.len(), found.misplaced.len()), (2, 1));
        let (found, _) = arrange(&["answer", "--secondary", "other"]);
        assert_eq!(found.args.primary, None);
        assert!(found.misplaced[0].to_string().contains("--primary or --secondary"), "{:?}", found.misplaced);
    }
}
