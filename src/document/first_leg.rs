//! What waits on its way from a node to the repository, before any billing server is concerned.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{listed, many};

/// Files on a node that its CDR Agent has yet to send to the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FirstLeg {
    /// How many; those that are still being written are not among them.
    pub files: u64,
    /// Their bytes, as far as they are listed.
    pub bytes: u64,
    /// How many files are still being written.
    pub being_written: u64,
    /// The nodes that made them, as the names have them.
    pub nodes: Vec<String>,
    /// When the oldest was made.
    pub oldest_utc: Option<DateTime<Utc>>,
    /// When the newest was made.
    pub newest_utc: Option<DateTime<Utc>>,
}

impl FirstLeg {
    fn of_nodes(&self) -> String {
        let nodes = listed(&self.nodes);
        if self.nodes.len() == 1 { format!("node {nodes}") } else { format!("nodes {nodes}") }
    }

    /// It in one line.
    pub fn headline(&self) -> String {
        if self.files == 0 {
            return "Nothing on the node waits to go to the repository".to_owned();
        }
        let files = many(self.files, "file has", "files have");
        format!("{files} not reached the repository: the CDR Agent of {} is behind or stuck", self.of_nodes())
    }

    /// Why that matters.
    pub fn text(&self) -> &'static str {
        "The agent sends complete files every 6 seconds, then deletes them. Files in cm/cdr are in no preserve folder \
         yet: their preservation duration has not begun, and no billing server is involved."
    }

    /// How many, and from when to when.
    pub fn seen(&self) -> String {
        let files = many(self.files, "complete file is", "complete files are");
        let minute = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
        let span = self
            .oldest_utc
            .zip(self.newest_utc)
            .map(|(oldest, newest)| format!(", made {} to {} UTC by their names", minute(oldest), minute(newest)));
        format!("{files} in cm/cdr{}", span.unwrap_or_default())
    }

    /// What to do.
    pub fn steps(&self) -> Vec<String> {
        vec![
            format!(
                "On {}: check that the CDR Agent runs (utils service list); on the publisher, that the CDR Repository \
                 Manager does.",
                self.of_nodes()
            ),
            "Check name resolution, NTP and SSH between that node and the publisher: the agent sends by SFTP."
                .to_owned(),
        ]
    }
}
