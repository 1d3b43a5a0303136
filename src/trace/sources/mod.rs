//! Where traces come from: files, folders, archives, archives in archives, standard input. Nothing else in `trace`
//! opens a file.

mod alarm_text;
mod archive;
mod copied;
mod end;
mod extent;
mod format;
mod member;
mod open;
mod order;
mod other;
mod problem;
mod session;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fmt, fs};

use chrono::NaiveDateTime;
use walkdir::{DirEntry, WalkDir};

use crate::log4j::records;
use crate::model::kind::Kind;
use crate::search::{self, Unsearched};
use crate::trace::undated::{self, Undated};
use crate::unpacking::Allowance;
use crate::{bounds, text};
pub use alarm_text::AlarmText;
use archive::Budget;
use extent::Extent;
pub use format::Format;
pub use member::Members;
use open::Layers;
pub use open::Opened;
use order::{natural_order, sort_by_time};
pub use other::Other;
use other::Recogniser;
pub use problem::{Problem, Why, lines};
pub use session::NodeText;

/// How much of a file is looked at to tell what it is and when it begins.
const HEAD: usize = 64 * 1024;

/// A trace that can be read.
#[derive(Debug)]
pub struct Source {
    /// The path as given or found; inside an archive `archive.zip!/name`; `-` is standard input.
    pub label: String,
    /// The folder it stands in, which stands for the node: threads of different folders are different threads.
    pub folder: String,
    /// The first record's time, as far as it shows in the file's beginning.
    pub first: Option<NaiveDateTime>,
    /// Bytes on disk, packed ones where it is packed; 0 for standard input.
    pub size: u64,
    place: Place,
    layers: Layers,
    /// What the file that it stands in may unpack to.
    allowance: Allowance,
}

#[derive(Debug)]
enum Place {
    /// A whole file.
    File(PathBuf),
    /// A part of a file, or what was unpacked.
    Extent(Extent),
    ZipEntry {
        archive: Extent,
        index: usize,
    },
    /// What can be read only once: standard input, or a pipe.
    Stream(Mutex<Stream>),
}

/// What was read of a stream to tell what it is, and the rest.
struct Stream {
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} bytes read)", self.head.len())
    }
}

/// What a search for traces came to.
#[derive(Debug, Default)]
pub struct Found {
    /// The traces, in the order of their records' time.
    pub sources: Vec<Source>,
    /// Inputs that could not be taken.
    pub problems: Vec<Problem>,
    /// What other commands read, among it.
    pub others: Vec<Other>,
    recognise: Recogniser,
    /// Files of folders and archives that were looked into for what other commands read.
    looked_into: usize,
    /// What folders hold beside traces.
    pub left_out: Vec<String>,
    /// How many of these belong to the paths before.
    left_out_before: usize,
    /// What was made of traces that are no copies of the file, a line each.
    pub remarks: Vec<String>,
    /// Texts without records that tell of alarms.
    pub texts: Vec<AlarmText>,
    /// Texts without records that tell of errors all the same.
    pub pasted: Vec<PastedText>,
    /// Texts of CUCM's command line that tell of the node.
    pub nodes: Vec<NodeText>,
    /// The folders that `collect` wrote, each with its separator.
    collected: Vec<String>,
    budget: Budget,
}

/// A text that lacks the records around its errors.
#[derive(Debug)]
pub struct PastedText {
    /// The path, as of a [`Source`].
    pub label: String,
    /// Its size.
    pub bytes: u64,
    /// Its lines.
    pub lines: u64,
    /// What it tells.
    pub told: Undated,
}

/// Finds the traces that these paths mean. A folder is searched through, and what does not look like a
/// `cdrrepmgr` trace by content and name is left out; a file that was named is taken at its word. What `recognise` tells
/// of a beginning decides which files are another command's.
pub fn find(paths: &[PathBuf], recognise: fn(&[u8]) -> Option<Kind>) -> Found {
    let mut found = Found { recognise: Recogniser(recognise), ..Found::default() };
    for path in paths {
        found.left_out_before = found.left_out.len();
        if path.as_os_str() == "-" {
            found.add_stream("-".to_owned(), Box::new(io::stdin()));
        } else if path.is_dir() {
            found.add_folder(path);
        } else {
            found.add_file(path, Asked::ByName);
        }
    }
    let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    found.without_repetitions(&named);
    sort_by_time(&mut found.sources);
    found
}

/// Whether somebody named a file, or it was found in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByName,
    InFolder,
}

impl Found {
    fn add_stream(&mut self, label: String, stream: Box<dyn Read + Send>) {
        let (rest, allowance) = Allowance::counting(stream);
        let mut rest: Box<dyn Read + Send> = Box::new(rest);
        let mut head = Vec::new();
        if let Err(error) = (&mut rest).take(HEAD as u64).read_to_end(&mut head) {
            return self.problem(label, Why::Io(error));
        }
        let place = Place::Stream(Mutex::new(Stream { head: head.clone(), rest }));
        let layers = Layers::default();
        let source = Source { folder: label.clone(), label, first: None, size: 0, place, layers, allowance };
        self.take(source, &head, Asked::ByName);
    }

