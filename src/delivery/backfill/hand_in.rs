//! The files one after another: compared with the server, written, noted in the journal; over a new connection where the
//! old one breaks.

mod comparing;
mod writing;

use std::io;
use std::thread;
use std::time::Duration;

use super::journal::Place;
use super::{Backfill, Saved};
use crate::delivery::stages::{Delivery, Open, Seen, interrupted};
use crate::delivery::test_file;
use crate::document::backfill::{Backfill as Report, BackfillFile, FileOutcome};
use crate::model::stage::Stage;
use crate::ssh::deadline::Deadline;
use crate::ssh::error::SshError;
use crate::words::{counted, grouped};
use comparing::There;

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

fn local(saved: &Saved, error: &io::Error) -> Miss {
    Miss::File(FileOutcome::Failed, format!("cannot read {}: {error}", saved.path.display()))
}
