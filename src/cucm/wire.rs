//! The shell's channel with its log: bytes to and from a node, bounded in time.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use ssh2::{Channel, ExtendedData};

use crate::ssh::deadline::{Clock, Deadline};
use crate::ssh::error::SshError;
use crate::ssh::session::Link;

/// How soon silence is noticed.
const NOTICE: u32 = 50;
/// How much longer than a command's silence the connection itself is kept.
const LATER: Duration = Duration::from_secs(5);
/// The terminal asked for: the wider it is, the less is wrapped.
const TERMINAL: (u32, u32, u32, u32) = (511, 200, 0, 0);

/// What a read came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// Something.
    Bytes,
    /// Nothing so far.
    Nothing,
    End,
}

/// A shell on a terminal.
pub(crate) struct Wire {
    link: Link,
    channel: Channel,
    clock: Clock,
    silence: Duration,
    log: Log,
}

/// The session's log: what the node prints, and where a line has ended what was sent meanwhile, so that it spoils no line
/// of a trace. A log that cannot be written loses no trace.
struct Log {
    out: Box<dyn Write + Send>,
    begins_line: bool,
    held: Vec<u8>,
}

impl Log {
    fn printed(&mut self, bytes: &[u8]) {
        let line = memchr::memchr(b'\n', bytes).filter(|_| !self.held.is_empty());
        let (before, behind) = bytes.split_at(line.map_or(0, |end| end + 1));
        let _ = self.out.write_all(before);
        if line.is_some() {
            self.release();
        }
        let _ = self.out.write_all(behind);
        self.begins_line = bytes.last().map_or(self.begins_line, |last| *last == b'\n');
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
        if self.begins_line {
            self.release();
        }
    }

    fn release(&mut self) {
        let _ = self.out.write_all(&std::mem::take(&mut self.held));
    }

    fn end(&mut self) {
        self.release();
        let _ = self.out.flush();
    }
}

impl Wire {
    /// Asks for the shell.
    pub(crate) fn open(
        link: Link,
        clock: &Clock,
        silence: Duration,
        log: Box<dyn Write + Send>,
    ) -> Result<Self, SshError> {
        clock.set(Deadline::after(silence));
        link.limit_waiting();
        match shell(&link) {
            Ok(channel) => {
                let log = Log { out: log, begins_line: true, held: Vec::new() };
                let wire = Self { link, channel, clock: clock.clone(), silence, log };
                wire.keep_open();
                Ok(wire)
            }
            // libssh2 tells nothing of a disconnect at this stage.
            Err(_) if !link.is_open() => Err(SshError::own("channel", "it ended the connection")),
            Err(error) => Err(link.explain(SshError::own("channel", error.message().to_owned()))),
        }
    }

    /// Reads what has come, and adds it here.
    pub(crate) fn read(&mut self, into: &mut Vec<u8>) -> Arrived {
        let mut piece = [0; 16_384];
        self.link.session.set_timeout(NOTICE);
        match self.channel.read(&mut piece) {
            Ok(0) => Arrived::End,
            Ok(length) => {
                let piece = piece.get(..length).unwrap_or_default();
                self.log.printed(piece);
                into.extend(piece);
                self.keep_open();
                Arrived::Bytes
            }
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {
                    if self.link.is_open() { Arrived::Nothing } else { Arrived::End }
                }
                _ => Arrived::End,
            },
        }
    }

    /// Sends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.keep_open();
        self.link.limit_waiting();
        // No flush: libssh2's throws away what has come and was not read yet (libssh2_channel_flush_ex).
        self.channel.write_all(bytes)
    }

    /// Writes to the log what the node does not print.
    pub(crate) fn note(&mut self, bytes: &[u8]) {
        self.log.sent(bytes);
    }

    /// Reads until the other end closes, or for so long.
    pub(crate) fn drain(&mut self, time: Duration) {
        let start = Instant::now();
        let mut rest = Vec::new();
        while start.elapsed() < time && self.read(&mut rest) != Arrived::End {}
    }

    /// Ends the connection.
    pub(crate) fn hang_up(mut self) {
        self.log.end();
        self.clock.shorten(Duration::from_secs(2));
        self.link.limit_waiting();
        self.link.hang_up();
    }

    fn keep_open(&self) {
        self.clock.set(Deadline::after(self.silence + LATER));
    }
}

fn shell(link: &Link) -> Result<Channel, ssh2::Error> {
    let mut channel = link.session.channel_session()?;
    channel.request_pty("vt100", None, Some(TERMINAL))?;
    channel.handle_extended_data(ExtendedData::Merge)?;
    channel.shell()?;
    Ok(channel)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_key_that_is_sent_within_a_line_stands_behind_it() {
        let kept = Kept::default();
        let mut log = Log { out: Box::new(kept.clone()), begins_line: true, held: Vec::new() };
        log.printed(b"one\r\ntw");
        log.sent(b"n\r\x1b[K");
        log.printed(b"o\r\nthree\r\n");
        log.sent(b"q\r\x1b[K");
        log.printed(b"admin:");
        log.sent(b"x");
        log.end();
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "one\r\ntwo\r\nn\r\x1b[Kthree\r\nq\r\x1b[Kadmin:x");
    }
}
