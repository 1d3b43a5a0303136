//! What became of saved CDR and CMR files that were handed to a billing server: a part of `cdrdiag/deliver/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Saved files handed in, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// The folders and files that were named.
    pub sources: Vec<String>,
    /// The journal of what was delivered, which a later run goes by; `null` where none could be kept.
    pub journal: Option<String>,
    /// Whether the server refused to rename, so that files were written under their own names at once.
    pub written_directly: bool,
    /// How many files of other names lie there, which were left alone.
    pub others: u64,
    /// The files' counts.
    pub totals: Totals,
    /// Every CDR and CMR file, oldest first.
    pub files: Vec<BackfillFile>,
}

impl Backfill {
    /// Whether the billing server has, or had, every file.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.outcome.is_good())
    }

    /// Counts anew what became of the files.
    pub fn count(&mut self) {
        self.totals = Totals::default();
        for file in &self.files {
            self.totals.add(file);
        }
    }
}

/// One saved file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackfillFile {
    /// Its name.
    pub name: String,
    /// Where it was saved.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What became of it.
    pub outcome: FileOutcome,
    /// Why, in the server's words where they are the server's.
    pub message: Option<String>,
    /// Whether the server's copy, read back, was the same; `null` where it was not read.
    pub same_when_read_back: Option<bool>,
}

/// What became of a saved file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It was written, and has its size on the server, or was picked up there at once.
    Delivered,
    /// The server has a file of that name and size.
    AlreadyThere,
    /// An earlier run delivered it, and the server has picked it up since.
    DeliveredEarlier,
    /// The server has another file of that name, which was left alone.
    Conflict,
    /// It could not be written.
    Failed,
    /// The delivery ended before its turn.
    NotSent,
    /// It is empty: the mark that CUCM keeps in a destination's folder, which holds no records.
    Empty,
    /// It was not collected whole.
    Incomplete,
    /// Two different files of that name were saved.
    Ambiguous,
}

impl FileOutcome {
    /// Whether the billing server has the file, or had it.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Delivered | Self::AlreadyThere | Self::DeliveredEarlier)
    }
}

/// How many files came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// All CDR and CMR files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Delivered now.
    pub delivered: u64,
    /// Bytes of those.
    pub delivered_bytes: u64,
    /// On the server before.
    pub already_there: u64,
    /// Delivered by an earlier run.
    pub delivered_earlier: u64,
    /// Another file has the name.
    pub conflict: u64,
    /// Not written.
    pub failed: u64,
    /// Not tried.
    pub not_sent: u64,
    /// Left out for what they are: empty, incomplete or ambiguous.
    pub left_out: u64,
}

impl Totals {
    fn add(&mut self, file: &BackfillFile) {
        self.files += 1;
        self.bytes += file.bytes;
        let counter = match file.outcome {
            FileOutcome::Delivered => {
                self.delivered_bytes += file.bytes;
                &mut self.delivered
            }
            FileOutcome::AlreadyThere => &mut self.already_there,
            FileOutcome::DeliveredEarlier => &mut self.delivered_earlier,
            FileOutcome::Conflict => &mut self.conflict,
            FileOutcome::Failed => &mut self.failed,
            FileOutcome::NotSent => &mut self.not_sent,
            FileOutcome::Empty | FileOutcome::Incomplete | FileOutcome::Ambiguous => &mut self.left_out,
        };
        *counter += 1;
    }
}
