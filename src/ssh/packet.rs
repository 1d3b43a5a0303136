//! The binary packet protocol before encryption (RFC 4253, section 6), for either role. Pure: bytes in, payload out.

use super::wire::{Body, string};
use super::{excerpt, visible};

/// The largest `packet_length` that is accepted. RFC 4253, section 6.1, asks for 35,000 bytes in all.
pub const MAX_PACKET: usize = 35_000;

/// The least that stands around a payload: length (4), padding length (1).
const HEADER: usize = 5;
const MIN_PADDING: usize = 4;
/// Without a cipher, packets come in multiples of eight bytes.
const BLOCK: usize = 8;

/// Message numbers (RFC 4250, section 4.1.2).
pub mod number {
    /// `SSH_MSG_DISCONNECT`.
    pub const DISCONNECT: u8 = 1;
    /// `SSH_MSG_IGNORE`.
    pub const IGNORE: u8 = 2;
    /// `SSH_MSG_UNIMPLEMENTED`.
    pub const UNIMPLEMENTED: u8 = 3;
    /// `SSH_MSG_DEBUG`.
    pub const DEBUG: u8 = 4;
    /// `SSH_MSG_KEXINIT`.
    pub const KEXINIT: u8 = 20;
}

/// Bytes that are no SSH packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The length field says more than any packet may hold, or what no packet can have.
    #[error("a packet of {length} bytes is impossible (at most {MAX_PACKET}, a multiple of 8): it sent {seen}")]
    Length {
        /// What the length field says.
        length: u32,
        /// The first bytes, printable.
        seen: String,
    },
    /// The padding does not fit the packet.
    #[error("padding of {padding} bytes does not fit a packet of {length}")]
    Padding {
        /// What the padding field says.
        padding: u8,
        /// What the length field says.
        length: u32,
    },
}

/// One packet of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The message; its first byte is the number, and there is one.
    pub payload: &'a [u8],
    /// How many bytes of the stream the packet took.
    pub size: usize,
}

/// The first packet of what has come; `Ok(None)`: more is needed.
///
/// # Errors
/// As soon as the length or the padding can't be a packet's.
pub fn first(received: &[u8]) -> Result<Option<Packet<'_>>, PacketError> {
    let Some((length, rest)) = received.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length);
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    let impossible = || PacketError::Length { length, seen: excerpt(received) };
    if !(1 + 1 + MIN_PADDING..=MAX_PACKET).contains(&size) || !(size + 4).is_multiple_of(BLOCK) {
        return Err(impossible());
    }
    let Some((&padding, _)) = rest.split_first() else { return Ok(None) };
    let payload = (size - 1).checked_sub(usize::from(padding)).filter(|payload| *payload > 0);
    let (Some(payload), true) = (payload, usize::from(padding) >= MIN_PADDING) else {
        return Err(PacketError::Padding { padding, length });
    };
    if rest.len() < size {
        return Ok(None);
    }
    Ok(rest.get(1..=payload).map(|payload| Packet { payload, size: size + 4 }))
}

