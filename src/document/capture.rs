//! The answer of `capture`: `cdrdiag/capture/v1`. `profile learn` reads it again.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::learn::Learned;
use super::{Document, Verdict};

/// Who connected, and what they proposed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Capture {
    /// Where cdrdiag listened.
    pub listened: String,
    /// Why it stopped.
    pub stopped: Stopped,
    /// The SSH clients that came. One that comes again, with the same proposal, counts and stands here once.
    pub clients: Vec<CapturedClient>,
    /// Others that connected.
    pub strangers: Vec<OtherConnection>,
    /// How many more of them there were than stand in the list.
    pub strangers_left_out: u64,
}

impl Document for Capture {
    const NAME: &'static str = "capture";

    fn verdict(&self) -> Verdict {
        if self.clients.is_empty() { Verdict::Problem } else { Verdict::Ok }
    }
}

/// Why a capture ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// As many clients came as were asked for.
    Count,
    /// The time was over.
    Timeout,
    /// Ctrl-C, or the system's wish.
    Interrupted,
}

/// A client that was captured.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CapturedClient {
    /// When it came first.
    pub at: DateTime<Utc>,
    /// From which port it came first.
    pub port: u16,
    /// How often it came.
    pub visits: u64,
    /// Who it is and what it proposes.
    #[serde(flatten)]
    pub learned: Learned,
}

/// Somebody who connected and is no SSH client, or did not say enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherConnection {
    /// Its address and port.
    pub peer: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// What it is: `not_ssh`, `garbled`, `timed_out`, `closed`, `flood`, `disconnected`.
    pub kind: String,
    /// One line for people, with what was seen.
    pub message: String,
}
