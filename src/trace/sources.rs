//! Where traces come from: files, folders, `.gz`, `.zip`, standard input. Nothing else in `trace` opens a file.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDateTime;
use flate2::read::MultiGzDecoder;
use walkdir::WalkDir;
use zip::ZipArchive;
use zip::result::ZipError;

use super::records::{self, Line};
use crate::plain;

/// How much of a file is looked at to tell what it is and when it begins.
const HEAD: usize = 64 * 1024;

/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP: &[u8] = b"\x1f\x8b";

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
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Gzip(PathBuf),
    ZipEntry {
        archive: PathBuf,
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
    /// Inputs that could not be taken, one line each that names the path and what to do.
    pub problems: Vec<String>,
    /// What folders hold beside traces.
    pub left_out: Vec<String>,
}

/// Finds the traces that these paths mean. A folder is searched through, and what does not look like a
/// `cdrrepmgr` trace by content and name is left out; a file that was named is taken at its word.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.add_stream("-".to_owned(), Box::new(io::stdin()));
        } else if path.is_dir() {
            found.add_folder(path);
        } else {
            found.add_file(path, Asked::ByName);
        }
    }
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
    fn add_stream(&mut self, label: String, mut rest: Box<dyn Read + Send>) {
        let mut head = Vec::new();
        if let Err(error) = (&mut rest).take(HEAD as u64).read_to_end(&mut head) {
            return self.problems.push(format!("{label}: can't be read: {error}"));
        }
        let unpacked =
            if head.starts_with(GZIP) { head_of(MultiGzDecoder::new(head.as_slice())) } else { head.clone() };
        let place = Place::Stream(Mutex::new(Stream { head, rest }));
        self.judge(Source { folder: label.clone(), label, first: None, size: 0, place }, &unpacked, Asked::ByName);
    }

    fn add_folder(&mut self, folder: &Path) {
        let before = (self.sources.len(), self.problems.len());
        for entry in WalkDir::new(folder)
            .sort_by(|a, b| natural_order(a.file_name().as_encoded_bytes(), b.file_name().as_encoded_bytes()))
        {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.add_file(entry.path(), Asked::InFolder),
                Ok(_) => {}
                Err(error) => self.problems.push(format!("{error}: left out")),
            }
        }
        if before == (self.sources.len(), self.problems.len()) {
            self.problems.push(format!(
                "{}: no cdrrepmgr trace in this folder: give the folder that holds cdrrepmgrNNNNN.log (on CUCM: activelog /cm/trace/cdrrep/log4j/)",
                folder.display()
            ));
        }
    }

    fn add_file(&mut self, path: &Path, asked: Asked) {
        if let Err(error) = self.try_add_file(path, asked) {
            let hint = match error.kind() {
                // Windows' way to take "C:\my traces\" apart. No name holds a quote there.
                io::ErrorKind::InvalidFilename if path.as_os_str().as_encoded_bytes().contains(&b'"') => Cow::Borrowed(
                    "no such name: a backslash before the closing quote makes the quote part of the name, so leave it out",
                ),
                _ => plain::words(&error),
            };
            self.problems.push(format!("{}: {hint}", path.display()));
        }
    }

    fn try_add_file(&mut self, path: &Path, asked: Asked) -> io::Result<()> {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            self.add_stream(path.display().to_string(), Box::new(file));
            return Ok(());
        }
        let mut magic = Vec::with_capacity(4);
        (&mut file).take(4).read_to_end(&mut magic)?;
        if magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") {
            self.add_zip(path, file, asked);
            return Ok(());
        }
        file.seek(SeekFrom::Start(0))?;
        let size = file.metadata()?.len();
        let (head, place) = if magic.starts_with(GZIP) {
            (head_of(MultiGzDecoder::new(file)), Place::Gzip(path.to_owned()))
        } else {
            (head_of(file), Place::File(path.to_owned()))
        };
        let source = Source {
            label: path.display().to_string(),
            folder: path.parent().map(|parent| parent.display().to_string()).unwrap_or_default(),
            first: None,
            size,
            place,
        };
        self.judge(source, &head, asked);
        Ok(())
    }

    fn add_zip(&mut self, path: &Path, file: File, asked: Asked) {
        let name = path.display();
        let mut archive = match ZipArchive::new(file) {
            Ok(archive) => archive,
            Err(error) => {
                return self.problems.push(format!("{name}: not a whole zip archive ({error}): copy it again"));
            }
        };
        let mut order: Vec<usize> = (0..archive.len()).collect();
        order.sort_by(|a, b| {
            let name = |index: &usize| archive.name_for_index(*index).unwrap_or_default().as_bytes();
            natural_order(name(a), name(b))
        });
        let before = (self.sources.len(), self.problems.len());
        for index in order {
            match zip_entry_head(&mut archive, index) {
                Ok(None) => {}
                Ok(Some((entry, size, head))) => {
                    let label = format!("{name}!/{entry}");
                    let folder = label.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
                    let place = Place::ZipEntry { archive: path.to_owned(), index };
                    self.judge(Source { label, folder, first: None, size, place }, &head, Asked::InFolder);
                }
                Err(error) => self.problems.push(format!("{name}: {}", zip_hint(&error))),
            }
        }
        if before == (self.sources.len(), self.problems.len()) && asked == Asked::ByName {
            self.problems.push(format!(
                "{name}: no cdrrepmgr trace in this archive: give the one that holds cdrrepmgrNNNNN.log"
            ));
        }
    }

    /// Takes a source, or says why not.
    fn judge(&mut self, mut source: Source, head: &[u8], asked: Asked) {
        source.first = first_time(head);
        let name = source.label.rsplit(['/', '\\']).next().unwrap_or_default();
        // One that the log has only just turned to is still empty, and lacks nothing.
        let is_meant = asked == Asked::ByName || (is_a_traces_name(name) && source.size > 0);
        let is_found = source.first.is_some() && speaks_of_deliveries(name, head);
        if !(is_meant || is_found) {
            self.left_out.push(source.label);
        } else if source.first.is_none() && looks_binary(head) {
            self.problems.push(format!(
                "{}: not a trace, but something binary: give a cdrrepmgrNNNNN.log, a folder of them, a .gz or a .zip",
                source.label
            ));
        } else {
            self.sources.push(source);
        }
    }
}

