//! The kinds of inputs that people have in hand, in words, and which command reads each.

use std::fmt;

use super::saved_form::Form;

/// What people have in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Records of CUCM's log4j traces.
    Trace,
    /// What CUCM's command line prints for `file list`.
    Listing,
    /// Its session's log, or what it says of the node; traces and listings may be among it.
    Session,
    /// What `collect` wrote about a session.
    Collection,
    /// Alarms: a syslog, an alert, a mail.
    Alarms,
    /// A CDR or CMR file itself.
    Records,
    /// A server's algorithms as another program, or cdrdiag, saved them.
    SavedAnswer(Form),
    /// The log of an SSH server: what clients proposed to it.
    ServerLog,
}

impl Kind {
    /// Whether commands that read traces leave it to another one.
    pub fn is_elsewhere(self) -> bool {
        matches!(self, Self::Listing | Self::Records | Self::SavedAnswer(_) | Self::ServerLog)
    }

    /// What to do with it, for who gave it to a command that does not read it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Trace | Self::Alarms | Self::Session | Self::Collection => "give it to cdrdiag parse-log or diagnose",
            Self::Listing => "give it to cdrdiag backlog, or to diagnose with --preserve",
            Self::Records => "cdrdiag backlog counts such files, and deliver --files hands them in",
            Self::SavedAnswer(Form::OpensshLog | Form::JschLog | Form::Capture) => {
                "cdrdiag probe reads what the server offers in it, cdrdiag profile learn what the client proposes"
            }
            Self::SavedAnswer(_) => "give it to cdrdiag probe or compare, or to diagnose with --primary or --secondary",
            Self::ServerLog => {
                "cdrdiag profile learn reads what clients proposed in it; judge by that with --profile FILE"
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "a trace of CUCM",
            Self::Listing => "a listing of CUCM's command line",
            Self::Session => "what CUCM's command line says of a node",
            Self::Collection => "what cdrdiag collected of a node",
            Self::Alarms => "alarms of CUCM",
            Self::Records => "a CDR or CMR file",
            Self::SavedAnswer(form) => form.title(),
            Self::ServerLog => "an SSH server's log",
        })
    }
}
