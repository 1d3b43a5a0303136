//! A client's greeting: its identification string and its KEXINIT, out of bytes that come in pieces. Pure; the
//! listener and the packet captures read by it.

use super::excerpt;
use super::identification::{self, IdentificationError};
use super::packets::{NoKexinit, Packets, Peer};
use super::{kexinit, packet};
use crate::document::probe::Identification;
use crate::model::offer::Offer;

/// The most messages that are skipped before KEXINIT. With the largest packet this bounds the bytes, too.
const MAX_SKIPPED: usize = 4;

/// More than this is never needed to know a greeting, or to know that there is none.
pub const MAX_BYTES: usize = identification::MAX_LINE + (MAX_SKIPPED + 1) * (packet::MAX_PACKET + 4);

/// What a client said of itself and proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Its identification string.
    pub identification: Identification,
    /// Its KEXINIT.
    pub proposal: Offer,
}

/// Why there is no greeting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GreetingError {
    /// It does not begin as SSH: a client sends nothing before its identification string (RFC 4253, section 4.2).
    #[error("no SSH client: it sent {0}")]
    NotSsh(String),
    /// It began as SSH, and has no identification string of SSH 2.
    #[error("no SSH 2 client: {0}")]
    Identification(String),
    /// What follows is no KEXINIT.
    #[error(transparent)]
    NoKexinit(#[from] NoKexinit),
}

impl GreetingError {
    /// The name in JSON: `not_ssh`, `garbled`, `flood`, `disconnected`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotSsh(_) => "not_ssh",
            Self::Identification(_) => "garbled",
            Self::NoKexinit(why) => why.kind(),
        }
    }
}

/// Reads one client's greeting.
#[derive(Debug)]
pub struct Reader {
    identification: identification::Reader,
    /// The identification string, and where the packets begin.
    found: Option<(Identification, usize)>,
    packets: Packets,
}

impl Default for Reader {
    fn default() -> Self {
        let packets = Packets::of(Peer::Client, MAX_SKIPPED);
        Self { identification: identification::Reader::default(), found: None, packets }
    }
}

impl Reader {
    /// Looks at all that has come so far. `Ok(None)`: more is needed.
    ///
    /// # Errors
    /// When it is sure that no greeting will come.
    pub fn advance(&mut self, received: &[u8]) -> Result<Option<Greeting>, GreetingError> {
        if self.found.is_none() {
            self.found = self.identify(received)?;
        }
        let Some((identification, size)) = &self.found else { return Ok(None) };
        let Some(payload) = self.packets.kexinit(received.get(*size..).unwrap_or_default())? else { return Ok(None) };
        let proposal = kexinit::parse(payload).map_err(|broken| NoKexinit::Broken(broken.what))?;
        Ok(Some(Greeting { identification: identification.clone(), proposal }))
    }

    fn identify(&mut self, received: &[u8]) -> Result<Option<(Identification, usize)>, GreetingError> {
        const START: &[u8] = b"SSH-";
        let start = received.get(..START.len()).unwrap_or(received);
        if !START.starts_with(start) {
            return Err(GreetingError::NotSsh(excerpt(received)));
        }
        let wrong = |error: IdentificationError| GreetingError::Identification(error.to_string());
        let Some((found, size)) = self.identification.advance(received).map_err(wrong)? else { return Ok(None) };
        match identification::check_protocol(&found) {
            Ok(()) => Ok(Some((found, size))),
            Err(_) => Err(GreetingError::Identification(format!("it says {:?}", found.raw))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::{Category, split_list};
    use proptest::prelude::*;

    fn proposal() -> Offer {
        let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
        for category in Category::ALL {
            offer.set(category, split_list(category.name()));
        }
        offer
    }

    fn greeting() -> Vec<u8> {
        let packet = packet::write(&kexinit::write(&proposal(), [7; 16]));
        [b"SSH-2.0-JSCH-0.1.54\n", packet.as_slice()].concat()
    }

    fn read(bytes: &[u8]) -> Result<Option<Greeting>, GreetingError> {
        Reader::default().advance(bytes)
    }

    #[test]
    fn a_greeting_in_pieces_is_put_together() {
        let bytes = greeting();
        let mut reader = Reader::default();
        for length in 0..bytes.len() {
            assert_eq!(reader.advance(&bytes[..length]), Ok(None));
        }
        let read = reader.advance(&bytes).unwrap().unwrap();
        assert_eq!(read.identification.raw, "SSH-2.0-JSCH-0.1.54");
        assert_eq!(read.proposal, proposal());
    }

    #[test]
    fn whoever_does_not_begin_as_ssh_is_known_at_once() {
        for bytes in [&b"G"[..], b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"SSX"] {
            assert_eq!(read(bytes).unwrap_err().kind(), "not_ssh");
        }
        assert_eq!(read(b"SSH-1.5-old\n").unwrap_err().kind(), "garbled");
    }

    #[test]
    fn a_packet_of_four_gigabytes_is_refused_before_it_comes() {
        let bytes = [b"SSH-2.0-x\r\n".as_slice(), &[0xff; 8]].concat();
        assert_eq!(read(&bytes).unwrap_err().kind(), "garbled");
    }

    #[test]
    fn messages_without_a_kexinit_are_a_flood() {
        let ignore = packet::write(b"\x02\0\0\0\0");
        let one = [b"SSH-2.0-x\r\n".as_slice(), &ignore, &greeting()[20..]].concat();
        assert!(read(&one).unwrap().is_some(), "IGNORE may come at any time");
        let many = [b"SSH-2.0-x\r\n".as_slice(), &ignore.repeat(9)].concat();
        assert_eq!(read(&many).unwrap_err().kind(), "flood");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in prop::bool::ANY, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = if start { [b"SSH-2.0-x\r\n", bytes.as_slice()].concat() } else { bytes };
            let _ = read(&bytes);
        }
    }
}
