//! One file onto the server: under a temporary name and renamed, or under its own.

use std::fs::File;
use std::io;

use super::comparing::There;
use super::{HandIn, Miss, Saved, local};
use crate::delivery::stages::{Open, full};
use crate::delivery::test_file;
use crate::document::backfill::FileOutcome;
use crate::ssh::sftp::WriteError;

/// Why a file could not be written under a temporary name.
enum Refused {
    /// The server lets no such file be made or renamed: there is another way.
    Way,
    /// It cannot be written at all.
    Miss(Miss),
}

impl HandIn<'_> {
    pub(super) fn write(&mut self, open: &mut Open, saved: &Saved, path: &str) -> Result<(), Miss> {
        if !self.directly {
            match self.write_and_rename(open, saved, path) {
                Err(Refused::Way) => {}
                Err(Refused::Miss(miss)) => return Err(miss),
                Ok(()) => return Ok(()),
            }
        }
        self.write_directly(open, saved, path)?;
        self.directly = true;
        Ok(())
    }

    fn write_and_rename(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<(), Refused> {
        let part = test_file::path(self.directory, &part_name(&saved.name));
        self.delivery.log.note(|answer| answer.left_behind.push(part.clone()));
        let handle = open.sftp.create_over(&part).map_err(|error| {
            if error.status().is_some() {
                // It made no file: nothing is left behind.
                self.delivery.removed(&part);
                return Refused::Way;
            }
            Refused::Miss(open.link.sftp_error(&error).into())
        })?;
        let written = self.fill(open, saved, &handle);
        if let Err(miss) = written {
            self.remove(open, &part);
            return Err(Refused::Miss(miss));
        }
        match open.sftp.rename(&part, path) {
            Ok(()) => {
                self.delivery.removed(&part);
                Ok(())
            }
            Err(error) if error.status().is_some() => {
                self.remove(open, &part);
                match self.look(open, saved, path).map_err(|failure| Refused::Miss(failure.into()))? {
                    There::Same => Ok(()),
                    There::Other(why) => Err(Refused::Miss(Miss::File(FileOutcome::Conflict, why))),
                    There::Nothing | There::Ours | There::Hidden => Err(Refused::Way),
                }
            }
            Err(error) => Err(Refused::Miss(open.link.sftp_error(&error).into())),
        }
    }

    /// Under its own name at once, where the server lets no file be renamed.
    fn write_directly(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<(), Miss> {
        let noted = self.backfill.journal.begin(self.place(), &saved.name, saved.bytes);
        noted.map_err(|error| self.journal_trouble(&error))?;
        let handle = open.sftp.create(path).map_err(|error| {
            let failure = open.link.sftp_error(&error);
            full(&mut open.sftp, self.directory, saved.bytes, &error, &failure).unwrap_or(failure)
        })?;
        self.delivery.log.note(|answer| answer.left_behind.push(path.to_owned()));
        if let Err(miss) = self.fill(open, saved, &handle) {
            self.remove(open, path);
            return Err(miss);
        }
        self.delivery.removed(path);
        Ok(())
    }

    fn fill(&self, open: &mut Open, saved: &Saved, handle: &crate::ssh::sftp::Handle) -> Result<(), Miss> {
        let file = File::open(&saved.path).map_err(|error| local(saved, &error))?;
        let written = open.sftp.write_from(handle, io::Read::take(file, saved.bytes + 1));
        let closed = open.sftp.close(handle);
        let written = match (written, closed) {
            (Ok(written), Ok(())) => written,
            (Err(WriteError::Local(error)), _) => return Err(local(saved, &error)),
            (Err(WriteError::Sftp(error)), _) | (Ok(_), Err(error)) => {
                let failure = open.link.sftp_error(&error);
                let full = full(&mut open.sftp, self.directory, saved.bytes, &error, &failure);
                return Err(full.unwrap_or(failure).into());
            }
        };
        if written == saved.bytes {
            return Ok(());
        }
        let why = "its size changed while it was read: save it again".to_owned();
        Err(Miss::File(FileOutcome::Failed, why))
    }

    /// What cannot be removed now is told as left behind, and tried again at the end.
    fn remove(&self, open: &mut Open, path: &str) {
        if open.sftp.remove(path).is_ok() {
            self.delivery.removed(path);
        }
    }
}

/// The temporary name of a file: always the same, so that what a broken run left is written over, and such that no
/// billing system takes it for a CDR file. See [`test_file::name`].
fn part_name(name: &str) -> String {
    format!("part_cdrdiag_{}", name.replace("cdr_", "cdr-").replace("cmr_", "cmr-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::delivery_file::DeliveryFile;

    #[test]
    fn no_billing_system_takes_the_temporary_name_for_a_cdr_file() {
        let part = part_name("cdr_cmr_Main_01_202503090001_1");
        assert!(!part.contains("cdr_") && !part.contains("cmr_") && !part.starts_with("cdr"), "{part}");
        assert!(DeliveryFile::parse(&part).is_none());
        assert_ne!(part, part_name("cmr_cmr_Main_01_202503090001_1"), "two files have two names");
    }
}