/// A trace's bytes, unpacked.
pub enum Opened {
    /// They stand in a file as they are.
    File(File),
    /// They come one after the other.
    Stream(Box<dyn Read + Send>),
}

impl Source {
    /// Opens the trace for reading.
    ///
    /// # Errors
    /// When the file can't be opened any more.
    pub fn open(&self) -> io::Result<Opened> {
        let stream: Box<dyn Read + Send> = match &self.place {
            Place::File(path) => return Ok(Opened::File(File::open(path)?)),
            Place::Gzip(path) => Box::new(MultiGzDecoder::new(File::open(path)?)),
            Place::Stream(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                let head = std::mem::take(&mut stream.head);
                let rest = std::mem::replace(&mut stream.rest, Box::new(io::empty()));
                Box::new(unpacked(Cursor::new(head).chain(rest))?)
            }
            Place::ZipEntry { archive, index } => open_zip_entry(archive, *index)?,
        };
        Ok(Opened::Stream(stream))
    }
}

/// The entry's name, size and beginning; `None` for a folder.
fn zip_entry_head(archive: &mut ZipArchive<File>, index: usize) -> Result<Option<(String, u64, Vec<u8>)>, ZipError> {
    let entry = archive.by_index(index)?;
    if entry.is_dir() {
        return Ok(None);
    }
    let (name, size) = (entry.name().to_owned(), entry.size());
    Ok(Some((name, size, head_of(unpacked(entry)?))))
}

