//! Every command and flag, and nothing else: no file is opened and nothing is decided here.

mod deliver;
mod profile;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use deliver::{Deliver, Reach};
pub use profile::{Capture, Profile, ProfileLearn, ProfileShow, Variants};

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing wrong
  1  a problem was found (a server that can't be reached is one)
  2  wrong usage
  3  the job could not be done (unreadable input, broken profile, no permission)";

/// Why CUCM does not deliver call detail records, and the least change that fixes it
#[derive(Debug, Parser)]
#[command(name = "cdrdiag", version, about, after_help = EXIT_CODES, max_term_width = 100, disable_help_subcommand = true)]
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
pub struct Global {
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,

    /// Judge by this profile of CUCM's client: a built-in name or a file; may be repeated
    #[arg(long, global = true, value_name = "ID|FILE")]
    pub profile: Vec<String>,

    /// Read this configuration file instead of ./cdrdiag.toml or the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// When to use colour (the variable `NO_COLOR` counts, too)
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,

    /// Print nothing but the answer
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more about what is done and what is left out
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
    /// Read cdrrepmgr traces: what failed, to whom, since when, why
    ParseLog(ParseLog),
    /// Read listings of CUCM's preserve folder: what waits, and when CUCM starts to delete it
    Backlog(Backlog),
    /// Show what the configuration file sets, and what holds besides
    Config,
    /// Read what servers offer: would CUCM's client get in, and what would change that
    Probe(Probe),
    /// Set two servers side by side: how do they differ, and which difference matters to CUCM
    Compare(Compare),
    /// The whole story: traces, waiting files and servers taken together; cause, proof, remedy and deadline
    Diagnose(Diagnose),
    /// Log in and write a test file as CUCM would: at which stage does it stop, and why
    Deliver(Deliver),
    /// What CUCM's client proposes, by release
    #[command(subcommand)]
    Profile(Profile),
    /// Listen, let CUCM connect, and write down what its client really proposes
    Capture(Capture),
}

/// Arguments of `probe`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Probe {
    /// Servers: host, host:port, [v6]:port, a name from the configuration file, or a saved answer (JSON of
    /// cdrdiag or ssh-audit, nmap's ssh2-enum-algos)
    #[arg(value_name = "TARGET", required_unless_present = "list")]
    pub targets: Vec<String>,

    /// Probe the servers in this file, too: one a line, # begins a comment, - is standard input
    #[arg(long = "targets", value_name = "FILE")]
    pub list: Option<PathBuf>,

    /// Probe this many servers at a time
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=1024))]
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
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Compare {
    /// The server that works: a name from the configuration, host, host:port, [v6]:port, or a saved answer of
    /// cdrdiag, nmap or ssh-audit (FILE, or FILE#HOST:PORT where it holds several servers)
    #[arg(value_name = "PRIMARY")]
    pub primary: String,

    /// The server to compare with it
    #[arg(value_name = "SECONDARY")]
    pub secondary: String,

    /// More servers, each to compare with the first
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
}

/// What is handed on.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct Reports {
    /// Write the answer as one HTML file, too, that needs nothing else to be read or printed
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the answer as Markdown, too, for a ticket
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Replace the names of hosts, clusters, nodes, users and files by host-1, cluster-1 and so on, in every form
    #[arg(long)]
    pub redact: bool,
}

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Diagnose {
    /// Trace files, folders, .gz, .zip, or - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What `file list activelog /cm/cdr_repository/preserve/<date>/ detail` printed, or a folder of files pulled off
    /// CUCM; may be repeated
    #[arg(long, value_name = "LISTING")]
    pub preserve: Vec<PathBuf>,

    /// The billing server that usually works: a name from the configuration, host, host:port, [v6]:port, or a saved
    /// answer of cdrdiag, nmap or ssh-audit
    #[arg(long, value_name = "TARGET")]
    pub primary: Option<String>,

    /// The billing server that takes over from it
    #[arg(long, value_name = "TARGET")]
    pub secondary: Option<String>,

    /// Another server that may be meant; may be repeated
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Probe the hosts that the traces name, too
    #[arg(long, requires = "paths")]
    pub probe_from_trace: bool,

    /// How long files are kept, and the time to judge by.
    #[command(flatten)]
    pub deadline: Deadline,

    /// What narrows the answer about the traces.
    #[command(flatten)]
    pub narrow: Narrow,

    /// How servers are reached.
    #[command(flatten)]
    pub connection: Connection,

    /// The node's settings.
    #[command(flatten)]
    pub variants: Variants,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,
}

/// How servers are reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The port where a target names none [default: the configuration file's, else 22]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,

    /// Seconds for a server as a whole, from its name to the last handshake [default: the configuration file's,
    /// else 10]
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub timeout: Option<Duration>,

    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long)]
    pub ipv6: bool,

    /// Read the server's lists only; no proof by a real handshake
    #[arg(long)]
    pub no_handshake: bool,
}

/// Arguments of `parse-log`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ParseLog {
    /// Trace files, folders, .gz, .zip, or - for standard input [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What narrows the answer.
    #[command(flatten)]
    pub narrow: Narrow,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,
}

/// What narrows the answer about a trace.
#[derive(Debug, Clone, Default, Args)]
pub struct Narrow {
    /// Count only what happened at or after this time of the trace (2019-07-25, "2019-07-25 13:00")
    #[arg(long, value_name = "TIME", value_parser = values::trace_time_from)]
    pub since: Option<NaiveDateTime>,

    /// Count only what happened before or at this time of the trace; a date means its whole day
    #[arg(long, value_name = "TIME", value_parser = values::trace_time_until)]
    pub until: Option<NaiveDateTime>,

    /// Only this destination: its host, or CDRSender's number; may be repeated
    #[arg(long, value_name = "HOST|N")]
    pub destination: Vec<String>,

    /// Only failures of this cause, as the answer names it (`algorithm_negotiation`); may be repeated
    #[arg(long, value_name = "CAUSE")]
    pub cause: Vec<String>,

    /// List at most this many files a destination; the counts stay whole
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,

    /// The node's time zone (Europe/Berlin), to tell exactly how old the waiting files are
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<chrono_tz::Tz>,
}

/// Arguments of `backlog`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Backlog {
    /// What `file list activelog /cm/cdr_repository/preserve/<date>/ detail` printed (files, or - for standard
    /// input), or folders of CDR and CMR files pulled off CUCM [default: the current folder]
    #[arg(value_name = "LISTING")]
    pub listings: Vec<PathBuf>,

    /// How long files are kept, and the time to judge by.
    #[command(flatten)]
    pub deadline: Deadline,
}

/// When CUCM deletes what waits.
#[derive(Debug, Clone, Default, Args)]
pub struct Deadline {
    /// How many days CUCM keeps CDR files (CDR Management, "Preservation Duration"): tells when it deletes them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub preserve_days: Option<u32>,

    /// The time to judge by, in UTC (2019-07-25, "2019-07-25 13:00", or RFC 3339) [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = values::utc_time)]
    pub now: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
