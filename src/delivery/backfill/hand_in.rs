//! The files one after another: written, renamed, checked, noted in the journal; over a new connection where the old
//! one breaks.

use std::fs::File;
use std::io;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::journal::Place;
use super::{Backfill, Saved};
use crate::delivery::stages::{Delivery, Open, Seen, full, interrupted};
use crate::delivery::test_file;
use crate::document::backfill::{Backfill as Report, BackfillFile, FileOutcome};
use crate::model::stage::Stage;
use crate::ssh::deadline::Deadline;
use crate::ssh::error::SshError;
use crate::ssh::sftp::{SftpError, WriteError, status};
use crate::words::{counted, grouped};

/// How often a connection that broke is made anew for one file, after 1, 2, 4 and 8 seconds.
const RECONNECTS: u32 = 4;

/// The slowest link that is waited for, beside the time for each file, in bytes a second.
const SLOWEST: u64 = 16_384;

/// Why a file was not delivered.
enum Miss {
    /// This file alone: the next one may do.
    File(FileOutcome, String),
    /// The delivery as a whole.
    Error(SshError),
}

impl From<SshError> for Miss {
    fn from(failure: SshError) -> Self {
        Self::Error(failure)
    }
}

/// A file that is on the server, or was.
struct Done {
    outcome: FileOutcome,
    message: Option<String>,
    same_when_read_back: Option<bool>,
}

impl Done {
    fn new(outcome: FileOutcome) -> Self {
        Self { outcome, message: None, same_when_read_back: None }
    }
}

/// What the server has under a file's name.
enum There {
    Nothing,
    Same,
    /// What an earlier try of ours left half written.
    Ours,
    Other(String),
    /// It does not let this account look.
    Hidden,
}

impl Delivery {
    /// Hands in the saved files.
    pub(in crate::delivery) fn hand_in(
        &self,
        backfill: &Backfill,
        seen: &Seen,
        open: &mut Option<Open>,
        directory: &str,
    ) -> Result<(), SshError> {
        let target = &self.order.target;
        let server = format!("{}:{}", target.host(), target.port());
        self.log.note(|answer| answer.backfill = Some(begun(backfill)));
        self.log.begin(Stage::SftpWrite);
        let mut hand_in = HandIn { delivery: self, backfill, seen, server: &server, directory, directly: false };
        let done = hand_in.all(open);
        let directly = hand_in.directly;
        let mut delivered = 0;
        self.log.note(|answer| {
            if let Some(report) = &mut answer.backfill {
                report.written_directly = directly;
                report.count();
                delivered = report.totals.delivered;
            }
        });
        done?;
        self.log.pass(Some(format!("{} of {}", grouped(delivered), counted(backfill.plan.files.len() as u64, "file"))));
        Ok(())
    }
}

fn begun(backfill: &Backfill) -> Report {
    Report {
        sources: backfill.plan.sources.iter().map(|path| path.display().to_string()).collect(),
        journal: Some(backfill.journal.path().display().to_string()),
        others: backfill.plan.others,
        files: backfill.plan.left_out.clone(),
        ..Report::default()
    }
}

/// The files under way.
struct HandIn<'a> {
    delivery: &'a Delivery,
    backfill: &'a Backfill,
    seen: &'a Seen,
    server: &'a str,
    directory: &'a str,
    /// Whether files are written under their own names, since the server refuses to rename.
    directly: bool,
}

