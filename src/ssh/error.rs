//! What goes wrong with a connection: whose code it is, and one line that says it.

use super::connect::ConnectError;

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The connection's: `refused`.
    Connect,
    /// The reason of an `SSH_MSG_DISCONNECT`: `12`.
    Disconnect,
    /// libssh2's: `-18`.
    Libssh2,
    /// An SFTP status: `3`.
    Sftp,
    /// The exit status of the program that should have spoken SFTP: `127`.
    Exit,
    /// What cdrdiag sees itself: `timed_out`.
    Own,
}

impl Source {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Libssh2 => "libssh2",
            Self::Sftp => "sftp",
            Self::Exit => "exit",
            Self::Own => "own",
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshError {
    pub(crate) source: Source,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl SshError {
    pub(crate) fn new(source: Source, code: &(impl ToString + ?Sized), message: impl Into<String>) -> Self {
        Self { source, code: code.to_string(), message: message.into() }
    }

    /// Of what cdrdiag sees itself.
    pub(crate) fn own(code: &str, message: impl Into<String>) -> Self {
        Self::new(Source::Own, code, message)
    }
}

impl From<ConnectError> for SshError {
    fn from(error: ConnectError) -> Self {
        Self::new(Source::Connect, error.kind(), error.to_string())
    }
}
