//! The flags of `collect`, of which `diagnose --cucm` shares some.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDateTime;
use clap::Args;

use super::values;
use crate::ssh::known_hosts::Fingerprint;

const AFTER_HELP: &str = "\
It only reads: a read-only platform account (privilege level 0) is enough. The
password comes from --password-file, else CDRDIAG_PASSWORD, else a prompt; it
goes to a known host key only, and once. Every command that is sent is in
collection.json.";

/// Arguments of `collect`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Collect {
    /// The CUCM node: [USER@]HOST[:PORT] [default: the configuration's]
    ///
    /// USER is a platform account, not an application user [default: administrator].
    #[arg(value_name = "NODE")]
    pub node: Option<String>,

    /// What is collected, and how the node is reached.
    #[command(flatten)]
    pub session: CollectSession,

    /// How long the node may be silent, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub timeout: Option<Duration>,

    /// Only traces written at or after this time
    ///
    /// By the node's clock, as 2019-07-25 or "2019-07-25 13:00".
    #[arg(long, value_name = "TIME", value_parser = values::trace_time_from)]
    pub since: Option<NaiveDateTime>,
}

/// What the flags for collecting stand under in the help.
const COLLECTING: &str = "Collecting from CUCM";

/// What `collect` and `diagnose --cucm` share.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = COLLECTING)]
pub struct CollectSession {
    /// Keep what is collected in this folder [default: cdrdiag-NODE-TIME]
    ///
    /// It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Read the password from this file's first line
    ///
    /// - is standard input.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Confirm the node's host key by its fingerprint
    ///
    /// For a node that `known_hosts` does not have.
    #[arg(long, value_name = "SHA256:…", value_parser = Fingerprint::parse)]
    pub host_key: Option<Fingerprint>,

    /// Look host keys up in this file [default: `~/.ssh/known_hosts`]
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,

    /// Collect at most this many traces, the newest
    #[arg(long, value_name = "N")]
    pub traces: Option<usize>,

    /// Collect at most this many bytes of traces, newest first [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<u64>,

    /// Also collect the waiting CDR and CMR files
    ///
    /// `deliver --files` hands them to a billing server.
    #[arg(long)]
    pub waiting: bool,
}

/// Whether a flag is for collecting alone.
pub fn is_session_flag(flag: &clap::Arg) -> bool {
    flag.get_help_heading() == Some(COLLECTING)
}

impl CollectSession {
    /// A flag that was given, for a command that needs a node for it.
    pub fn given(&self) -> Option<&'static str> {
        let Self { out, password_file, host_key, known_hosts, traces, max_bytes, waiting } = self;
        let given = [
            ("--out", out.is_some()),
            ("--password-file", password_file.is_some()),
            ("--host-key", host_key.is_some()),
            ("--known-hosts", known_hosts.is_some()),
            ("--traces", traces.is_some()),
            ("--max-bytes", max_bytes.is_some()),
            ("--waiting", *waiting),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }
}
