//! The flags of `deliver`.

use std::path::PathBuf;

use clap::Args;

use super::{Reach, Reports, Variants};
use crate::ssh::known_hosts::Fingerprint;

const AFTER_HELP: &str = "\
A delivery logs in as one client: --profile, else the newest CUCM release; it
also says what the server's lists mean for the others.

The password comes from --password-file, else CDRDIAG_PASSWORD, else a prompt (a
key's passphrase: CDRDIAG_PASSPHRASE), and goes to a known host key only. The
test file, test_cdrdiag_01_TIME_NUMBER, is removed again; --files stay.";

/// Arguments of `deliver`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Deliver {
    /// The server: host, host:port, [v6]:port, a configured name
    #[arg(value_name = "TARGET")]
    pub target: String,

    /// The account, as CDR Management has it
    #[arg(long, short, value_name = "NAME")]
    pub user: String,

    /// The directory, as CDR Management has it
    ///
    /// Without a leading / it is relative to the login directory.
    #[arg(long, short, value_name = "PATH")]
    pub directory: String,

    /// Read the password from this file's first line
    ///
    /// - is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    pub password_file: Option<PathBuf>,

    /// Log in with this private key instead of a password
    ///
    /// CUCM itself logs in by password only.
    #[arg(long, short, value_name = "FILE")]
    pub identity: Option<PathBuf>,

    /// Confirm the server's host key by its fingerprint
    ///
    /// For a server that `known_hosts` does not have.
    #[arg(long, value_name = "SHA256:…", value_parser = Fingerprint::parse)]
    pub host_key: Option<Fingerprint>,

    /// Look host keys up in this file [default: `~/.ssh/known_hosts`]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub known_hosts: Option<PathBuf>,

    /// Ask how much free space the directory's volume has
    #[arg(long, hide_short_help = true)]
    pub free_space: bool,

    /// Then send this many files to measure the pace
    ///
    /// One after the other; the answer says how many per second. --timeout covers the whole delivery: if it
    /// runs out first, the answer says how many went through.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: Option<u32>,

    /// Hand in saved CDR and CMR files: folders, or files
    ///
    /// As CUCM does, oldest first. They stay on the server, so it asks before it writes. Files that are already
    /// there are skipped, and nothing is overwritten. See `collect --waiting`.
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with = "repeat")]
    pub files: Vec<PathBuf>,

    /// Read each file back from the server and compare
    #[arg(long, requires = "files", hide_short_help = true)]
    pub read_back: bool,

    /// Hand the files in without asking
    #[arg(long, short, requires = "files")]
    pub yes: bool,

    /// How the server is reached.
    #[command(flatten)]
    pub reach: Reach,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,
}