    fn add_folder(&mut self, folder: &Path) {
        let before = self.so_far();
        let by_name = |a: &DirEntry, b: &DirEntry| {
            natural_order(a.file_name().as_encoded_bytes(), b.file_name().as_encoded_bytes())
        };
        for entry in search::below(folder, WalkDir::new(folder).sort_by(by_name)) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.add_file(entry.path(), Asked::InFolder),
                Ok(entry) if entry.depth() > 0 && entry.path_is_symlink() => self.leave_link(&entry),
                Ok(_) => {}
                Err(Unsearched { path, why }) => self.problem(path, Why::Search(why)),
            }
            if self.is_exhausted() {
                break;
            }
        }
        if self.is_exhausted() {
            self.problem(folder.display().to_string(), Why::Exhausted);
        } else if before == self.so_far() {
            self.problem(folder.display().to_string(), Why::EmptyFolder);
        }
    }

    /// A link in a folder may lead anywhere, so none is followed; one that is called like a trace may stand for one.
    fn leave_link(&mut self, link: &DirEntry) {
        let label = link.path().display().to_string();
        if is_a_traces_name(&link.file_name().to_string_lossy()) {
            self.problem(label, Why::Link);
        } else {
            self.left_out.push(label);
        }
    }

    /// Whether the path that is searched holds so much else that it is not worth while to go on.
    fn is_exhausted(&self) -> bool {
        self.left_out.len() - self.left_out_before >= bounds::BESIDE_TRACES
    }

    fn add_file(&mut self, path: &Path, asked: Asked) {
        if let Err(error) = self.try_add_file(path, asked) {
            let quoted = error.kind() == io::ErrorKind::InvalidFilename;
            let quoted = quoted && path.as_os_str().as_encoded_bytes().contains(&b'"');
            self.problem(path.display().to_string(), if quoted { Why::QuotedBackslash } else { Why::Io(error) });
        }
    }

    fn try_add_file(&mut self, path: &Path, asked: Asked) -> io::Result<()> {
        let file = fs::File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            self.add_stream(path.display().to_string(), Box::new(file));
            return Ok(());
        }
        let head = head_of(file);
        let source = Source {
            label: path.display().to_string(),
            folder: path.parent().map(|parent| parent.display().to_string()).unwrap_or_default(),
            first: None,
            size: metadata.len(),
            place: Place::File(path.to_owned()),
            layers: Layers::default(),
            allowance: Allowance::of(metadata.len()),
        };
        self.take(source, &head, asked);
        Ok(())
    }

    /// Takes a source, or says why not.
    fn judge(&mut self, source: Source, head: &[u8], asked: Asked) {
        let Some(source) = self.take_collection(source, head) else { return };
        let Some(source) = self.take_session(source, head, asked) else { return };
        let Some(mut source) = self.take_other(source, head, asked) else { return };
        source.first = first_time(head);
        if source.first.is_none()
            && let Some((text, cut)) = source.alarms(head, asked)
        {
            self.texts.push(text);
            return cut.into_iter().for_each(|why| self.problem(source.label.clone(), why));
        }
        let name = base_name(&source.label);
        // One that the log has only just turned to is still empty, and lacks nothing.
        let is_meant = asked == Asked::ByName || (is_a_traces_name(name) && source.size > 0);
        let is_found = source.first.is_some() && speaks_of_deliveries(name, head);
        if !(is_meant || is_found) {
            self.left_out.push(source.label);
        } else if source.first.is_none() && looks_binary(head) {
            self.problem(source.label, Why::Binary);
        } else if source.first.is_none()
            && !self.goes_on(&source)
            && let Some(pasted) = pasted(&source.label, head)
        {
            self.pasted.push(pasted);
        } else {
            if source.ends_in_bytes() {
                self.problem(source.label.clone(), Why::BinaryEnd);
            }
            self.sources.push(source);
        }
    }

    /// Whether a file without a record goes on with the trace before it, which was cut inside one.
    fn goes_on(&self, source: &Source) -> bool {
        let before = self.sources.last().filter(|before| before.folder == source.folder);
        before.is_some() && is_a_traces_name(base_name(&source.label))
    }

    fn problem(&mut self, path: String, why: Why) {
        self.problems.push(Problem { path, why });
    }

    /// Whether there is anything to tell of, if only of what could not be taken.
    pub fn has_something(&self) -> bool {
        self.so_far() != (0, 0, 0)
    }

    /// Whether it stands in a folder that `collect` wrote.
    pub fn is_collected(&self, label: &str) -> bool {
        self.collected.iter().any(|folder| label.starts_with(folder.as_str()))
    }

    /// Grows with everything that is worth telling.
    fn so_far(&self) -> (usize, usize, usize) {
        let texts = self.texts.len() + self.nodes.len() + self.pasted.len() + self.others.len();
        (self.sources.len(), self.problems.len(), texts)
    }
}

