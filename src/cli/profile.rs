//! What CUCM's client proposes: `profile`, `capture`, and the node's settings that change it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;

/// Arguments of `profile`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Profile {
    /// List the built-in profiles
    List,
    /// Show one profile: its lists, its sources and what is assumed
    Show(ProfileShow),
    /// Learn a profile from logs and packet captures of CUCM's client
    Learn(ProfileLearn),
}

/// Arguments of `profile learn`.
#[derive(Debug, Args)]
pub struct ProfileLearn {
    /// JSch's log, the billing server's sshd log (syslog or journal), a packet capture (.pcap, .pcapng), or
    /// what cdrdiag captured or saved; each also as .gz; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Write the profile to this file; with several clients, each to a file beside it named after the client
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Only the client with this address; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub client: Vec<String>,
}

/// Arguments of `capture`.
#[derive(Debug, Args)]
pub struct Capture {
    /// Listen here; a port alone means every address of this machine
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:2222", value_parser = values::listen_address)]
    pub listen: SocketAddr,

    /// Stop after this many clients
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,

    /// Stop after this time [default: wait until Ctrl-C]
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub timeout: Option<Duration>,

    /// Write the profile to this file; with several clients, each to a file beside it named after the client
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `profile show`.
#[derive(Debug, Args)]
pub struct ProfileShow {
    /// A built-in profile or a file
    #[arg(value_name = "ID|FILE")]
    pub name: String,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,
}

/// A CUCM node's settings that change what its client proposes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The CUCM node's settings")]
pub struct Variants {
    /// The node runs in FIPS mode
    #[arg(long)]
    pub fips: bool,

    /// Cipher Management's list; also --ssh-kex, --ssh-mac
    ///
    /// Comma-separated, as it was typed there; it replaces the defaults.
    #[arg(long, value_name = "LIST")]
    pub ssh_ciphers: Option<String>,

    /// Cipher Management's "SSH Key Exchange"
    #[arg(long, hide_short_help = true, value_name = "LIST")]
    pub ssh_kex: Option<String>,

    /// Cipher Management's "SSH MAC"
    #[arg(long, hide_short_help = true, value_name = "LIST")]
    pub ssh_mac: Option<String>,
}