impl HandIn<'_> {
    fn all(&mut self, open: &mut Option<Open>) -> Result<(), SshError> {
        let mut ended = None;
        for saved in &self.backfill.plan.files {
            let came_to = match &ended {
                Some(_) => saved.came_to(FileOutcome::NotSent, None),
                None => match self.patiently(open, saved) {
                    Ok(file) => file,
                    Err(failure) => {
                        let file = saved.came_to(FileOutcome::Failed, Some(failure.message.clone()));
                        ended = Some(failure);
                        file
                    }
                },
            };
            self.delivery.log.note(|answer| answer.backfill.get_or_insert_default().files.push(came_to));
            (self.backfill.progress)(saved.bytes);
        }
        ended.map_or(Ok(()), Err)
    }

    /// One file, over as many connections as it takes.
    fn patiently(&mut self, open: &mut Option<Open>, saved: &Saved) -> Result<BackfillFile, SshError> {
        let mut tries = 0;
        loop {
            let failure = match self.one(open, saved, tries > 0) {
                Ok(done) => {
                    let file = saved.came_to(done.outcome, done.message);
                    return Ok(BackfillFile { same_when_read_back: done.same_when_read_back, ..file });
                }
                Err(Miss::File(outcome, why)) => return Ok(saved.came_to(outcome, Some(why))),
                Err(Miss::Error(failure)) => failure,
            };
            // The SFTP program may end while the connection stays.
            let is_broken = failure.code == "sftp_closed" || open.as_ref().is_none_or(|open| !open.link.is_open());
            if !is_broken || tries == RECONNECTS || self.delivery.interrupt.is_raised() {
                return Err(failure);
            }
            self.pause(Duration::from_secs(1 << tries));
            tries += 1;
            self.start_clock(saved);
            if let Some(broken) = open.take() {
                broken.link.hang_up();
            }
            *open = self.delivery.reopen(self.seen);
        }
    }

    fn one(&mut self, open: &mut Option<Open>, saved: &Saved, again: bool) -> Result<Done, Miss> {
        if self.delivery.interrupt.is_raised() {
            return Err(interrupted().into());
        }
        let Some(open) = open else {
            return Err(SshError::own("connection_closed", "the connection broke and could not be made again").into());
        };
        self.start_clock(saved);
        open.link.limit_waiting();
        let path = test_file::path(self.directory, &saved.name);
        let place = self.place();
        let was_delivered = self.backfill.journal.has(place, &saved.name, saved.bytes);
        match self.look(open, saved, &path)? {
            There::Same => {
                let same_when_read_back = self.read_back(open, saved, &path)?;
                // After a break it is this run's own file whose answer was lost.
                let outcome = if again { FileOutcome::Delivered } else { FileOutcome::AlreadyThere };
                self.note_delivered(saved)?;
                return Ok(Done { same_when_read_back, ..Done::new(outcome) });
            }
            There::Other(why) => return Err(Miss::File(FileOutcome::Conflict, why)),
            There::Nothing | There::Hidden if was_delivered => return Ok(Done::new(FileOutcome::DeliveredEarlier)),
            There::Ours => open.sftp.remove(&path).map_err(|error| open.link.sftp_error(&error))?,
            There::Nothing | There::Hidden => {}
        }
        self.write(open, saved, &path)?;
        let done = self.check(open, saved, &path)?;
        self.note_delivered(saved)?;
        Ok(done)
    }

    fn look(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<There, SshError> {
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
    fn is_ours(&self, open: &mut Open, saved: &Saved, path: &str, size: u64) -> bool {
        if !self.backfill.journal.began(self.place(), &saved.name, saved.bytes) {
            return false;
        }
        let there = digest_there(open, path, size);
        let here = digest_here(saved, size);
        matches!((there, here), (Ok(there), Ok(here)) if there == here)
    }

    fn write(&mut self, open: &mut Open, saved: &Saved, path: &str) -> Result<(), Miss> {
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

    /// The size that the server has, and where it was asked for the content.
    fn check(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<Done, Miss> {
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
    fn read_back(&self, open: &mut Open, saved: &Saved, path: &str) -> Result<Option<bool>, Miss> {
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

    /// What cannot be removed now is told as left behind, and tried again at the end.
    fn remove(&self, open: &mut Open, path: &str) {
        if open.sftp.remove(path).is_ok() {
            self.delivery.removed(path);
        }
    }

    fn note_delivered(&self, saved: &Saved) -> Result<(), SshError> {
        if self.backfill.journal.has(self.place(), &saved.name, saved.bytes) {
            return Ok(());
        }
        let noted = self.backfill.journal.delivered(self.place(), &saved.name, saved.bytes);
        noted.map_err(|error| self.journal_trouble(&error))
    }

    fn journal_trouble(&self, error: &io::Error) -> SshError {
        let path = self.backfill.journal.path();
        SshError::own("local_file", format!("cannot write the journal {}: {error}", path.display()))
    }

    fn place(&self) -> Place<'_> {
        Place { server: self.server, directory: self.directory }
    }

    fn start_clock(&self, saved: &Saved) {
        let ample = Duration::from_secs(saved.bytes / SLOWEST);
        self.delivery.clock.set(Deadline::after(self.delivery.order.timeout + ample));
    }

    /// Waits, unless somebody asks to end.
    fn pause(&self, time: Duration) {
        const NOTICE: Duration = Duration::from_millis(100);
        let end = Deadline::after(time);
        // The delivery's end is moved along, so that waiting is not taken for being stuck.
        self.delivery.clock.set(Deadline::after(time + self.delivery.order.timeout));
        while end.remaining().is_some() && !self.delivery.interrupt.is_raised() {
            thread::sleep(NOTICE);
        }
    }
}

/// Why a file could not be written under a temporary name.
enum Refused {
    /// The server lets no such file be made or renamed: there is another way.
    Way,
    /// It cannot be written at all.
    Miss(Miss),
}

fn local(saved: &Saved, error: &io::Error) -> Miss {
    Miss::File(FileOutcome::Failed, format!("cannot read {}: {error}", saved.path.display()))
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
