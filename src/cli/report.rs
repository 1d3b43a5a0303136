//! The flags that choose an answer's form, and what is handed on beside it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// In which form the answer is printed.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct Output {
    /// Print the answer as text, json, prometheus or junit
    ///
    /// json is the same as --json; prometheus is for the textfile collector of the node exporter; junit is for CI jobs,
    /// and a test case fails exactly where the exit code is 1.
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<Format>,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
    /// For monitoring.
    Prometheus,
    /// For CI jobs.
    Junit,
}

/// What is handed on.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct Reports {
    /// Write the answer as HTML, too
    ///
    /// One file that needs nothing else to be read or printed.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the answer as Markdown, too, for a ticket
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Replace the names of hosts, users and files
    ///
    /// And those of clusters and nodes: by host-1, cluster-1 and so on, in every form of the answer.
    #[arg(long)]
    pub redact: bool,
}