/// What can be read of the beginning; an error further on shows when the whole is read.
fn head_of(reader: impl Read) -> Vec<u8> {
    let mut head = Vec::new();
    let mut reader = reader.take(HEAD as u64);
    let mut chunk = vec![0; 8192];
    while let Ok(count @ 1..) = reader.read(&mut chunk) {
        head.extend_from_slice(&chunk[..count]);
    }
    head
}

/// What was pasted of a trace is short: a file that goes on behind its head is none.
fn pasted(label: &str, head: &[u8]) -> Option<PastedText> {
    if head.len() >= HEAD {
        return None;
    }
    let text = text::decode(head);
    let told = undated::read(label, &text)?;
    Some(PastedText { label: label.to_owned(), bytes: head.len() as u64, lines: text.lines().count() as u64, told })
}

fn first_time(head: &[u8]) -> Option<NaiveDateTime> {
    head.split(|byte| *byte == b'\n').find_map(records::line_time)
}

/// The file's own name in a label.
fn base_name(label: &str) -> &str {
    label.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// How the CDR Repository Manager calls its traces. A name that begins with a dot is a companion of another program's:
/// `._cdrrepmgr00001.log` in archives of macOS, an editor's swap file.
fn is_a_traces_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("cdrrepmgr") && name.contains(".log") && !name.starts_with('.')
}

/// Whether a log is the CDR Repository Manager's by its name or by whose records it holds.
fn speaks_of_deliveries(name: &str, head: &[u8]) -> bool {
    let speaks = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    name.to_ascii_lowercase().contains("cdrrepmgr") || speaks(b"] cdrrep.") || speaks(b"] sftpapi.")
}

/// Control bytes, other than those of text and the NULs that a crash leaves, are no trace's.
fn looks_binary(head: &[u8]) -> bool {
    let odd = head.iter().filter(|byte| matches!(byte, 1..=8 | 14..=26 | 28..=31)).count();
    odd * 50 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn source(label: &str, first: Option<&str>) -> Source {
        let first = first.map(|time| records::parse_time(time.as_bytes()).unwrap());
        Source {
            label: label.into(),
            folder: String::new(),
            first,
            size: 0,
            place: Place::File(PathBuf::new()),
            layers: Layers::default(),
            allowance: Allowance::default(),
        }
    }

    /// What becomes of a file in a folder: `trace`, `problem` or `left out`.
    fn found_in_folder(name: &str, bytes: &[u8]) -> &'static str {
        let mut found = Found::default();
        let source = Source { size: bytes.len() as u64, ..source(name, None) };
        found.judge(source, bytes, Asked::InFolder);
        match (found.sources.len(), found.problems.len(), found.left_out.len()) {
            (1, 0, 0) => "trace",
            (0, 1, 0) => "problem",
            (0, 0, 1) => "left out",
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_search_ends_where_a_folder_holds_too_much_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut found = Found::default();
        let others = (0..bounds::BESIDE_TRACES - 1).map(|number| number.to_string());
        found.left_out.extend(others);
        for number in 0..9 {
            fs::write(folder.path().join(number.to_string()), "text").unwrap();
        }
        found.add_folder(folder.path());
        assert_eq!(found.left_out.len(), bounds::BESIDE_TRACES);
        let [Problem { why: Why::Exhausted, .. }] = found.problems.as_slice() else { panic!("{:?}", found.problems) };
    }

    #[test]
    fn a_trace_is_known_by_content_and_name() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\x01\x02\x03";
        let record = b"2019-07-25 13:12:11,889 INFO  [main] cdrrep.CDRRepClass (C.java:1) - x";
        let of_others = b"2019-07-25 13:12:11,889 INFO  [main] a.B (C.java:1) - x";
        for (name, bytes, becomes) in [
            ("x/whatever.txt", record.as_slice(), "trace"),
            ("cdrrepmgr00001.log", of_others, "trace"),
            ("cdragent00001.log", of_others, "left out"),
            ("cdrrepmgr.bin", b"\0\0\x01", "left out"),
            ("cdrrepmgr00002.log", b" of a record that began before", "trace"),
            ("cdrrepmgr00002.log", PNG, "problem"),
            ("a.zip!/__MACOSX/._cdrrepmgr00002.log", PNG, "left out"),
            ("cdrrepmgr00002.log", b"", "left out"),
        ] {
            assert_eq!(found_in_folder(name, bytes), becomes, "{name}");
        }
    }
}
