//! Saved answers as files: `FILE`, or `FILE#HOST:PORT` where one holds several servers.

use std::io;
use std::path::{Path, PathBuf};

use super::{ParseError, Saved, SavedServer, parse};
use crate::bounds;

/// How many servers an error line names.
const NAMED: usize = 8;

/// Why a file gives no server, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct SavedError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it: the words of this error already, so no source of it.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It can't be read.
    #[error("{}", crate::plain::words(.0))]
    Read(io::Error),
    /// Its content.
    #[error("{0}")]
    Content(ParseError),
    /// It holds several servers, and none was chosen.
    #[error("several servers: append one of {}", list(.0))]
    Several(Vec<String>),
    /// It does not hold the one that was chosen.
    #[error("no server {wanted:?} in it: append one of {}", list(.names))]
    NoSuch {
        /// What was asked for.
        wanted: String,
        /// What there is.
        names: Vec<String>,
    },
}

/// A file and which of its servers is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRef {
    /// The file.
    pub path: PathBuf,
    /// The server's name in it; `None` where it holds one only.
    pub server: Option<String>,
}

impl SavedRef {
    /// Takes `FILE#SERVER` apart. A file whose own name holds the `#` goes first.
    pub fn find(text: &str) -> Option<Self> {
        let whole = Path::new(text);
        if whole.is_file() {
            return Some(Self { path: whole.to_owned(), server: None });
        }
        let (path, server) = text.rsplit_once('#')?;
        Path::new(path).is_file().then(|| Self { path: path.into(), server: Some(server.to_owned()) })
    }

    /// Reads the file and picks the server.
    ///
    /// # Errors
    /// When the file can't be read, is no saved answer, or leaves open which server is meant.
    pub fn load(&self) -> Result<SavedServer, SavedError> {
        let unread = |error| SavedError { path: self.path.clone(), problem: Problem::Read(error) };
        let bytes = bounds::SAVED.read(&self.path).map_err(unread)?;
        self.choose(&self.path, &bytes)
    }

    /// Picks the server out of a saved answer that was found at `path`.
    ///
    /// # Errors
    /// When it is no saved answer, or leaves open which server is meant.
    pub fn choose(&self, path: &Path, bytes: &[u8]) -> Result<SavedServer, SavedError> {
        server(bytes, self.server.as_deref()).map_err(|problem| SavedError { path: path.to_owned(), problem })
    }
}

/// The one server in a saved answer that was found at `path`.
///
/// # Errors
/// When it is no saved answer, or leaves open which server is meant.
pub fn only_server(path: &Path, bytes: &[u8]) -> Result<SavedServer, SavedError> {
    server(bytes, None).map_err(|problem| SavedError { path: path.to_owned(), problem })
}

fn server(bytes: &[u8], wanted: Option<&str>) -> Result<SavedServer, Problem> {
    choose(&parse(bytes).map_err(Problem::Content)?, wanted)
}

fn choose(saved: &Saved, wanted: Option<&str>) -> Result<SavedServer, Problem> {
    let names = || saved.servers.iter().map(|server| server.name.clone()).collect();
    let mut meant = saved.servers.iter().filter(|server| wanted.is_none_or(|name| server.is_called(name)));
    match (meant.next(), meant.next(), wanted) {
        (Some(only), None, _) => Ok(only.clone()),
        (None, _, Some(wanted)) => Err(Problem::NoSuch { wanted: wanted.to_owned(), names: names() }),
        _ => Err(Problem::Several(names())),
    }
}

fn list(names: &[String]) -> String {
    let mut listed: Vec<String> = names.iter().take(NAMED).map(|name| format!("#{name}")).collect();
    if names.len() > NAMED {
        listed.push(format!("… ({} in all)", names.len()));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::Form;

    fn fixture(name: &str) -> String {
        format!("{}/fixtures/saved/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    fn load(text: &str) -> Result<SavedServer, String> {
        SavedRef::find(text).unwrap().load().map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_several_servers_asks_which() {
        let file = fixture("several.nmap.xml");
        let error = load(&file).unwrap_err();
        assert!(
            error.ends_with("several servers: append one of #127.0.0.1:42201, #127.0.0.1:42202, #127.0.0.1:42203"),
            "{error}"
        );
        assert_eq!(load(&format!("{file}#127.0.0.1:42202")).unwrap().port, Some(42202));
        assert!(load(&format!("{file}#127.0.0.1")).unwrap_err().contains("several servers"));
        assert!(load(&format!("{file}#10.0.0.9")).unwrap_err().contains("no server \"10.0.0.9\" in it"));
    }

    #[test]
    fn a_name_with_the_mark_in_it_is_a_file_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan#2.xml");
        std::fs::copy(fixture("tinyssh.nmap.xml"), &path).unwrap();
        assert_eq!(load(path.to_str().unwrap()).unwrap().port, Some(42204));
        assert_eq!(SavedRef::find("no such file#x"), None);
    }

    #[test]
    fn a_scan_in_utf_16_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.txt");
        let text = std::fs::read_to_string(fixture("tinyssh.nmap.txt")).unwrap();
        let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(load(path.to_str().unwrap()).unwrap().port, Some(42204));
    }

    #[test]
    fn a_huge_file_and_a_picture_get_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge");
        std::fs::File::create(&path).unwrap().set_len((16 << 20) + 1).unwrap();
        assert!(load(path.to_str().unwrap()).unwrap_err().ends_with("larger than 16 MiB, which no saved answer is"));
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
        let error = load(path.to_str().unwrap()).unwrap_err();
        assert!(error.contains("none of the forms") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn a_long_list_of_servers_is_cut() {
        let server = |number| SavedServer { name: format!("s{number}"), ..SavedServer::default() };
        let error = choose(&Saved { form: Form::NmapXml, servers: (0..20).map(server).collect() }, None).unwrap_err();
        assert!(error.to_string().ends_with("#s7, … (20 in all)"), "{error}");
    }
}
