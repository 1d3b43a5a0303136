//! What earlier runs have delivered. A billing system picks files up and takes them away: without a journal a second
//! run would hand them in again, and calls would be billed twice.
//!
//! Lines of JSON beside the files, each written to the disk before the next file is sent.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::bounds;

/// The journal's name.
pub(super) const NAME: &str = "cdrdiag-delivered.jsonl";

/// What a line tells of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    /// It is being written under its own name, since the server does not rename: what a break leaves there is ours.
    Begun,
    /// The server has it.
    Delivered,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    at: DateTime<Utc>,
    event: Event,
    server: String,
    directory: String,
    name: String,
    bytes: u64,
}

/// Where and what: a file of another size is another file.
type Key = (String, String, String, u64);

/// The journal of a folder.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    events: BTreeMap<Key, Event>,
}

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the journal {}: {source}", path.display())]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

/// A place on a server.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The server, as `host:port`.
    pub server: &'a str,
    /// The directory as the server sees it.
    pub directory: &'a str,
}

impl Journal {
    /// Opens the journal that lies in this folder, or beside this file, or begins one.
    ///
    /// # Errors
    /// When it can be neither read nor written.
    pub fn open(beside: &Path) -> Result<Self, JournalError> {
        let folder = if beside.is_dir() { beside } else { beside.parent().unwrap_or(beside) };
        let path = folder.join(NAME);
        let open = || {
            let file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
            let events = read(&file)?;
            end_cut_line(&file)?;
            Ok((file, events))
        };
        match open() {
            Ok((file, events)) => Ok(Self(Arc::new(Mutex::new(Open { path, file, events })))),
            Err(source) => Err(JournalError { path, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.open_one(|open| open.path.clone())
    }

    /// Whether an earlier run has delivered the file there.
    pub fn has(&self, place: Place<'_>, name: &str, bytes: u64) -> bool {
        self.last(place, name, bytes) == Some(Event::Delivered)
    }

    /// Whether an earlier run began to write the file there under its own name, and never ended.
    pub fn began(&self, place: Place<'_>, name: &str, bytes: u64) -> bool {
        self.last(place, name, bytes) == Some(Event::Begun)
    }

    /// Notes that the file is about to be written under its own name.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn begin(&self, place: Place<'_>, name: &str, bytes: u64) -> io::Result<()> {
        self.note(Event::Begun, place, name, bytes)
    }

    /// Notes that the file was delivered.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn delivered(&self, place: Place<'_>, name: &str, bytes: u64) -> io::Result<()> {
        self.note(Event::Delivered, place, name, bytes)
    }

    fn last(&self, place: Place<'_>, name: &str, bytes: u64) -> Option<Event> {
        let key = (place.server.to_owned(), place.directory.to_owned(), name.to_owned(), bytes);
        self.open_one(|open| open.events.get(&key).copied())
    }

    fn note(&self, event: Event, place: Place<'_>, name: &str, bytes: u64) -> io::Result<()> {
        let (server, directory, name) = (place.server.to_owned(), place.directory.to_owned(), name.to_owned());
        let line = Line { at: Utc::now(), event, server, directory, name, bytes };
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        self.open_one(|open| {
            open.file.write_all(text.as_bytes())?;
            open.file.sync_data()?;
            open.events.insert((line.server, line.directory, line.name, line.bytes), event);
            Ok(())
        })
    }

    fn open_one<T>(&self, work: impl FnOnce(&mut Open) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A line that a break cut short is passed over: its file is looked for on the server.
fn read(file: &File) -> io::Result<BTreeMap<Key, Event>> {
    let mut events = BTreeMap::new();
    for line in BufReader::new(bounds::JOURNAL.limit(file)).lines() {
        if let Ok(line) = serde_json::from_str::<Line>(&line?) {
            events.insert((line.server, line.directory, line.name, line.bytes), line.event);
        }
    }
    Ok(events)
}

/// Ends a line that a break cut short, so that the next one is whole.
fn end_cut_line(mut file: &File) -> io::Result<()> {
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(io::SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: Place<'_> = Place { server: "billing:22", directory: "/cdr" };

    #[test]
    fn a_later_run_knows_what_was_delivered_where() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.begin(PLACE, "a", 3).unwrap();
        journal.begin(PLACE, "b", 3).unwrap();
        journal.delivered(PLACE, "a", 3).unwrap();
        let later = Journal::open(folder.path()).unwrap();
        assert!(later.has(PLACE, "a", 3) && !later.began(PLACE, "a", 3));
        assert!(later.began(PLACE, "b", 3) && !later.has(PLACE, "b", 3));
        assert!(!later.has(PLACE, "a", 4), "a file of another size is another file");
        assert!(!later.has(Place { server: "other:22", ..PLACE }, "a", 3));
    }

    #[test]
    fn a_line_that_was_cut_short_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        Journal::open(folder.path()).unwrap().delivered(PLACE, "a", 3).unwrap();
        let path = folder.path().join(NAME);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{}", &text[..40])).unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        assert!(journal.has(PLACE, "a", 3));
        journal.delivered(PLACE, "b", 3).unwrap();
        assert!(Journal::open(folder.path()).unwrap().has(PLACE, "b", 3));
    }

    #[test]
    fn a_journal_that_cannot_be_kept_is_told_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        let error = Journal::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains(NAME), "{error}");
    }

    /// A journal's text that was changed, cut and spliced.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = |event: &str, number: u64| {
            format!(
                "{{\"at\":\"2025-03-09T02:40:06Z\",\"event\":\"{event}\",\"server\":\"billing:22\",\"directory\":\"/cdr\",\
                 \"name\":\"n{number}\",\"bytes\":{number}}}\n"
            )
        };
        let piece = prop_oneof![
            (0_u64..9).prop_map(move |number| line("delivered", number).into_bytes()),
            (0_u64..9).prop_map(move |number| line("begun", number).into_bytes()),
            (0_u64..9, 0_usize..150).prop_map(move |(number, cut)| {
                let whole = line("delivered", number).into_bytes();
                whole.into_iter().take(cut).collect()
            }),
            prop::collection::vec(any::<u8>(), 0..30),
            "[\\[{\":,}\\]\\n]{0,40}".prop_map(String::into_bytes),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_a_journal_holds_it_is_the_same_twice_and_goes_on(bytes in text()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(NAME);
            let read = || {
                std::fs::write(&path, &bytes).unwrap();
                let journal = Journal::open(folder.path()).map_err(|error| error.to_string())?;
                let of = |number: u64| {
                    let name = format!("n{number}");
                    (journal.has(PLACE, &name, number), journal.began(PLACE, &name, number))
                };
                Ok::<_, String>((0..9).map(of).collect::<Vec<_>>())
            };
            let found = read();
            prop_assert_eq!(&found, &read());
            let length = std::fs::metadata(&path).unwrap().len();
            prop_assert!(length <= bytes.len() as u64 + 1, "it ends its last line, and no more");
            if let Err(error) = found {
                prop_assert!(error.lines().count() == 1 && error.len() < 500, "{}", error);
            } else {
                Journal::open(folder.path()).unwrap().delivered(PLACE, "new", 7).unwrap();
                prop_assert!(Journal::open(folder.path()).unwrap().has(PLACE, "new", 7));
            }
        }
    }
}
