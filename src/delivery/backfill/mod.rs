//! Saved CDR and CMR files, handed to a billing server as CUCM would have, so that billing goes on before CUCM delivers
//! again.
//!
//! Oldest first. Each file is written under a temporary name and renamed, so that the billing system never picks up
//! half a file. Nothing on the server is overwritten.

mod hand_in;
mod journal;
mod plan;

use std::fmt;
use std::sync::Arc;

pub use journal::Journal;
pub use plan::{Plan, Saved};

/// What to hand in, and how.
#[derive(Clone)]
pub struct Backfill {
    /// The files.
    pub plan: Arc<Plan>,
    /// What earlier runs have delivered.
    pub journal: Journal,
    /// Whether each file is read back and compared.
    pub read_back: bool,
    /// Hears how many bytes each file had that is done with.
    pub progress: Arc<dyn Fn(u64) + Send + Sync>,
}

impl fmt::Debug for Backfill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Backfill")
            .field("plan", &self.plan)
            .field("read_back", &self.read_back)
            .finish_non_exhaustive()
    }
}
