//! The folder that holds what was collected.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::document::Envelope;
use crate::document::collect::{self, Collect};
use crate::escape;
use crate::whole_file;

/// Why a folder is none to collect into.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds something.
    #[error("{0} is not empty: give --out another folder")]
    NotEmpty(String),
    /// It is a file.
    #[error("{0} is not a folder")]
    NoFolder(String),
}

/// A folder that is made when there is something to keep.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder that does not exist, or is empty.
    ///
    /// # Errors
    /// When it is neither.
    pub fn new(path: PathBuf) -> Result<Self, FolderError> {
        let shown = path.display().to_string();
        match fs::read_dir(&path) {
            Ok(mut entries) => match entries.next() {
                Some(_) => Err(FolderError::NotEmpty(shown)),
                None => Ok(Self(path)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self(path)),
            Err(_) => Err(FolderError::NoFolder(shown)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn session_log(&self) -> Result<Box<dyn Write + Send>> {
        make(&self.0)?;
        let path = self.0.join("session.log");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Box::new(BufWriter::new(file)))
    }

    /// Writes a file below it, whole or not at all: half a CDR file would be handed in as one. Its path in it has slashes
    /// everywhere.
    pub(super) fn write(&self, inside: &str, bytes: &[u8]) -> Result<()> {
        let path = self.0.join(inside);
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        whole_file::put(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes the answer as `collection.json`.
    pub(super) fn write_collection(answer: &Collect) -> Result<()> {
        let json = serde_json::to_string_pretty(&Envelope::of(answer))?;
        let folder = Self(PathBuf::from(&answer.out));
        folder.write(collect::FILE_NAME, format!("{}\n", escape::json(&json)).as_bytes())
    }
}

/// Makes a folder that this account alone can read: traces and CDR files hold calls.
fn make(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the folder {}", path.display()))
}
