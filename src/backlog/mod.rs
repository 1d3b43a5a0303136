//! What waits in CUCM's CDR repository, and until when: from what its command line lists to the answer.
//! Nothing here reads a file or a clock.

mod answer;
mod commands;
mod deadline;
mod first_leg;
mod folder;
pub mod listing;
mod summary;
mod trace_folder;
mod waiting;

use chrono::{DateTime, Utc};

pub use answer::answer;
pub use deadline::deletion_day;

use crate::search::Names;
use listing::Listing;

/// An input and what it lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The path as given; `-` is standard input.
    pub path: String,
    /// What it lists.
    pub listing: Listing,
    /// Whether it is text that CUCM printed, rather than files of its.
    pub is_text: bool,
    /// Files of a folder that are no CDR or CMR files.
    pub left_out: Names,
}

/// What is asked about a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// "CDR / CMR Files Preservation Duration (Days)" of CUCM's CDR Management; `None` where nobody told.
    pub preserve_days: Option<u32>,
    /// The time at which this is asked.
    pub now: DateTime<Utc>,
}
