//! What could not be taken for a trace though it was meant or may hold one, and what to do about it.

use std::borrow::Cow;
use std::io;
use std::mem::{Discriminant, discriminant};

use zip::result::ZipError;

use super::format::Unread;
use crate::words::{grouped, many};
use crate::{bounds, plain};

/// So many of a kind are named each; further ones are counted.
const NAMED: usize = 5;

/// An input that was not read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Problem {
    /// The path as given or found; inside an archive `archive.zip!/name`.
    pub path: String,
    /// Why not.
    pub why: Why,
}

/// Why an input was not read.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// The system does not let it be read.
    #[error("{}", plain::words(.0))]
    Io(io::Error),
    /// Windows' way to take `"C:\my traces\"` apart. No name holds a quote there.
    #[error("no such name: a backslash before the closing quote makes the quote part of the name, so leave it out")]
    QuotedBackslash,
    /// A folder could not be searched through.
    #[error("{}: left out", .0)]
    Search(String),
    /// A link in a folder.
    #[error("not read: a link, which may lead anywhere; give the file itself")]
    Link,
    /// What `collect` read is gone.
    #[error("collection.json names it, and it is not there: give the folder as collect wrote it")]
    Missing,
    /// A folder or an archive that holds too much else.
    #[error(
        "the search ended after {} files that hold no trace: give the folder that holds cdrrepmgrNNNNN.log",
        grouped(bounds::BESIDE_TRACES as u64)
    )]
    Exhausted,
    /// A folder without a trace.
    #[error(
        "no cdrrepmgr trace in this folder: give the folder that holds cdrrepmgrNNNNN.log (on CUCM: activelog /cm/trace/cdrrep/log4j/)"
    )]
    EmptyFolder,
    /// An archive without a trace.
    #[error("no cdrrepmgr trace in this archive: give the one that holds cdrrepmgrNNNNN.log")]
    EmptyArchive,
    /// It is named like a trace, or was named, and holds none.
    #[error("not a trace, but something binary: give a cdrrepmgrNNNNN.log, a folder of them, a .gz, a .zip or a .tar")]
    Binary,
    /// It holds no record.
    #[error("no trace record in it: give a cdrrepmgrNNNNN.log (on CUCM: activelog /cm/trace/cdrrep/log4j/)")]
    NoRecord,
    /// It is what another command reads: what it is, and which one.
    #[error("{0}")]
    Misplaced(String),
    /// It broke off.
    #[error("read only in part: {0}")]
    Partly(String),
    /// What the node says stands in a form that is not known.
    #[error(
        "read only in part: it names the node's services in a form that is not known; give the session's log as the terminal kept it"
    )]
    UnreadAnswers,
    /// A format that is not read.
    #[error("{0}")]
    NotRead(Unread),
    /// A zip archive that can't be opened.
    #[error("not a whole zip archive ({0}): copy it again")]
    BrokenZip(ZipError),
    /// An entry of a zip archive.
    #[error("{}", zip_hint(.0))]
    ZipEntry(ZipError),
    /// Entries that hide each other.
    #[error(
        "read only in part: it holds one name more than once, and only the last is read; unpack it and give the files"
    )]
    NameTwice,
    /// A text with something packed behind it.
    #[error("read only in part: its end is no text, but packed or binary; give the packed part as a file of its own")]
    BinaryEnd,
    /// A tar archive that breaks off.
    #[error("not a whole tar archive ({0}): copy it again")]
    BrokenTar(io::Error),
    /// Archives in archives in archives.
    #[error("not read: an archive inside too many others; unpack it and give the files")]
    TooDeep,
    /// More than is unpacked.
    #[error("not read: the archives inside hold too much; unpack it and give the files")]
    TooMuch,
}

fn zip_hint(error: &ZipError) -> Cow<'static, str> {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED || text.starts_with("AES") => {
            Cow::Borrowed("the archive is protected by a password: unpack it and give the files")
        }
        ZipError::UnsupportedArchive(text) => {
            format!("the archive can't be read ({text}): unpack it and give the files").into()
        }
        other => format!("an entry can't be read ({other}): copy the archive again").into(),
    }
}

/// A line for each problem; of one kind only the first few, and how many more there are.
pub fn lines(problems: &[Problem]) -> Vec<String> {
    let mut kinds: Vec<(Discriminant<Why>, usize)> = Vec::new();
    let mut lines = Vec::new();
    for problem in problems {
        let kind = discriminant(&problem.why);
        let place = kinds.iter().position(|(known, _)| *known == kind).unwrap_or(kinds.len());
        if place == kinds.len() {
            kinds.push((kind, 0));
        }
        kinds[place].1 += 1;
        if kinds[place].1 <= NAMED {
            lines.push(problem.to_string());
        }
    }
    for (kind, count) in kinds.into_iter().filter(|(_, count)| *count > NAMED) {
        let last = problems.iter().rfind(|problem| discriminant(&problem.why) == kind);
        let more = many((count - NAMED) as u64, "more input", "more inputs");
        lines.extend(last.map(|last| format!("{more} like these, the last: {last}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_problems_of_one_kind_the_first_are_named_and_the_rest_counted() {
        let problem = |number: usize| Problem { path: format!("f{number}"), why: Why::Binary };
        let mut problems: Vec<Problem> = (0..19_000).map(problem).collect();
        problems.push(Problem { path: "other".into(), why: Why::TooDeep });
        let lines = lines(&problems);
        assert_eq!(lines.len(), NAMED + 2);
        assert!(lines[0].starts_with("f0: not a trace"), "{}", lines[0]);
        assert!(lines[NAMED].starts_with("other: "), "{}", lines[NAMED]);
        assert!(lines[NAMED + 1].starts_with("18,995 more inputs like these, the last: f18999"), "{lines:?}");
    }
}
