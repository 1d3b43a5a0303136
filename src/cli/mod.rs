//! Every command and flag, and nothing else: no file is opened and nothing is decided here.

mod backlog;
mod collect;
mod connection;
mod deliver;
pub mod help;
mod profile;
mod report;
mod shell;
mod traces;
mod values;

use std::path::PathBuf;

pub use backlog::{Backlog, Deadline};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use collect::{Collect, CollectSession};
pub use connection::{Connection, Reach};
pub use deliver::Deliver;
pub use profile::{Capture, Profile, ProfileLearn, ProfileShow, Variants};
pub use report::{Format, Output, Reports};
pub use shell::{Completions, Man, Schema};
pub use traces::{Narrow, ParseLog};

/// Why CUCM does not deliver call detail records, and the least change that fixes it
#[derive(Debug, Parser)]
#[command(name = "cdrdiag", version, about, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Global {
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,

    /// Print everything, not only what to act on
    #[arg(long, global = true)]
    pub full: bool,

    /// Check against this profile of CUCM's client: built in, or a file
    ///
    /// May be repeated. Default: what the configuration file names, else every built-in CUCM release.
    #[arg(long, global = true, value_name = "ID|FILE")]
    pub profile: Vec<String>,

    /// Read this configuration file
    ///
    /// Default: ./cdrdiag.toml, else the one in the user's configuration folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// When to use colour: auto, always or never
    ///
    /// The variable `NO_COLOR` counts, too.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: Color,

    /// Print nothing but the answer
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Report more of what is done and what is left out
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole story: traces, waiting files and servers in one report
    Diagnose(Diagnose),
    /// Read cdrrepmgr traces: what failed, to whom, since when, why
    ParseLog(ParseLog),
    /// Read listings of CUCM's preserve folder: what waits, and until when
    Backlog(Backlog),
    /// Show the settings in force, and where each comes from
    Config,
    /// Read what servers offer: does CUCM's client get in, and what to change
    Probe(Probe),
    /// Compare servers: which difference matters to CUCM
    Compare(Compare),
    /// Collect what a diagnosis needs from a CUCM node's command line
    Collect(Collect),
    /// Log in and write a file as CUCM does: where does it stop, and why
    Deliver(Deliver),
    /// What CUCM's client proposes, by release
    #[command(subcommand)]
    Profile(Profile),
    /// Listen for CUCM's client, and record what it really proposes
    Capture(Capture),
    /// Print shell completions
    Completions(Completions),
    /// Print the manual, or write a page for each command
    Man(Man),
    /// Print the JSON Schema of an answer
    Schema(Schema),
}

/// Arguments of `probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// Host, host:port, [v6]:port, a configured name, or a saved answer
    ///
    /// A saved answer is a file that cdrdiag, nmap (ssh2-enum-algos), ssh-audit, ssh -vv, zgrab2, Mozilla's scanner,
    /// Nessus or JSch wrote, or a packet capture; FILE#HOST:PORT or FILE#:PORT where it holds several servers.
    #[arg(value_name = "TARGET", required_unless_present = "list")]
    pub targets: Vec<String>,

    /// Also probe the servers in this file, one per line
    ///
    /// # begins a comment, - is standard input.
    #[arg(long = "targets", value_name = "FILE")]
    pub list: Option<PathBuf>,

    /// Probe this many servers at a time
    ///
    /// At most 256 of them are in a handshake at a time; waiting for a turn does not count towards --timeout.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: u16,

    /// How servers are reached.
    #[command(flatten)]
    pub connection: Connection,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,

    /// The form of the answer.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The server that works: host, host:port, [v6]:port, a configured name, or a saved answer
    ///
    /// A saved answer is a file that cdrdiag, nmap (ssh2-enum-algos), ssh-audit, ssh -vv, zgrab2, Mozilla's scanner,
    /// Nessus or JSch wrote, or a packet capture; FILE#HOST:PORT or FILE#:PORT where it holds several servers.
    #[arg(value_name = "PRIMARY")]
    pub primary: String,

    /// The server to compare with it
    #[arg(value_name = "SECONDARY")]
    pub secondary: String,

    /// More servers, each compared with the first
    #[arg(value_name = "OTHER")]
    pub others: Vec<String>,

    /// How servers are reached.
    #[command(flatten)]
    pub connection: Connection,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,

    /// The form of the answer.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `diagnose`.
#[derive(Debug, Clone, Args)]
#[command(mut_args(|arg| if collect::is_session_flag(&arg) { arg.hide_short_help(true) } else { arg }))]
pub struct Diagnose {
    /// Trace files, folders, .gz, .zip, .tar, or - for standard input
    ///
    /// Listings and saved answers among them are recognised by their content.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// A listing of CUCM's preserve folder, or its files
    ///
    /// The output of `file list activelog /cm/cdr_repository/preserve/<date>/ detail`, or a folder of files
    /// copied from CUCM. May be repeated.
    #[arg(long, value_name = "LISTING")]
    pub preserve: Vec<PathBuf>,

    /// Collect from this CUCM node first
    ///
    /// [USER@]HOST[:PORT], as collect has it. Reads its traces, listings, release, FIPS mode and time zone, and
    /// probes the billing servers in its database. Changes nothing on it. --out DIR keeps what was collected.
    #[arg(long, value_name = "[USER@]NODE")]
    pub cucm: Option<String>,

    /// The billing server that usually works
    ///
    /// Host, host:port, [v6]:port, a configured name, or a saved answer, as for probe.
    #[arg(long, value_name = "TARGET")]
    pub primary: Option<String>,

    /// The billing server that takes over from it
    #[arg(long, value_name = "TARGET")]
    pub secondary: Option<String>,

    /// Another server to check
    ///
    /// May be repeated.
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Also probe the hosts that the traces name
    #[arg(long, requires = "paths", hide_short_help = true)]
    pub probe_from_trace: bool,

    /// How long files are kept, and the time to judge by.
    #[command(flatten)]
    pub deadline: Deadline,

    /// What narrows the answer about the traces.
    #[command(flatten)]
    pub narrow: Narrow,

    /// What is collected from the node.
    #[command(flatten)]
    pub session: CollectSession,

    /// How servers are reached.
    #[command(flatten)]
    pub connection: Connection,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,

    /// The form of the answer.
    #[command(flatten)]
    pub output: Output,
}