/// A reader of one entry that owns the archive. The zip crate's readers borrow it, so the entry is unpacked on a
/// thread of its own that feeds this one through a pipe of bounded depth.
fn open_zip_entry(archive: &Path, index: usize) -> io::Result<Box<dyn Read + Send>> {
    let mut archive = ZipArchive::new(File::open(archive)?)?;
    let (sender, receiver) = std::sync::mpsc::sync_channel(2);
    std::thread::spawn(move || {
        let fed = archive.by_index(index).map_err(io::Error::from).and_then(unpacked).and_then(|mut entry| {
            loop {
                let mut chunk = Vec::new();
                // Nobody listens any more once the receiver is gone.
                if (&mut entry).take(256 * 1024).read_to_end(&mut chunk)? == 0 || sender.send(Ok(chunk)).is_err() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = fed {
            let _ = sender.send(Err(error));
        }
    });
    Ok(Box::new(ChunkReader { receiver, chunk: Cursor::default() }))
}

/// Reads what another thread sends.
struct ChunkReader {
    receiver: std::sync::mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: Cursor<Vec<u8>>,
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.chunk.read(buffer)? {
                0 => match self.receiver.recv() {
                    Ok(chunk) => self.chunk = Cursor::new(chunk?),
                    Err(_) => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}

/// Unpacks a packed trace inside an archive.
fn unpacked<'a>(mut reader: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut magic = Vec::with_capacity(2);
    (&mut reader).take(2).read_to_end(&mut magic)?;
    let gzip = magic.starts_with(GZIP);
    let whole = Cursor::new(magic).chain(reader);
    Ok(if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

fn zip_hint(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            "the archive is protected by a password: unpack it and give the files".to_owned()
        }
        ZipError::UnsupportedArchive(text) => {
            format!("the archive can't be read ({text}): unpack it and give the files")
        }
        other => format!("an entry can't be read ({other}): copy the archive again"),
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

fn first_time(head: &[u8]) -> Option<NaiveDateTime> {
    head.split(|byte| *byte == b'\n').find_map(|line| match records::classify_line(line) {
        Line::Start(at) => records::parse_time(&line[at..]),
        Line::Continuation | Line::Noise => None,
    })
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

/// By their records' time, not by name: the number wraps. What shows no time stays behind what it was given after.
fn sort_by_time(sources: &mut [Source]) {
    let mut last = None;
    let mut keys: Vec<(Option<NaiveDateTime>, usize)> = Vec::with_capacity(sources.len());
    for (place, source) in sources.iter().enumerate() {
        last = source.first.or(last);
        keys.push((last, place));
    }
    let mut numbered: Vec<_> = keys.into_iter().collect();
    numbered.sort();
    let rank: Vec<usize> = {
        let mut rank = vec![0; numbered.len()];
        for (position, (_, place)) in numbered.iter().enumerate() {
            rank[*place] = position;
        }
        rank
    };
    let mut places = rank.into_iter();
    sources.sort_by_cached_key(|_| places.next());
}

/// Compares names so that `log9` stands before `log10`.
fn natural_order(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        if digits_a > 0 && digits_b > 0 {
            let number = |text: &[u8]| text.iter().skip_while(|digit| **digit == b'0').copied().collect::<Vec<_>>();
            let (x, y) = (number(&a[..digits_a]), number(&b[..digits_b]));
            match x.len().cmp(&y.len()).then(x.cmp(&y)) {
                Ordering::Equal => (a, b) = (&a[digits_a..], &b[digits_b..]),
                unequal => return unequal,
            }
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
            (x, y) => return x.map(|(byte, _)| byte).cmp(&y.map(|(byte, _)| byte)),
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(label: &str, first: Option<&str>) -> Source {
        let first = first.map(|time| records::parse_time(time.as_bytes()).unwrap());
        Source { label: label.into(), folder: String::new(), first, size: 0, place: Place::File(PathBuf::new()) }
    }

    #[test]
    fn traces_are_ordered_by_time_since_the_number_wraps() {
        let mut sources = vec![
            source("cdrrepmgr00001.log", Some("2019-07-25 13:12:11,889")),
            source("fragment", None),
            source("cdrrepmgr00250.log", Some("2019-07-24 13:12:11,889")),
        ];
        sort_by_time(&mut sources);
        let labels: Vec<_> = sources.iter().map(|source| source.label.as_str()).collect();
        assert_eq!(labels, ["cdrrepmgr00250.log", "cdrrepmgr00001.log", "fragment"]);
    }

    #[test]
    fn names_compare_as_people_count() {
        let mut names = ["b10", "b9", "b009a", "a"];
        names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
        assert_eq!(names, ["a", "b9", "b009a", "b10"]);
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
