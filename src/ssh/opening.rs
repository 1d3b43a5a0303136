//! What a server says in the clear: its identification, its offer, or why it won't talk. Pure.

use super::error::{Source, SshError};
use super::identification;
use super::kexinit;
use super::packets::{NoKexinit, Packets, Peer};
use crate::document::probe::Identification;
use crate::model::offer::Offer;

/// A server's first words.
#[derive(Debug, Default)]
pub(crate) struct FirstWords {
    pub(crate) identification: Option<Identification>,
    pub(crate) offer: Option<Offer>,
    /// What explains the end of the conversation better than libssh2 can.
    pub(crate) error: Option<SshError>,
}

/// Reads the first bytes that a server sent, as far as they go.
pub(crate) fn read(bytes: &[u8]) -> FirstWords {
    let mut words = FirstWords::default();
    let mut reader = identification::Reader::default();
    let found = reader.advance(bytes).and_then(|found| match found {
        Some((found, size)) => {
            identification::check_protocol(words.identification.insert(found))?;
            Ok(Some(size))
        }
        None => reader.give_up(bytes).map_or(Ok(None), Err),
    });
    match found {
        Ok(Some(size)) => read_packets(bytes.get(size..).unwrap_or_default(), &mut words),
        Ok(None) => {}
        Err(error) => words.error = Some(SshError::own(error.kind(), error.to_string())),
    }
    words
}

/// Packets up to the KEXINIT; what follows may be encrypted, except a goodbye right behind it.
fn read_packets(rest: &[u8], words: &mut FirstWords) {
    let mut packets = Packets::of(Peer::Server, usize::MAX);
    let mut found = packets.kexinit(rest);
    if let Ok(Some(payload)) = found {
        words.offer = kexinit::parse(payload).ok();
        found = packets.kexinit(rest);
    }
    if let Err(error @ NoKexinit::Disconnected { words: goodbye, .. }) = &found {
        words.error = Some(SshError::new(Source::Disconnect, &goodbye.code(), error.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::packet;
    use proptest::prelude::*;

    #[test]
    fn a_server_is_read_as_far_as_it_goes() {
        let mut bytes = b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec();
        let words = read(&bytes);
        assert!(words.identification.is_some() && words.offer.is_none() && words.error.is_none());
        bytes.extend(packet::write(&kexinit::write(&Offer::default(), [1; 16])));
        assert!(read(&bytes).offer.is_some());
        bytes.extend(packet::write(b"\x01\0\0\0\x0c\0\0\0\x10Too many of you!\0\0\0\0"));
        let failure = read(&bytes).error.unwrap();
        assert_eq!((failure.source, failure.code.as_str()), (Source::Disconnect, "12"));
        assert!(failure.message.contains("Too many of you!"));
    }

    #[test]
    fn somebody_else_is_named() {
        assert_eq!(read(b"HTTP/1.1 400 Bad Request\r\n\r\n").error.unwrap().code, "not_ssh");
        assert_eq!(read(b"Exceeded MaxStartups\r\n").error.unwrap().code, "turned_away");
        assert!(read(b"").error.is_none(), "silence says nothing");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read(&[b"SSH-2.0-x\r\n".as_slice(), &bytes].concat());
        }
    }
}
