//! Reads what a server offers: TCP, both identification strings, the server's KEXINIT, and closes. Two round
//! trips, no cryptography, no login attempt.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::connect::{self, ConnectError, Family};
use super::deadline::Deadline;
use super::identification::{self, IdentificationError};
use super::packets::{NoKexinit, Packets, Peer};
use super::target::Target;
use super::{excerpt, kexinit, packet};
use crate::document::probe::{Identification, Outcome, TargetError, Timing};
use crate::model::offer::{Category, Offer};

/// The most messages that are skipped before KEXINIT. With the largest packet this bounds the bytes, too.
const MAX_SKIPPED: usize = 16;

/// How long a server that has sent its identification may be silent before it is sent our KEXINIT: some wait for it.
const SILENCE: Duration = Duration::from_millis(300);

/// What one server gave. What was learned before a failure is kept beside the error.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The address that answered.
    pub address: Option<SocketAddr>,
    /// The server's identification string.
    pub identification: Option<Identification>,
    /// The server's KEXINIT; of a broken one, the lists before the break.
    pub offer: Option<Offer>,
    /// Why there is no whole offer.
    pub error: Option<ProbeError>,
    /// Milliseconds from the start to the end of each step.
    pub timing: Timing,
}

/// What a server that was connected to had to send next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// Its identification string.
    Identification,
    /// Its KEXINIT.
    Kexinit,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identification => "its identification string",
            Self::Kexinit => "its algorithm lists (KEXINIT)",
        })
    }
}

/// Why a server's offer is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Connected, and time ran out before the server had said enough.
    #[error("connected, but {awaited} did not come within {:.1} s: {}", .after.as_secs_f64(), seen(.received))]
    TimedOut {
        /// What was missing.
        awaited: Awaited,
        /// The whole time given.
        after: Duration,
        /// The first bytes that came instead, printable; empty where none came.
        received: String,
    },
    /// The server closed the connection.
    #[error("the server closed the connection before {awaited}: {}", seen(.received))]
    Closed {
        /// What was missing.
        awaited: Awaited,
        /// The first bytes that came instead, printable; empty where none came.
        received: String,
    },
    /// The connection was reset, by the server or by something between.
    #[error("the connection was reset before {awaited}: {}", seen(.received))]
    Reset {
        /// What was missing.
        awaited: Awaited,
        /// The first bytes that came instead, printable; empty where none came.
        received: String,
    },
    /// No identification string of SSH 2.
    #[error(transparent)]
    Identification(#[from] IdentificationError),
    /// What follows is no KEXINIT.
    #[error(transparent)]
    NoKexinit(#[from] NoKexinit),
    /// Reading failed otherwise, in the system's words.
    #[error("reading failed: {0}")]
    Read(String),
}

fn seen(received: &str) -> String {
    if received.is_empty() { "it sent nothing".to_owned() } else { format!("it sent {received}") }
}

impl ProbeError {
    /// The name in JSON: `refused`, `timed_out`, `not_ssh`, `garbled` …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Connect(error) => error.kind(),
            Self::TimedOut { .. } => "timed_out",
            Self::Closed { .. } => "closed",
            Self::Reset { .. } => "reset",
            Self::Identification(IdentificationError::NotSsh { .. } | IdentificationError::OtherProtocol(_)) => {
                "not_ssh"
            }
            Self::Identification(IdentificationError::TurnedAway { .. }) => "turned_away",
            Self::Identification(IdentificationError::Broken { .. }) => "garbled",
            Self::NoKexinit(why) => why.kind(),
            Self::Read(_) => "read_failed",
        }
    }

    /// What a target with this error comes to.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Connect(_) => Outcome::Unreachable,
            Self::Identification(IdentificationError::NotSsh { .. } | IdentificationError::OtherProtocol(_)) => {
                Outcome::NotSsh
            }
            _ => Outcome::Error,
        }
    }
}

impl From<&ProbeError> for TargetError {
    fn from(error: &ProbeError) -> Self {
        Self { kind: error.kind().to_owned(), message: error.to_string() }
    }
}

/// Reads what the target offers. Never takes longer than the deadline, nor more than a few hundred kilobytes.
pub fn read(target: &Target, family: Family, deadline: Deadline) -> Reading {
    let mut reading = Reading::default();
    let exchanged =
        connect::connect(target, family, deadline).map_err(ProbeError::from).and_then(|(stream, address)| {
            reading.address = Some(address);
            reading.timing.connect = Some(deadline.elapsed_ms());
            Exchange::new(&stream, deadline).run(&mut reading)
        });
    reading.error = exchanged.err();
    reading.timing.total = Some(deadline.elapsed_ms());
    reading
}

/// One exchange with one server.
struct Exchange<'a> {
    stream: &'a TcpStream,
    deadline: Deadline,
    received: Vec<u8>,
}

