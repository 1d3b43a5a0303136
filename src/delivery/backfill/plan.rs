//! Which saved files to hand in, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::Value;
use walkdir::WalkDir;

use super::journal;
use crate::bounds;
use crate::document::backfill::{BackfillFile, FileOutcome};
use crate::document::collect;
use crate::model::delivery_file::DeliveryFile;
use crate::words::grouped;

/// A saved file to hand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name on CUCM, and on the billing server.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The minute in which CUCM made it.
    pub created_utc: DateTime<Utc>,
    sequence: u64,
}

impl Saved {
    /// As the answer tells it.
    pub fn came_to(&self, outcome: FileOutcome, message: Option<String>) -> BackfillFile {
        let path = self.path.display().to_string();
        let (name, bytes) = (self.name.clone(), self.bytes);
        BackfillFile { name, path, bytes, outcome, message, same_when_read_back: None }
    }
}

/// What there is to hand in.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The folders and files that were named.
    pub sources: Vec<PathBuf>,
    /// The files to send, oldest first.
    pub files: Vec<Saved>,
    /// CDR and CMR files that must not be sent, and why.
    pub left_out: Vec<BackfillFile>,
    /// How many files of other names there are.
    pub others: u64,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A folder or file could not be read.
    #[error("{}: {}", path.display(), crate::plain::words(source))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are too many.
    #[error("{} holds more than {} CDR and CMR files: hand them in by parts", .0.display(), grouped(bounds::SAVED_FILES as u64))]
    TooMany(PathBuf),
    /// There is none.
    #[error("{} holds no CDR or CMR file (cdr_… and cmr_…, as CUCM names them)", .0.display())]
    Nothing(PathBuf),
}

impl Plan {
    /// Looks through folders, and the folders in them, for CDR and CMR files.
    ///
    /// # Errors
    /// When one cannot be read, holds none, or holds too many.
    pub fn of(sources: &[PathBuf]) -> Result<Self, PlanError> {
        let mut plan = Self { sources: sources.to_vec(), ..Self::default() };
        let mut found = BTreeMap::<String, Vec<Saved>>::new();
        for source in sources {
            let before = found.len() + plan.left_out.len();
            plan.look_through(source, &mut found)?;
            if found.len() + plan.left_out.len() == before && !holds_one(source, &found) {
                return Err(PlanError::Nothing(source.clone()));
            }
        }
        for copies in found.into_values() {
            plan.take(copies)?;
        }
        plan.files.sort_by(|one, other| {
            (one.created_utc, one.sequence, &one.name).cmp(&(other.created_utc, other.sequence, &other.name))
        });
        Ok(plan)
    }

    /// The bytes of all files to send.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn look_through(&mut self, source: &Path, found: &mut BTreeMap<String, Vec<Saved>>) -> Result<(), PlanError> {
        let cut = not_whole(source);
        for entry in WalkDir::new(source).sort_by_file_name() {
            let entry = entry.map_err(|error| unsearched(source, error))?;
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(file) = DeliveryFile::parse(&name).map(|file| (file.created_utc, file.sequence)) else {
                self.others += u64::from(name != journal::NAME);
                continue;
            };
            let is_link = entry.depth() > 0 && entry.path_is_symlink();
            let metadata = if is_link { fs::symlink_metadata(entry.path()) } else { fs::metadata(entry.path()) };
            let metadata = metadata.map_err(|error| unreadable(source, Some(entry.path()), error))?;
            let (created_utc, sequence) = file;
            let saved = Saved { name, path: entry.into_path(), bytes: metadata.len(), created_utc, sequence };
            let why = if is_link { Some(link()) } else { unfit(&saved, &cut) };
            match why {
                Some((outcome, why)) => self.left_out.push(saved.came_to(outcome, Some(why))),
                None => found.entry(saved.name.clone()).or_default().push(saved),
            }
            if found.len() > bounds::SAVED_FILES {
                return Err(PlanError::TooMany(source.to_owned()));
            }
        }
        Ok(())
    }

    /// Takes a file that was saved once or more: copies are one file, and different files of one name are none.
    fn take(&mut self, copies: Vec<Saved>) -> Result<(), PlanError> {
        let mut copies = copies.into_iter();
        let Some(first) = copies.next() else { return Ok(()) };
        for copy in copies {
            if !is_same(&first, &copy).map_err(|error| unreadable(&copy.path, None, error))? {
                let why = format!("{} has other content", copy.path.display());
                self.left_out.push(first.came_to(FileOutcome::Ambiguous, Some(why)));
                return Ok(());
            }
        }
        self.files.push(first);
        Ok(())
    }
}

