//! The flags that choose an answer's form, and what is handed on beside it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// In which form the answer is printed.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct Output {
    /// Print the answer as text, json, prometheus or junit
    ///
    /// json is the same as --json; prometheus is for the node exporter's textfile collector; junit is for CI
    /// jobs: it has a failed test case exactly when the exit code is 1.
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
    /// Also write the answer as HTML
    ///
    /// One self-contained file, to read or to print.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Also write the answer as Markdown, for a ticket
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Replace the names of hosts, users and files
    ///
    /// And of clusters and nodes: by host-1, cluster-1 and so on, in every form of the answer.
    #[arg(long)]
    pub redact: bool,
}
