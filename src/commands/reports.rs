//! The files that a command hands on beside its answer: `--html`, `--markdown`, and `--redact` for all of them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::Utc;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::Context;
use super::collected::Alias;
use crate::cli;
use crate::exit::{Code, UsageError};
use crate::redact::Redactor;
use crate::report::view::{Appendix, InputHash, ToView};
use crate::report::{html, markdown};
use crate::trace::sources::Members;
use crate::whole_file::WholeFile;

/// The files to write, opened before the work begins, so that a bad path shows at once.
#[derive(Debug)]
pub struct Reports {
    html: Option<Target>,
    markdown: Option<Target>,
    redact: bool,
}

/// What a command read.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The inputs as the answer names them.
    pub read: Vec<String>,
    /// The paths on the command line.
    pub given: Vec<String>,
    /// What to say of it beside the answer.
    pub notices: Notices,
    /// Another name for a folder that is not kept.
    pub alias: Option<Alias>,
}

/// Lines for standard error. They wait for the answer, since only that knows the names to replace in them.
#[derive(Debug, Default)]
pub struct Notices {
    /// What went wrong on the way.
    pub warnings: Vec<String>,
    /// What was done or left out.
    pub details: Vec<String>,
    /// Configured targets that they may name though the answer does not.
    pub hosts: Vec<String>,
}

impl Notices {
    /// Tells them.
    pub fn tell(&self, context: &Context<'_>) {
        self.details.iter().for_each(|detail| context.detail(detail));
        self.warnings.iter().for_each(|warning| context.warn(warning));
    }
}

impl Inputs {
    /// Files that are named as they were given.
    pub fn of(files: impl IntoIterator<Item = String>) -> Self {
        let given: Vec<String> = files.into_iter().collect();
        Self { read: given.clone(), given, ..Self::default() }
    }

    /// The same, with these notices.
    #[must_use]
    pub fn with_notices(self, notices: Notices) -> Self {
        Self { notices, ..self }
    }
}