fn unsearched(source: &Path, error: walkdir::Error) -> PlanError {
    let path = error.path().map(Path::to_owned);
    let error = error.into_io_error().unwrap_or_else(|| io::Error::other("its links lead back to it"));
    unreadable(source, path.as_deref(), error)
}

fn unreadable(source: &Path, path: Option<&Path>, error: io::Error) -> PlanError {
    PlanError::Unreadable { path: path.unwrap_or(source).to_owned(), source: error }
}

/// Whether a file that was named is among those that were found before.
fn holds_one(source: &Path, found: &BTreeMap<String, Vec<Saved>>) -> bool {
    found.values().flatten().any(|saved| saved.path.starts_with(source))
}

/// A folder that somebody handed on may hold links to anything on this machine.
fn link() -> (FileOutcome, String) {
    (FileOutcome::Failed, "it is a link, which may lead anywhere: give the file itself".to_owned())
}

/// Why a file must not be sent, though its name is right.
fn unfit(saved: &Saved, cut: &BTreeSet<PathBuf>) -> Option<(FileOutcome, String)> {
    if saved.bytes == 0 {
        let why = "it is empty: a mark in a destination's folder. The records lie in preserve/<date>";
        return Some((FileOutcome::Empty, why.to_owned()));
    }
    if saved.bytes > bounds::SAVED_FILE.bytes() {
        return Some((FileOutcome::Incomplete, format!("it is {}", bounds::SAVED_FILE.exceeded())));
    }
    let path = fs::canonicalize(&saved.path).ok()?;
    cut.contains(&path)
        .then(|| (FileOutcome::Incomplete, format!("{} says that it was not read whole", collect::FILE_NAME)))
}