/// A packet that carries this payload. The padding is zeros: before encryption it hides nothing.
pub fn write(payload: &[u8]) -> Vec<u8> {
    let mut padding = BLOCK - (HEADER + payload.len()) % BLOCK;
    if padding < MIN_PADDING {
        padding += BLOCK;
    }
    let length = u32::try_from(1 + payload.len() + padding).unwrap_or(u32::MAX);
    let mut packet = Vec::with_capacity(HEADER + payload.len() + padding);
    packet.extend(length.to_be_bytes());
    packet.push(u8::try_from(padding).unwrap_or(u8::MAX));
    packet.extend(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

/// What a payload means to somebody who waits for KEXINIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// The peer's KEXINIT, for [`super::kexinit::parse`].
    Kexinit(&'a [u8]),
    /// IGNORE, DEBUG, UNIMPLEMENTED: may come at any time and mean nothing here.
    Skipped,
    /// The peer hangs up and says why.
    Disconnect(Disconnect),
    /// Anything else has no place before KEXINIT.
    Other(u8),
}

/// `SSH_MSG_DISCONNECT` with this reason and this text for people.
pub fn goodbye(reason: u32, text: &str) -> Vec<u8> {
    [&[number::DISCONNECT][..], &reason.to_be_bytes(), &string(text.as_bytes()), &string(b"")].concat()
}

/// `SSH_MSG_DISCONNECT` (RFC 4253, section 11.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// The reason code; `None` where the message is cut.
    pub reason: Option<u32>,
    /// What it says to people.
    pub text: String,
}

impl Disconnect {
    /// The reason code in words.
    pub fn code(&self) -> String {
        self.reason.map_or_else(|| "unknown".to_owned(), |reason| reason.to_string())
    }
}

impl<'a> Message<'a> {
    /// Reads a payload.
    pub fn of(payload: &'a [u8]) -> Self {
        match payload.first().copied() {
            Some(number::KEXINIT) => Self::Kexinit(payload),
            Some(number::DISCONNECT) => Self::Disconnect(disconnect(payload.get(1..).unwrap_or_default())),
            Some(number::IGNORE | number::DEBUG | number::UNIMPLEMENTED) => Self::Skipped,
            Some(other) => Self::Other(other),
            None => Self::Other(0),
        }
    }
}

/// The body of a disconnect message, as much of it as is there.
fn disconnect(body: &[u8]) -> Disconnect {
    /// What a person still reads.
    const MAX_TEXT: usize = 1_000;
    let mut body = Body(body);
    let reason = body.number();
    // Of a text that is cut, what came of it.
    let text = body.string().or_else(|| body.0.get(4..)).unwrap_or_default();
    Disconnect { reason, text: visible(text.get(..MAX_TEXT).unwrap_or(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_packet_is_read_once_it_is_whole() {
        let packet = write(b"\x02hello");
        assert_eq!(packet.len() % 8, 0);
        for cut in 0..packet.len() {
            assert_eq!(first(&packet[..cut]), Ok(None), "{cut} bytes");
        }
        let followed = [packet.as_slice(), b"next"].concat();
        assert_eq!(first(&followed), Ok(Some(Packet { payload: b"\x02hello", size: packet.len() })));
    }

    #[test]
    fn four_gigabytes_are_refused_before_they_come() {
        assert!(matches!(first(&[0xff; 4]), Err(PacketError::Length { length: u32::MAX, .. })));
        let error = first(b"Protocol mismatch.\n").unwrap_err();
        assert!(error.to_string().contains("Protocol mismatch"), "{error}");
    }

    #[test]
    fn padding_fits_the_packet() {
        let with_padding = |padding: u8| [&[0, 0, 0, 12, padding][..], &[0; 11]].concat();
        assert!(first(&with_padding(4)).unwrap().is_some());
        assert!(matches!(first(&with_padding(3)), Err(PacketError::Padding { .. })));
        assert!(matches!(first(&with_padding(11)), Err(PacketError::Padding { .. })), "no payload left");
        assert!(matches!(first(&with_padding(200)), Err(PacketError::Padding { .. })));
    }

    #[test]
    fn a_disconnect_tells_its_reason_even_when_cut() {
        let whole = Disconnect { reason: Some(2), text: "Too many".into() };
        assert_eq!(Message::of(b"\x01\0\0\0\x02\0\0\0\x08Too many\0\0\0\0"), Message::Disconnect(whole));
        let lying = Disconnect { reason: Some(2), text: "x".into() };
        assert_eq!(Message::of(b"\x01\0\0\0\x02\xff\xff\xff\xffx"), Message::Disconnect(lying));
        let cut = Disconnect { reason: None, text: String::new() };
        assert_eq!(Message::of(b"\x01\0"), Message::Disconnect(cut));
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            if let Ok(Some(packet)) = first(&bytes) {
                prop_assert!(packet.size <= bytes.len() && !packet.payload.is_empty());
                let _ = Message::of(packet.payload);
            }
            let _ = Message::of(&bytes);
        }

        #[test]
        fn what_is_written_is_read(payload in prop::collection::vec(any::<u8>(), 1..5_000)) {
            let packet = write(&payload);
            prop_assert_eq!(first(&packet), Ok(Some(Packet { payload: &payload, size: packet.len() })));
        }
    }
}
