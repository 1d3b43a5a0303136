//! What a peer sends in the clear behind its identification string: packets, up to its KEXINIT. Pure; for either role.

use std::fmt;

use super::kexinit::Break;
use super::packet::{self, Disconnect, Message, PacketError};

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A client.
    Client,
    /// A server.
    Server,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "the client",
            Self::Server => "the server",
        })
    }
}

/// Why a peer's KEXINIT is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKexinit {
    /// What follows the identification is no packet.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// It is cut or lies.
    #[error("a broken KEXINIT: {0}")]
    Broken(Break),
    /// A message that has no place before it.
    #[error("message number {0} came instead of its algorithm lists (KEXINIT)")]
    Message(u8),
    /// Too many messages without it.
    #[error("{messages} messages, {bytes} bytes, and no KEXINIT among them")]
    Flood {
        /// Messages skipped.
        messages: usize,
        /// Bytes read.
        bytes: usize,
    },
    /// The peer said goodbye.
    #[error("{peer} hung up: {:?} (reason {})", .words.text, .words.code())]
    Disconnected {
        /// Who.
        peer: Peer,
        /// What it said.
        words: Disconnect,
    },
}

impl NoKexinit {
    /// The name in JSON: `garbled`, `flood`, `disconnected`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Packet(_) | Self::Broken(_) | Self::Message(_) => "garbled",
            Self::Flood { .. } => "flood",
            Self::Disconnected { .. } => "disconnected",
        }
    }
}

/// Reads packets out of bytes that come in pieces.
#[derive(Debug)]
pub struct Packets {
    peer: Peer,
    most_skipped: usize,
    skipped: usize,
    at: usize,
}

impl Packets {
    /// Of this peer, of whom so many messages are skipped. With the largest packet that bounds the bytes, too.
    pub fn of(peer: Peer, most_skipped: usize) -> Self {
        Self { peer, most_skipped, skipped: 0, at: 0 }
    }

    /// The next KEXINIT's payload in all that has come so far. `Ok(None)`: more is needed.
    ///
    /// # Errors
    /// When it is sure that none will come.
    pub fn kexinit<'b>(&mut self, received: &'b [u8]) -> Result<Option<&'b [u8]>, NoKexinit> {
        while let Some(packet) = packet::first(received.get(self.at..).unwrap_or_default())? {
            self.at += packet.size;
            match Message::of(packet.payload) {
                Message::Kexinit(payload) => return Ok(Some(payload)),
                Message::Disconnect(words) => return Err(NoKexinit::Disconnected { peer: self.peer, words }),
                Message::Other(message) => return Err(NoKexinit::Message(message)),
                Message::Skipped => self.skipped += 1,
            }
            if self.skipped > self.most_skipped {
                return Err(NoKexinit::Flood { messages: self.skipped, bytes: self.at });
            }
        }
        Ok(None)
    }
}