/// The files that `collect` could not read whole, where a folder of its is handed in, or one below.
fn not_whole(source: &Path) -> BTreeSet<PathBuf> {
    let Ok(source) = fs::canonicalize(source) else { return BTreeSet::new() };
    let Some(folder) = source.ancestors().take(4).find(|folder| folder.join(collect::FILE_NAME).is_file()) else {
        return BTreeSet::new();
    };
    let text = bounds::COLLECTION.read(&folder.join(collect::FILE_NAME)).unwrap_or_default();
    let document: Value = serde_json::from_slice(&text).unwrap_or_default();
    let waiting = document["waiting"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cut = waiting.iter().filter(|file| file["complete"] != Value::Bool(true));
    cut.filter_map(|file| fs::canonicalize(folder.join(file["path"].as_str()?)).ok()).collect()
}

fn is_same(one: &Saved, other: &Saved) -> io::Result<bool> {
    Ok(one.bytes == other.bytes && fs::read(&one.path)? == fs::read(&other.path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    fn plan(folder: &tempfile::TempDir) -> Plan {
        Plan::of(&[folder.path().to_owned()]).unwrap()
    }

    #[test]
    fn the_oldest_goes_first_whatever_its_folder_or_kind() {
        let folder = folder(&[
            ("20250310/cdr_Main_01_202503100001_9", "c"),
            ("20250309/cmr_Main_02_202503092359_8", "b"),
            ("20250309/cdr_Main_01_202503090001_10", "a"),
            ("20250309/cdr_Main_01_202503090001_9", "a"),
            ("notes.txt", "n"),
        ]);
        let plan = plan(&folder);
        let names: Vec<_> = plan.files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "cdr_Main_01_202503090001_9",
            "cdr_Main_01_202503090001_10",
            "cmr_Main_02_202503092359_8",
            "cdr_Main_01_202503100001_9",
        ];
        assert_eq!((names, plan.others, plan.bytes()), (expected.to_vec(), 1, 4));
    }

    #[test]
    fn an_empty_mark_of_a_destination_holds_no_records_and_is_left_out() {
        let folder = folder(&[("destination1/cdr_Main_01_202503090001_1", ""), ("cdr_Main_01_202503090002_2", "x")]);
        let plan = plan(&folder);
        assert_eq!(plan.files.len(), 1);
        assert_eq!(plan.left_out[0].outcome, FileOutcome::Empty);
    }

    #[test]
    fn copies_are_one_file_and_different_files_of_one_name_are_none() {
        let folder = folder(&[
            ("a/cdr_Main_01_202503090001_1", "same"),
            ("b/cdr_Main_01_202503090001_1", "same"),
            ("a/cdr_Main_01_202503090002_2", "one"),
            ("b/cdr_Main_01_202503090002_2", "two"),
        ]);
        let plan = plan(&folder);
        assert_eq!(plan.files.len(), 1);
        assert_eq!((plan.left_out.len(), plan.left_out[0].outcome), (1, FileOutcome::Ambiguous));
    }

    #[test]
    fn a_file_that_was_not_collected_whole_is_left_out() {
        let folder = folder(&[
            (
                collect::FILE_NAME,
                r#"{"waiting": [{"path": "waiting/d/cdr_Main_01_202503090001_1", "complete": false},
                {"path": "waiting/d/cdr_Main_01_202503090002_2", "complete": true}]}"#,
            ),
            ("waiting/d/cdr_Main_01_202503090001_1", "cut"),
            ("waiting/d/cdr_Main_01_202503090002_2", "whole"),
        ]);
        let below = Plan::of(&[folder.path().join("waiting/d")]).unwrap();
        assert_eq!(below.files[0].name, "cdr_Main_01_202503090002_2");
        assert_eq!((below.left_out.len(), below.left_out[0].outcome), (1, FileOutcome::Incomplete));
        assert_eq!(plan(&folder).left_out.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_folder_is_not_handed_in() {
        use std::os::unix::fs::symlink;
        let secret = folder(&[("secret", "root:x")]);
        let folder = folder(&[("cdr_Main_01_202503090001_1", "x")]);
        symlink(secret.path().join("secret"), folder.path().join("cdr_Main_01_202503090002_2")).unwrap();
        symlink("nowhere", folder.path().join("cdr_Main_01_202503090003_3")).unwrap();
        symlink(folder.path(), folder.path().join("loop")).unwrap();
        let plan = plan(&folder);
        assert_eq!((plan.files.len(), plan.left_out.len()), (1, 2), "{:?}", plan.left_out);
        assert!(plan.left_out.iter().all(|file| file.message.as_ref().unwrap().contains("link")));
    }

    #[test]
    fn a_folder_without_cdr_files_or_none_at_all_is_an_error_that_names_it() {
        let folder = folder(&[("IMG_1.jpg", "x")]);
        let error = Plan::of(&[folder.path().to_owned()]).unwrap_err();
        assert!(matches!(&error, PlanError::Nothing(path) if path == folder.path()), "{error}");
        let missing = folder.path().join("missing");
        assert!(matches!(Plan::of(&[missing]), Err(PlanError::Unreadable { .. })));
    }

    #[test]
    fn a_folder_named_twice_is_handed_in_once() {
        let folder = folder(&[("cdr_Main_01_202503090001_1", "x")]);
        let path = folder.path().to_owned();
        assert_eq!(Plan::of(&[path.clone(), path]).unwrap().files.len(), 1);
    }
}
