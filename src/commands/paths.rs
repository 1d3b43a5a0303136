//! What the paths on a command line lead to: people give listings, saved answers and logs where traces are asked for.

use std::path::{Path, PathBuf};

use crate::bounds;
use crate::cli;
use crate::document::collect;
use crate::model::delivery_file::DeliveryFile;
use crate::recognise::{self, Kind};
use crate::saved::{self, Form};
use crate::trace::sources::{self, Found, Other, Problem, Why};

/// Everything that these paths lead to.
pub fn find(paths: &[PathBuf]) -> Found {
    sources::find(paths, recognise::kind)
}

/// That the command does not read what this is, and which one does.
pub fn misplaced(other: &Other) -> Problem {
    elsewhere(other.label(), other.kind)
}

fn elsewhere(path: &str, kind: Kind) -> Problem {
    Problem { path: path.to_owned(), why: Why::Misplaced(format!("this is {kind}: {}", kind.advice())) }
}

/// What a mail or an archive holds of this kind.
pub fn inside(path: &Path, is_wanted: impl Fn(Kind) -> bool) -> Vec<Other> {
    if !path.is_file() {
        return Vec::new();
    }
    let is_inside = |other: &Other| Path::new(other.label()) != path && is_wanted(other.kind);
    find(&[path.to_owned()]).others.into_iter().filter(is_inside).collect()
}

/// That a file holds what commands other than the one it was given to read, or what none reads.
pub fn misplaced_file(path: &Path) -> Option<Problem> {
    let mut found = find(&[path.to_owned()]);
    if let Some(at) = found.problems.iter().position(|problem| matches!(problem.why, Why::NotRead(_))) {
        return Some(found.problems.swap_remove(at));
    }
    let of = |labels: Option<&String>, kind| labels.map(|label| elsewhere(label, kind));
    let trace = found.sources.iter().find(|source| source.first.is_some()).map(|source| &source.label);
    found
        .others
        .first()
        .map(misplaced)
        .or_else(|| of(found.nodes.first().map(|node| &node.label), Kind::Session))
        .or_else(|| of(trace, Kind::Trace))
        .or_else(|| of(found.texts.first().map(|text| &text.label), Kind::Alarms))
}

/// What was given to `diagnose`, each thing where its content belongs.
#[derive(Debug)]
pub struct Arranged {
    /// The arguments as they are meant: of the paths those at `--preserve` are left that are no text of CUCM's, or of
    /// no known kind.
    pub args: cli::Diagnose,
    /// Traces, and what else `parse-log` reads; `None` where nothing of it was given.
    pub traces: Option<Found>,
    /// Listings.
    pub listings: Vec<Other>,
    /// Saved answers in the place of the primary and of the secondary server.
    pub saved: [Option<Other>; 2],
    /// What was taken for something that the content alone does not tell.
    pub assumed: Vec<String>,
    /// What could not be placed.
    pub misplaced: Vec<Problem>,
}

/// Finds out what the paths hold: listings among them go where those at `--preserve` go, traces at `--preserve` to the
/// paths, and saved answers stand for the two servers where neither is named.
pub fn arranged(args: &cli::Diagnose) -> Arranged {
    let mut args = args.clone();
    let wants_listings = args.preserve.is_empty();
    let (texts, preserve) = std::mem::take(&mut args.preserve).into_iter().partition(|path| is_text_of_cucm(path));
    args.preserve = preserve;
    let paths = [args.paths.as_slice(), &texts].concat();
    let mut found = find(&paths);
    let mut all = Arranged {
        args,
        traces: None,
        listings: Vec::new(),
        saved: [None, None],
        assumed: Vec::new(),
        misplaced: Vec::new(),
    };
    let (mut answers, mut rest) = (Vec::new(), Vec::new());
    for other in std::mem::take(&mut found.others) {
        let is_certain = other.is_named() || found.is_collected(other.label());
        match other.kind {
            Kind::Listing if !is_certain && wants_listings => {
                all.assumed.push(format!("{} is taken as --preserve", other.label()));
                all.listings.push(other);
            }
            Kind::Listing | Kind::Session if is_certain || wants_listings => all.listings.push(other),
            Kind::Records if other.is_named() => all.args.preserve.push(other.label().into()),
            Kind::SavedAnswer(_) => answers.push(other),
            _ if other.is_named() => all.misplaced.push(misplaced(&other)),
            _ => rest.push(other),
        }
    }
    rest.extend(all.place(answers));
    if all.is_empty() && !found.has_something() {
        all.misplaced.extend(rest.iter().map(misplaced));
    } else {
        found.left_out.extend(rest.iter().map(|other| other.label().to_owned()));
    }
    all.traces = Some(found).filter(Found::has_something);
    all
}

