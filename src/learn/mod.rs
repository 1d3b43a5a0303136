//! What a client proposes, out of what is already lying around: JSch's log, the billing server's sshd log, a packet
//! capture, cdrdiag's own answers. Bytes in, clients out; nothing here opens a file or a socket.
//!
//! Each reader hands what it sees to a [`collector::Collector`], which knows clients by their addresses and bounds
//! what is kept. `profile` makes a profile of a client, `likeness` tells which built-in one it resembles.

pub(crate) mod captured;
pub mod collector;
mod connections;
mod fragments;
pub(crate) mod jsch;
mod layers;
pub(crate) mod likeness;
mod link;
pub(crate) mod own;
pub(crate) mod packets;
pub(crate) mod profile;
pub(crate) mod servers;
pub mod source;
pub(crate) mod sshd;
pub(crate) mod sshd_debug;
mod streams;
pub(crate) mod text;

use std::fmt;

/// What kind of thing told a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// JSch's own log.
    JschLog,
    /// The text of JSch's exception: one category.
    JschException,
    /// The billing server's sshd: one category.
    Sshd,
    /// The log of another SSH server.
    Server,
    /// Packets on the wire.
    Packets,
    /// A KEXINIT that `cdrdiag capture` received.
    Capture,
    /// An answer or a profile that cdrdiag wrote.
    Saved,
}

impl Form {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::JschLog => "JSch's log",
            Self::JschException => "JSch's exception",
            Self::Sshd => "the server's sshd log",
            Self::Server => "the server's log",
            Self::Packets => "a packet capture",
            Self::Capture => "the client's own KEXINIT",
            Self::Saved => "a file of cdrdiag's",
        }
    }
}

/// Where a list was seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user named it.
    pub path: String,
    /// Line of a text or number of a packet, counted from 1; `None` where there is no such thing.
    pub number: Option<u64>,
    /// What it is.
    pub form: Form,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{}:{number} ({})", self.path, self.form.title()),
            None => write!(f, "{} ({})", self.path, self.form.title()),
        }
    }
}