/// Paths as they show in an answer.
pub fn given(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

impl Reports {
    /// Opens the files that were asked for. What they hold stays until the report is written.
    ///
    /// # Errors
    /// When one can't be written, or both are the same.
    pub fn open(args: &cli::Reports) -> Result<Self> {
        if args.html.as_deref().zip(args.markdown.as_deref()).is_some_and(|(html, markdown)| are_one(html, markdown)) {
            return Err(UsageError("--html and --markdown name the same file".into()).into());
        }
        let open = |flag: &str, path: &Option<PathBuf>| -> Result<Option<Target>> {
            path.as_deref().map(|path| Target::open(flag, path)).transpose()
        };
        Ok(Self {
            html: open("--html", &args.html)?,
            markdown: open("--markdown", &args.markdown)?,
            redact: args.redact,
        })
    }

    /// Prints the answer, writes the files, and says with which code to exit.
    ///
    /// # Errors
    /// When the answer can't be redacted, a file can't be written, or standard output does not take the answer.
    pub fn answer<D>(self, document: D, mut inputs: Inputs, context: &Context<'_>) -> Result<Code>
    where
        D: ToView + DeserializeOwned,
    {
        let wanted = self.html.is_some() || self.markdown.is_some();
        let mut hashes = if wanted { hashed(&inputs.read) } else { Vec::new() };
        let document = match inputs.alias.take() {
            Some(alias) => {
                for input in &mut hashes {
                    input.path = alias.text(&input.path);
                }
                let Notices { warnings, details, .. } = &mut inputs.notices;
                for line in warnings.iter_mut().chain(details) {
                    *line = alias.text(line);
                }
                alias.document(&document)?
            }
            None => document,
        };
        let document = if self.redact {
            let mut redactor = Redactor::new(&inputs.given);
            let document = redactor.document(&document).context("the answer can't be redacted")?;
            let Notices { warnings, details, hosts } = &mut inputs.notices;
            redactor.texts(warnings.iter_mut().chain(details), hosts).context("the warnings can't be redacted")?;
            for input in &mut hashes {
                input.path = redactor.path(&input.path);
            }
            document
        } else {
            document
        };
        inputs.notices.tell(context);
        if wanted {
            if let Err(taken) = self.refuse_to_overwrite(&inputs) {
                // Which files a folder holds shows only now; what was found in them is not lost for it.
                context.answer(&document)?;
                return Err(taken);
            }
            let (made, redacted) = (Utc::now(), self.redact);
            let (command, version, times) = (D::NAME, env!("CARGO_PKG_VERSION"), document.times());
            let appendix = Appendix { command, version, made, times, redacted, inputs: hashes };
            self.write(&document, &appendix)?;
        }
        context.answer(&document)
    }

    /// A report must not take the place of what it is about, nor of anything but an earlier report.
    fn refuse_to_overwrite(&self, inputs: &Inputs) -> Result<()> {
        let is_input = |target: &&Target| {
            let path = target.path.canonicalize().ok();
            let files = inputs.given.iter().chain(&inputs.read).map(|label| file_of(label));
            path.is_some() && files.into_iter().any(|file| Path::new(file).canonicalize().ok() == path)
        };
        let taken = |target: &Target, what: &str| {
            Err(UsageError(format!("{}: {what}; give the report another name", target.path.display())).into())
        };
        if let Some(target) = self.html.iter().chain(&self.markdown).find(is_input) {
            return taken(target, "an input");
        }
        let is_other = |target: &&Target, mark: &str| !replaceable(&target.path, |path| holds(path, mark));
        let mut other = self.html.iter().filter(|target| is_other(target, html::MARK));
        match other.next().or(self.markdown.iter().find(|target| is_other(target, markdown::MARK))) {
            Some(target) => taken(target, "exists and is not a report of cdrdiag's"),
            None => Ok(()),
        }
    }

    fn write<D: ToView>(self, document: &D, appendix: &Appendix) -> Result<()> {
        if let Some(target) = self.html {
            target.write(|out| html::render(document.view(), appendix, out))?;
        }
        if let Some(target) = self.markdown {
            target.write(|out| markdown::render(document.view(), appendix, out))?;
        }
        Ok(())
    }
}

/// A report to be written.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    file: WholeFile,
}

impl Target {
    fn open(flag: &str, path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            let text = format!("{flag} -: give a file; standard output holds the answer");
            return Err(UsageError(text).into());
        }
        let file = WholeFile::open(path).with_context(|| format!("{flag} {}: can't be written", path.display()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn write(self, text: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        self.file.write_with(text).with_context(|| format!("{}: can't be written", self.path.display()))
    }
}

/// Whether two paths lead to one file, which need not be there yet.
fn are_one(path: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
    };
    path == other || place(path).is_some_and(|place_of| place(other) == Some(place_of))
}

/// Whether a file may be written there: none is, or an empty one, or one that is such as is to be written. What is no
/// regular file (`/dev/null`) holds nothing that could be lost.
pub fn replaceable(path: &Path, is_such: impl Fn(&Path) -> io::Result<bool>) -> bool {
    let holds_text = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
    !holds_text || is_such(path).unwrap_or_default()
}

/// Whether these words stand in a file. It is read piece by piece: a report about many servers is long.
fn holds(path: &Path, words: &str) -> io::Result<bool> {
    const PIECE: u64 = 64 << 10;
    let (mut file, mut piece) = (File::open(path)?, Vec::new());
    while Read::by_ref(&mut file).take(PIECE).read_to_end(&mut piece)? > 0 {
        if memchr::memmem::find(&piece, words.as_bytes()).is_some() {
            return Ok(true);
        }
        // The words may be cut here.
        piece.drain(..piece.len().saturating_sub(words.len()));
    }
    Ok(false)
}

/// The file that an input is in: the archive, where it is inside one.
fn file_of(label: &str) -> &str {
    label.split_once("!/").map_or(label, |(archive, _)| archive)
}

/// The size and the hash of each input; before the members of an archive its own.
fn hashed(labels: &[String]) -> Vec<InputHash> {
    let (mut members, mut archives, mut hashes) = (Members::default(), HashSet::new(), Vec::new());
    for label in labels {
        let archive = file_of(label);
        if archive != label && archives.insert(archive) {
            hashes.push(input_hash(archive, hash_file(archive)));
        }
        let own = if archive == label { hash_file(label) } else { members.open(label).and_then(hash) };
        hashes.push(input_hash(label, own));
    }
    hashes
}

fn input_hash(label: &str, hash: io::Result<(u64, String)>) -> InputHash {
    let (bytes, sha256) = hash.ok().unzip();
    InputHash { path: label.to_owned(), bytes, sha256 }
}

/// Standard input is gone, and anything that is no file has no end.
fn hash_file(path: &str) -> io::Result<(u64, String)> {
    if path == "-" {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path)?;
    if file.metadata()?.is_file() { hash(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

fn hash(mut reader: impl Read) -> io::Result<(u64, String)> {
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let digest = hasher.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Ok((bytes, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `printf abc | sha256sum` prints.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_file_is_hashed_as_sha256sum_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        let inputs = hashed(&[path.display().to_string(), "-".to_owned()]);
        assert_eq!(inputs[0].bytes, Some(3));
        assert_eq!(inputs[0].sha256.as_deref(), Some(ABC));
        assert_eq!(inputs[1].sha256, None);
    }

    #[test]
    fn words_are_found_wherever_a_piece_of_the_file_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for before in [0, 65_530, 65_536, 200_000] {
            fs::write(&path, "x".repeat(before) + "the mark" + &"y".repeat(70_000)).unwrap();
            assert!(holds(&path, "the mark").unwrap() && !holds(&path, "a mark").unwrap(), "{before}");
        }
    }

    #[test]
    fn two_ways_to_one_file_are_one_whether_it_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("x");
        fs::create_dir(&below).unwrap();
        let (straight, around) = (folder.path().join("a.html"), below.join("../a.html"));
        assert!(are_one(&straight, &around) && !are_one(&straight, &below.join("a.html")));
        fs::write(&straight, "").unwrap();
        assert!(are_one(&straight, &around));
        assert!(!are_one(Path::new("no/such"), Path::new("no/../no/such.too")));
    }

    #[test]
    fn a_member_of_an_archive_has_its_own_hash_beside_the_archives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        let mut inner = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        inner.start_file("x.log", zip::write::SimpleFileOptions::default()).unwrap();
        inner.write_all(b"abc").unwrap();
        let inner = inner.finish().unwrap().into_inner();
        let packed = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(packed);
        for (name, bytes) in [("./y.log", b"abc".as_slice()), ("b.zip", &inner)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        let archive = path.display();
        let labels = ["y.log", "b.zip!/x.log", "none.log"].map(|member| format!("{archive}!/{member}"));
        let inputs = hashed(&labels);
        let paths: Vec<_> = inputs.iter().map(|input| input.path.clone()).collect();
        assert_eq!(paths, [&[archive.to_string()], &labels[..]].concat());
        assert_eq!(inputs[0].bytes, Some(fs::metadata(&path).unwrap().len()));
        for member in &inputs[1..3] {
            assert_eq!((member.bytes, member.sha256.as_deref()), (Some(3), Some(ABC)));
        }
        assert_eq!(inputs[3].sha256, None);
    }
}