/// Whether a path at `--preserve` leads to a text, a mail or an archive of which it is known what it holds; a folder of
/// CDR and CMR files, standard input and any other text are read as what they were given for.
fn is_text_of_cucm(path: &Path) -> bool {
    if path.join(collect::FILE_NAME).is_file() {
        return true;
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let is_records = name.is_some_and(|name| DeliveryFile::parse(name).is_some());
    path.is_file() && !is_records && {
        let found = find(&[path.to_owned()]);
        let has_trace = found.sources.iter().any(|source| source.first.is_some());
        has_trace || !found.others.is_empty() || !found.nodes.is_empty() || !found.texts.is_empty()
    }
}

impl Arranged {
    fn is_empty(&self) -> bool {
        self.listings.is_empty() && self.saved.iter().all(Option::is_none) && self.args.preserve.is_empty()
    }

    /// Saved answers as the two servers, in the order given; gives back those in a folder that stand for none. Where one
    /// of the servers is named, nobody knows what others are for, and of more than two in a folder which are meant.
    fn place(&mut self, answers: Vec<Other>) -> Vec<Other> {
        let are_free = self.args.primary.is_none() && self.args.secondary.is_none();
        let (mut answers, mut found): (Vec<_>, Vec<_>) = answers.into_iter().partition(Other::is_named);
        if answers.is_empty() && are_free {
            let are_scans: Vec<bool> = found.iter_mut().map(is_scan).collect();
            if are_scans.iter().filter(|is_scan| **is_scan).count() <= 2 {
                let mut are_scans = are_scans.into_iter();
                (answers, found) = found.into_iter().partition(|_| are_scans.next().unwrap_or_default());
            }
        }
        let mut roles = ["--primary", "--secondary"].into_iter().zip(&mut self.saved);
        for answer in answers {
            match roles.next().filter(|_| are_free) {
                Some((flag, role)) => {
                    let label = answer.label();
                    self.assumed.push(format!("{label} is taken as {flag}; name both servers to be sure"));
                    *role = Some(answer);
                }
                None => self.misplaced.push(misplaced(&answer)),
            }
        }
        found
    }
}

/// Whether what lies beside traces tells of a server: a log or a capture may be of any connection, and cdrdiag's own
/// answers about traces tell of none.
fn is_scan(answer: &mut Other) -> bool {
    !matches!(answer.kind, Kind::SavedAnswer(Form::JschLog | Form::OpensshLog | Form::Capture))
        && answer.read(bounds::SAVED).is_ok_and(|bytes| saved::parse(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    const RECORD: &str = "2024-05-06 07:00:00,001 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:1) - x\n";
    const LISTING: &str = "cdr_West_02_202405060700_11\ncmr_West_02_202405060700_12\n";
    const ANSWER: &str = "{\"schema\": \"cdrdiag/probe/v1\", \"targets\": [{\"target\": \"x\", \"offer\": {}}]}";
    const LOG: &str = "sshd[41]: Accepted password for cdr from 192.0.2.1 port 9\n";

    /// The arguments of `diagnose` in a folder of these files, and how labels are shortened to their names.
    fn arrange(arguments: &[&str]) -> (Arranged, impl Fn(&str) -> String) {
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
        let name = |label: &str| Path::new(label).file_name().unwrap().to_string_lossy().into_owned();
        (arranged(&args), name)
    }

    #[test]
    fn each_thing_goes_where_its_content_belongs() {
        let (found, name) = arrange(&["listing", "--preserve", "a trace", "note", "--preserve", "listing", "log"]);
        let traces = found.traces.unwrap();
        assert_eq!(traces.sources.iter().map(|source| name(&source.label)).collect::<Vec<_>>(), ["note", "a trace"]);
        assert_eq!(found.listings.iter().map(|listing| name(listing.label())).collect::<Vec<_>>(), ["listing"; 2]);
        let [log] = found.misplaced.as_slice() else { panic!("{:?}", found.misplaced) };
        assert!(log.to_string().contains("profile learn"), "{log}");
        assert!(found.assumed.is_empty());
    }

    #[test]
    fn saved_answers_are_the_two_servers_where_none_is_named() {
        let (found, name) = arrange(&["a trace", "answer", "other", "answer"]);
        let servers = found.saved.map(|server| name(server.unwrap().label()));
        assert_eq!(servers, ["answer", "other"]);
        assert_eq!((found.assumed.len(), found.misplaced.len()), (2, 1));
        let (found, _) = arrange(&["answer", "--secondary", "other"]);
        assert!(found.saved[0].is_none());
        assert!(found.misplaced[0].to_string().contains("--primary or --secondary"), "{:?}", found.misplaced);
    }
}
