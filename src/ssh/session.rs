//! A connection by libssh2 behind the relay's bounds: from TCP to SFTP.

use std::net::TcpStream;
use std::time::Duration;

use ssh2::{Channel, Error, ErrorCode, Session};

use super::deadline::{Clock, Deadline};
use super::error::{Source, SshError};
use super::handshake::{self, Preferences};
use super::opening::{self, FirstWords};
use super::relay::{Ending, Opening, Relay};
use super::sftp::{Sftp, SftpError};

/// How long the last words of a program that should have spoken SFTP are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A session that is open.
pub(crate) struct Link {
    pub(crate) session: Session,
    relay: Relay,
    clock: Clock,
}

/// What a handshake came to, and how the server began.
pub(crate) struct HandshakeOutcome {
    pub(crate) link: Result<Link, SshError>,
    pub(crate) words: FirstWords,
    pub(crate) opening: Opening,
}

impl Link {
    /// Shakes hands.
    pub(crate) fn open(
        server: TcpStream,
        preferences: &Preferences,
        clock: &Clock,
        max_bytes: usize,
    ) -> HandshakeOutcome {
        let (stream, relay) = match Relay::open(server, clock, max_bytes) {
            Ok(open) => open,
            Err(error) => {
                let failure = SshError::own("sockets", format!("no sockets for it: {error}"));
                return HandshakeOutcome {
                    link: Err(failure),
                    words: FirstWords::default(),
                    opening: Opening::default(),
                };
            }
        };
        let shaken = handshake::open(stream, preferences, clock.deadline());
        let opening = relay.opening();
        let words = opening::read(&opening.bytes);
        let link = match shaken {
            Ok(session) => Ok(Self { session, relay, clock: clock.clone() }),
            Err(error) => {
                let relays = ended(relay.ending(), clock.deadline()).filter(|relays| relays.code != CLOSED);
                Err(relays.unwrap_or_else(|| told(&error)))
            }
        };
        HandshakeOutcome { link, words, opening }
    }

    /// Says goodbye: it spares the server's log a broken connection.
    pub(crate) fn hang_up(&self) {
        let _ = self.session.disconnect(None, "cdrdiag has seen what it wanted", None);
    }

    /// Whether there is still a connection.
    pub(crate) fn is_open(&self) -> bool {
        self.relay.ending().is_none()
    }

    /// Has libssh2 wait no longer than the clock's deadline.
    pub(crate) fn limit_waiting(&self) {
        handshake::limit_waiting(&self.session, self.clock.deadline());
    }

    /// An error that may come of the deadline, or of a bound.
    pub(crate) fn explain(&self, failure: SshError) -> SshError {
        let relays = ended(self.relay.ending(), self.clock.deadline());
        // A connection that the server closed is told by libssh2 as well, and in more words.
        relays.filter(|relays| relays.code != CLOSED).unwrap_or(failure)
    }

    /// What an SFTP request came to.
    pub(crate) fn sftp_error(&self, error: &SftpError) -> SshError {
        let failure = match error {
            SftpError::Status { code, .. } => return SshError::new(Source::Sftp, &code, error.to_string()),
            SftpError::Stream(error) => {
                let last = Error::last_session_error(&self.session);
                last.map_or_else(|| SshError::own(CLOSED, error.to_string()), |error| told(&error))
            }
            SftpError::Closed => SshError::own("sftp_closed", error.to_string()),
            SftpError::Polluted(_) => SshError::own("sftp_polluted", error.to_string()),
            SftpError::Garbled(_) => SshError::own("garbled", error.to_string()),
        };
        ended(self.relay.ending(), self.clock.deadline()).unwrap_or(failure)
    }

    /// Opens the SFTP subsystem.
    pub(crate) fn sftp(&self) -> Result<Sftp<Channel>, SshError> {
        let mut channel = self.session.channel_session().map_err(|error| self.explain(told(&error)))?;
        channel.subsystem("sftp").map_err(|error| self.explain(told(&error)))?;
        Sftp::start(channel).map_err(|(error, channel)| {
            let failure = self.sftp_error(&error);
            if self.is_open() { self.last_words(channel, failure) } else { failure }
        })
    }

    /// What the program that should have spoken SFTP said and how it ended, where it tells.
    fn last_words(&self, mut channel: Channel, failure: SshError) -> SshError {
        self.clock.shorten(LAST_WORDS);
        self.limit_waiting();
        let mut said = [0; 200];
        let length = std::io::Read::read(&mut channel.stderr(), &mut said).unwrap_or_default();
        let said = said.get(..length).unwrap_or_default().trim_ascii_end();
        let words = if said.is_empty() { String::new() } else { format!("; it said \"{}\"", said.escape_ascii()) };
        let _ = channel.close();
        let ended = channel.wait_close().is_ok();
        match channel.exit_status() {
            Ok(status) if ended && status != 0 => {
                let message = format!("{}; its program ended with status {status}{words}", failure.message);
                // What stood in SFTP's place says more than the status of the program that printed it.
                let is_closed = failure.code == "sftp_closed";
                let known = is_closed && matches!(status, 126 | 127);
                if known { SshError::new(Source::Exit, &status, message) } else { SshError { message, ..failure } }
            }
            _ => SshError { message: format!("{}{words}", failure.message), ..failure },
        }
    }
}

/// The code of a connection that came to its end.
const CLOSED: &str = "connection_closed";

/// Why the relay stopped, where it did.
fn ended(ending: Option<Ending>, deadline: Deadline) -> Option<SshError> {
    Some(match ending? {
        Ending::Deadline => {
            SshError::own("timed_out", format!("it did not end within {:.1} s", deadline.whole().as_secs_f64()))
        }
        Ending::TooMuch => SshError::own("flood", "the server sent more than any delivery needs"),
        Ending::Closed => SshError::own(CLOSED, "the connection was closed"),
    })
}

pub(crate) fn told(error: &Error) -> SshError {
    let (source, code) = match error.code() {
        ErrorCode::Session(code) => (Source::Libssh2, code),
        ErrorCode::SFTP(code) => (Source::Sftp, code),
    };
    SshError::new(source, &code, format!("libssh2 says: {}", error.message()))
}
