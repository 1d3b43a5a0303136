//! The stages of a delivery: where a cause strikes, where a server refuses a client, where a delivery stops.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step of a delivery, named alike in tables, traces, judgements and deliveries. The order is a delivery's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The name's addresses.
    Resolve,
    /// The TCP connection.
    Connect,
    /// The server's identification string.
    Identification,
    /// The algorithms and the key exchange.
    KeyExchange,
    /// Whether the server is the one that the client knows.
    HostKey,
    /// The login.
    Authentication,
    /// The SFTP subsystem.
    Channel,
    /// The directory.
    SftpPath,
    /// Making, writing and closing the file.
    SftpWrite,
    /// A file under way, where JSch's message does not tell more.
    Transfer,
    /// Reading the file's size back.
    SftpSize,
    /// Removing the file.
    SftpRemove,
    /// The SSH session, at any time after the login.
    Session,
}

impl Stage {
    /// Every stage in its order.
    pub const ALL: [Self; 13] = [
        Self::Resolve,
        Self::Connect,
        Self::Identification,
        Self::KeyExchange,
        Self::HostKey,
        Self::Authentication,
        Self::Channel,
        Self::SftpPath,
        Self::SftpWrite,
        Self::Transfer,
        Self::SftpSize,
        Self::SftpRemove,
        Self::Session,
    ];

    /// The stages that `deliver` goes through: those of which it can tell one from the other.
    pub const OF_A_DELIVERY: [Self; 11] = [
        Self::Resolve,
        Self::Connect,
        Self::Identification,
        Self::KeyExchange,
        Self::HostKey,
        Self::Authentication,
        Self::Channel,
        Self::SftpPath,
        Self::SftpWrite,
        Self::SftpSize,
        Self::SftpRemove,
    ];

    /// The name in JSON and in tables: `key_exchange`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Identification => "identification",
            Self::KeyExchange => "key_exchange",
            Self::HostKey => "host_key",
            Self::Authentication => "authentication",
            Self::Channel => "channel",
            Self::SftpPath => "sftp_path",
            Self::SftpWrite => "sftp_write",
            Self::Transfer => "transfer",
            Self::SftpSize => "sftp_size",
            Self::SftpRemove => "sftp_remove",
            Self::Session => "session",
        }
    }

    /// The stage of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_named_alike_everywhere() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
            assert_eq!(Stage::named(stage.name()), Some(stage));
        }
    }
}
