//! `parse-log`, and what narrows an answer about traces.

use std::path::PathBuf;

use chrono::NaiveDateTime;
use clap::Args;

use super::report::{Output, Reports};
use super::values;

/// Arguments of `parse-log`.
#[derive(Debug, Args)]
pub struct ParseLog {
    /// Trace files, folders, .gz, .zip, .tar, or - for standard input [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What narrows the answer.
    #[command(flatten)]
    pub narrow: Narrow,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,

    /// The form of the answer.
    #[command(flatten)]
    pub output: Output,
}

/// What narrows the answer about a trace.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Trace filters")]
pub struct Narrow {
    /// Only what happened at or after this time
    ///
    /// As 2019-07-25 or "2019-07-25 13:00".
    #[arg(long, value_name = "TIME", value_parser = values::trace_time_from)]
    pub since: Option<NaiveDateTime>,

    /// Only what happened before or at this time
    ///
    /// A date means the whole day.
    #[arg(long, value_name = "TIME", value_parser = values::trace_time_until)]
    pub until: Option<NaiveDateTime>,

    /// Only this destination: host or CDRSender's number
    ///
    /// May be repeated.
    #[arg(long, value_name = "HOST|N")]
    pub destination: Vec<String>,

    /// Only failures of this cause
    ///
    /// As the answer names it, for example `algorithm_negotiation`. May be repeated.
    #[arg(long, value_name = "CAUSE")]
    pub cause: Vec<String>,

    /// List at most this many files per destination
    ///
    /// The counts stay complete.
    #[arg(long, value_name = "N", default_value_t = 20, hide_short_help = true)]
    pub limit: usize,

    /// The node's time zone, as Europe/Berlin
    ///
    /// Needed for the exact age of the waiting files.
    #[arg(long, value_name = "ZONE", value_parser = values::timezone)]
    pub timezone: Option<chrono_tz::Tz>,
}