impl<'a> Exchange<'a> {
    fn new(stream: &'a TcpStream, deadline: Deadline) -> Self {
        Self { stream, deadline, received: Vec::with_capacity(4_096) }
    }

    fn run(&mut self, reading: &mut Reading) -> Result<(), ProbeError> {
        // At once, since some servers wait for it. Whoever has closed already may still have said why.
        self.send(identification::OURS.as_bytes());
        let (found, size) = self.identification()?;
        reading.timing.identification = Some(self.deadline.elapsed_ms());
        identification::check_protocol(reading.identification.insert(found))?;
        self.received.drain(..size);
        let payload = self.kexinit()?;
        match kexinit::parse(&payload) {
            Ok(offer) => reading.offer = Some(offer),
            Err(broken) => {
                reading.offer = Some(*broken.read).filter(|offer| !offer.is_empty());
                return Err(NoKexinit::Broken(broken.what).into());
            }
        }
        reading.timing.kexinit = Some(self.deadline.elapsed_ms());
        Ok(())
    }

    fn identification(&mut self) -> Result<(Identification, usize), ProbeError> {
        let mut reader = identification::Reader::default();
        loop {
            if let Some(found) = reader.advance(&self.received)? {
                return Ok(found);
            }
            if let Err(end) = self.receive(None) {
                let judged = reader.give_up(&self.received).map(ProbeError::from);
                return Err(judged.unwrap_or_else(|| self.ended(end, Awaited::Identification)));
            }
        }
    }

    /// The payload of the server's KEXINIT.
    fn kexinit(&mut self) -> Result<Vec<u8>, ProbeError> {
        let mut patience = Some(SILENCE);
        let mut packets = Packets::of(Peer::Server, MAX_SKIPPED);
        loop {
            if let Some(payload) = packets.kexinit(&self.received)? {
                return Ok(payload.to_vec());
            }
            match self.receive(patience) {
                Ok(()) => {}
                Err(End::TimedOut) if patience.take().is_some() && self.deadline.remaining().is_some() => {
                    self.send(&packet::write(&kexinit::write(&everything(), [0; 16])));
                }
                Err(end) => return Err(self.ended(end, Awaited::Kexinit)),
            }
        }
    }

    fn send(&self, bytes: &[u8]) {
        if let Some(remaining) = self.deadline.remaining() {
            let _ = self.stream.set_write_timeout(Some(remaining));
            let mut stream = self.stream;
            let _ = stream.write_all(bytes);
        }
    }

    /// Appends what comes next, waiting until the deadline or for as long as patience lasts.
    fn receive(&mut self, patience: Option<Duration>) -> Result<(), End> {
        let remaining = self.deadline.remaining().ok_or(End::TimedOut)?;
        let wait = patience.map_or(remaining, |patience| patience.min(remaining));
        self.stream.set_read_timeout(Some(wait)).map_err(End::Io)?;
        let mut piece = [0; 4_096];
        let mut stream = self.stream;
        loop {
            match stream.read(&mut piece) {
                Ok(0) => return Err(End::Closed),
                Ok(length) => {
                    self.received.extend(piece.get(..length).unwrap_or_default());
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn ended(&self, end: End, awaited: Awaited) -> ProbeError {
        let received = if self.received.is_empty() { String::new() } else { excerpt(&self.received) };
        match end {
            End::TimedOut => ProbeError::TimedOut { awaited, after: self.deadline.whole(), received },
            End::Closed => ProbeError::Closed { awaited, received },
            End::Reset => ProbeError::Reset { awaited, received },
            End::Io(error) => ProbeError::Read(error.to_string()),
        }
    }
}

/// Why nothing more was read.
enum End {
    TimedOut,
    Closed,
    Reset,
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            _ => Self::Io(error),
        }
    }
}

/// A proposal for servers that do not send theirs before they have seen one. It only has to be well-formed:
/// nothing is negotiated, the connection ends with the server's answer.
fn everything() -> Offer {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for category in Category::ALL {
        let names: &[&str] = match category {
            Category::Kex => &[
                "curve25519-sha256",
                "ecdh-sha2-nistp256",
                "diffie-hellman-group14-sha256",
                "diffie-hellman-group14-sha1",
            ],
            Category::HostKey => &["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
            Category::CipherC2s | Category::CipherS2c => &["aes128-ctr", "aes256-ctr"],
            Category::MacC2s | Category::MacS2c => &["hmac-sha2-256", "hmac-sha1"],
            Category::CompressionC2s | Category::CompressionS2c => &["none"],
            Category::LanguageC2s | Category::LanguageS2c => &[],
        };
        offer.set(category, names.iter().map(|name| (*name).to_owned()).collect());
    }
    offer
}
