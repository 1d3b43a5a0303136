//! The SSH wire: identification strings, packets and KEXINIT as pure parsers and writers, and the edges that
//! carry them over sockets.
//!
//! [`identification`], [`packet`] and [`kexinit`] take bytes and know no socket; they serve both roles, since a
//! client's KEXINIT has the form of a server's. [`exchange`] puts them together for a client. [`probe`], [`handshake`] and `listener` are the edges.
//! [`sftp`] speaks over a channel, [`known_hosts`] reads a file's text. `session`, `trust` and `login` are a
//! connection with an account: `deliver` and `collect` share them.

pub mod connect;
pub mod deadline;
pub(crate) mod error;
pub(crate) mod exchange;
pub mod greeting;
pub mod handshake;
pub mod host_key;
pub mod identification;
pub mod kexinit;
pub mod known_hosts;
pub(crate) mod listener;
pub(crate) mod login;
pub(crate) mod opening;
pub mod packet;
pub mod packets;
pub mod probe;
pub(crate) mod relay;
pub(crate) mod session;
pub mod sftp;
pub mod target;
pub(crate) mod trust;
pub(crate) mod wire;

/// The port of SSH where none is named (RFC 4253, section 4.1).
pub const PORT: u16 = 22;

/// Bytes of a peer as text: what is not UTF-8 becomes a visible `\xNN`, so that nothing is lost and two unlike
/// names stay unlike. Control characters stay: whoever prints escapes them.
pub fn visible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}

/// The first bytes of what a peer sent, as one printable line for a message.
pub fn excerpt(bytes: &[u8]) -> String {
    const KEPT: usize = 60;
    let kept = bytes.get(..KEPT).unwrap_or(bytes);
    let more = if bytes.len() > KEPT { "…" } else { "" };
    format!("\"{}\"{more}", kept.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_utf_8_stays_visible_and_distinct() {
        assert_eq!(visible(b"aes\xff-ctr"), "aes\\xff-ctr");
        assert_ne!(visible(b"\xfe"), visible(b"\xff"));
        assert_eq!(visible("Größe".as_bytes()), "Größe");
    }

    #[test]
    fn an_excerpt_is_short_and_printable() {
        assert_eq!(excerpt(b"\x16\x03\x01"), "\"\\x16\\x03\\x01\"");
        assert!(excerpt(&[0; 10_000]).len() < 300);
    }
}
