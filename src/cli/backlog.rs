//! `backlog`, and how long CUCM keeps files.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;

use super::report::{Output, Reports};
use super::values;

/// Arguments of `backlog`.
#[derive(Debug, Args)]
pub struct Backlog {
    /// The output of `file list activelog /cm/cdr_repository/preserve/<date>/ detail` (files, or - for standard
    /// input), or folders of CDR and CMR files copied from CUCM [default: the current folder]
    #[arg(value_name = "LISTING")]
    pub listings: Vec<PathBuf>,

    /// How long files are kept, and the time to judge by.
    #[command(flatten)]
    pub deadline: Deadline,

    /// What is handed on.
    #[command(flatten)]
    pub reports: Reports,

    /// The form of the answer.
    #[command(flatten)]
    pub output: Output,
}

/// When CUCM deletes what waits.
#[derive(Debug, Clone, Default, Args)]
pub struct Deadline {
    /// Days for which CUCM keeps CDR files
    ///
    /// "Preservation Duration" in CDR Management; needed to say when it deletes them.
    #[arg(long, value_name = "N", value_parser = values::days)]
    pub preserve_days: Option<u32>,

    /// Take this time as now, in UTC [default: the clock]
    ///
    /// As 2019-07-25, "2019-07-25 13:00", or in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = values::utc_time, hide_short_help = true)]
    pub now: Option<DateTime<Utc>>,
}
