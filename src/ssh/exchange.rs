//! What is said on a connection until the server's offer is known: both identification strings, the server's KEXINIT.
//! Pure: bytes in, what to make of them out.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::connect::ConnectError;
use super::error::{Source, SshError};
use super::identification::{self, IdentificationError};
use super::packets::{NoKexinit, Packets, Peer};
use super::{excerpt, kexinit, packet};
use crate::document::probe::{Identification, Outcome, Timing};
use crate::model::offer::{Category, Offer};
use crate::model::stage::Stage;

/// The most messages that are skipped before KEXINIT. With the largest packet this bounds the bytes, too.
const MAX_SKIPPED: usize = 16;

/// What a server says up to the end of its KEXINIT, in bytes, unless it is unusual.
const TYPICAL: usize = 2_048;

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

impl Awaited {
    fn stage(self) -> Stage {
        match self {
            Self::Identification => Stage::Identification,
            Self::Kexinit => Stage::KeyExchange,
        }
    }
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
            Self::Identification(error) => error.kind(),
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

impl ProbeError {
    /// The error as a delivery would meet it, and at which stage.
    pub(crate) fn as_ssh_error(&self) -> (Stage, SshError) {
        let own = |stage, code| (stage, SshError::own(code, self.to_string()));
        match self {
            Self::Connect(error) => (error.stage(), error.clone().into()),
            Self::TimedOut { awaited, .. } => own(awaited.stage(), "timed_out"),
            // No group, no algorithm was asked for yet: what ends a connection later is no cause here.
            Self::Closed { awaited: Awaited::Kexinit, .. } | Self::Reset { awaited: Awaited::Kexinit, .. } => {
                own(Stage::KeyExchange, "closed_before_kexinit")
            }
            Self::Closed { awaited, .. } | Self::Reset { awaited, .. } => own(awaited.stage(), "connection_closed"),
            Self::Identification(error) => own(Stage::Identification, error.kind()),
            Self::NoKexinit(NoKexinit::Disconnected { words, .. }) => {
                (Stage::KeyExchange, SshError::new(Source::Disconnect, &words.code(), self.to_string()))
            }
            Self::NoKexinit(why) => own(Stage::KeyExchange, why.kind()),
            Self::Read(_) => own(Stage::KeyExchange, "connection_closed"),
        }
    }
}

/// What is said on one connection, as far as it has come.
#[derive(Debug)]
pub(super) struct Exchange {
    received: Vec<u8>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Identification(identification::Reader),
    Kexinit(Packets),
}

impl Exchange {
    /// What is sent at once, since some servers wait for it.
    pub(super) const HELLO: &str = identification::OURS;

    pub(super) fn new() -> Self {
        let phase = Phase::Identification(identification::Reader::default());
        Self { received: Vec::with_capacity(TYPICAL), phase }
    }

    /// Takes in what came, `at` milliseconds after the start, and says whether that is all.
    ///
    /// # Errors
    /// When it is sure that no offer will come.
    pub(super) fn take(&mut self, piece: &[u8], at: f64, reading: &mut Reading) -> Result<bool, ProbeError> {
        self.received.extend_from_slice(piece);
        if let Phase::Identification(reader) = &mut self.phase {
            let Some((found, size)) = reader.advance(&self.received)? else { return Ok(false) };
            reading.timing.identification = Some(at);
            identification::check_protocol(reading.identification.insert(found))?;
            self.received.drain(..size);
            self.phase = Phase::Kexinit(Packets::of(Peer::Server, MAX_SKIPPED));
        }
        let Phase::Kexinit(packets) = &mut self.phase else { return Ok(false) };
        let Some(payload) = packets.kexinit(&self.received)? else { return Ok(false) };
        match kexinit::parse(payload) {
            Ok(offer) => reading.offer = Some(offer),
            Err(broken) => {
                reading.offer = Some(*broken.read).filter(|offer| !offer.is_empty());
                return Err(NoKexinit::Broken(broken.what).into());
            }
        }
        reading.timing.kexinit = Some(at);
        Ok(true)
    }

    /// Whether the server may wait for our KEXINIT before it sends its own.
    pub(super) fn may_wait_for_ours(&self) -> bool {
        matches!(self.phase, Phase::Kexinit(_))
    }

    /// Our KEXINIT.
    pub(super) fn ours() -> Vec<u8> {
        packet::write(&kexinit::write(&everything(), [0; 16]))
    }

    /// What it is when nothing more will come; `given` is the whole time.
    pub(super) fn ended(&self, end: End, given: Duration) -> ProbeError {
        let awaited = match &self.phase {
            Phase::Identification(reader) => match reader.give_up(&self.received) {
                Some(error) => return error.into(),
                None => Awaited::Identification,
            },
            Phase::Kexinit(_) => Awaited::Kexinit,
        };
        let received = if self.received.is_empty() { String::new() } else { excerpt(&self.received) };
        match end {
            End::TimedOut => ProbeError::TimedOut { awaited, after: given, received },
            End::Closed => ProbeError::Closed { awaited, received },
            End::Reset => ProbeError::Reset { awaited, received },
            End::Io(error) => ProbeError::Read(error.to_string()),
        }
    }
}

/// Why nothing more was read.
pub(super) enum End {
    TimedOut,
    Closed,
    Reset,
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TimedOut,
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
