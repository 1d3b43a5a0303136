//! What the server has of a file, before it is written and after.

use std::fs::File;
use std::io;

use sha2::{Digest, Sha256};

use super::{Done, HandIn, Miss, Saved, local};
use crate::delivery::stages::Open;
use crate::document::backfill::FileOutcome;
use crate::ssh::error::SshError;
use crate::ssh::sftp::{SftpError, status};
use crate::words::grouped;

/// What the server has under a file's name.
pub(super) enum There {
    Nothing,
    Same,
    /// What an earlier try of ours left half written.
    Ours,
    Other(String),
    /// It does not let this account look.
    Hidden,
}

impl HandIn<'_> {
    pub(super) fn look(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<There, SshError> {
        let size = match open.sftp.stat(path) {
            Ok(attributes) => attributes.size,
            Err(error) if error.status() == Some(status::NO_SUCH_FILE) => return Ok(There::Nothing),
            Err(error) if error.status().is_some() => return Ok(There::Hidden),
            Err(error) => return Err(open.link.sftp_error(&error)),
        };
        Ok(match size {
            Some(size) if size == saved.bytes => There::Same,
            Some(size) if size < saved.bytes && self.is_ours(open, saved, path, size) => There::Ours,
            Some(size) => {
                let (there, here) = (grouped(size), grouped(saved.bytes));
                There::Other(format!("the server has a file of that name with {there} bytes; the saved one has {here}"))
            }
            None => There::Other("the server has a file of that name and does not report its size".to_owned()),
        })
    }

    /// Whether a shorter file is what an earlier try began to write: the journal says that one did, and the file is
    /// how ours begins.
    pub(super) fn is_ours(&self, open: &mut Open, saved: &Saved, path: &str, size: u64) -> bool {
        if !self.backfill.journal.began(self.place(), &saved.name, saved.bytes) {
            return false;
        }
        let there = digest_there(open, path, size);
        let here = digest_here(saved, size);
        matches!((there, here), (Ok(there), Ok(here)) if there == here)
    }

    /// The size that the server has, and where it was asked for the content.
    pub(super) fn check(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<Done, Miss> {
        let done = Done::new(FileOutcome::Delivered);
        match open.sftp.stat(path) {
            Ok(attributes) => match attributes.size {
                Some(size) if size != saved.bytes => {
                    let (there, here) = (grouped(size), grouped(saved.bytes));
                    Err(Miss::File(FileOutcome::Failed, format!("{here} bytes were sent, and the server has {there}")))
                }
                _ => Ok(Done { same_when_read_back: self.read_back(open, saved, path)?, ..done }),
            },
            Err(error) if error.status() == Some(status::NO_SUCH_FILE) => {
                Ok(Done { message: Some("picked up on the server at once".to_owned()), ..done })
            }
            Err(error) if error.status().is_some() => {
                Ok(Done { message: Some("the server does not let this account see its size".to_owned()), ..done })
            }
            Err(error) => Err(open.link.sftp_error(&error).into()),
        }
    }

    /// Whether the server's copy is the same, where that was asked for and the server lets it be read.
    pub(super) fn read_back(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<Option<bool>, Miss> {
        if !self.backfill.read_back {
            return Ok(None);
        }
        let there = match digest_there(open, path, saved.bytes) {
            Ok(digest) => digest,
            Err(error) if error.status().is_some() => return Ok(None),
            Err(error) => return Err(open.link.sftp_error(&error).into()),
        };
        let here = digest_here(saved, saved.bytes).map_err(|error| local(saved, &error))?;
        if there == here {
            return Ok(Some(true));
        }
        let why = "the server has a file of that name and size with other content".to_owned();
        Err(Miss::File(FileOutcome::Conflict, why))
    }
}

fn digest_there(open: &mut Open, path: &str, bytes: u64) -> Result<Vec<u8>, SftpError> {
    let handle = open.sftp.open_to_read(path)?;
    let mut digest = Sha256::new();
    let read = open.sftp.read_all(&handle, bytes, |piece| digest.update(piece));
    let _ = open.sftp.close(&handle);
    read.map(|_| digest.finalize().to_vec())
}

/// The digest of a saved file's first bytes.
fn digest_here(saved: &Saved, bytes: u64) -> io::Result<Vec<u8>> {
    let mut digest = Sha256::new();
    io::copy(&mut io::Read::take(File::open(&saved.path)?, bytes), &mut digest)?;
    Ok(digest.finalize().to_vec())
}
