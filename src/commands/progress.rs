//! A bar on standard error while traces are read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::trace::sources::Source;

/// A bar on standard error, for inputs that take longer than a second.
pub struct Progress {
    bar: ProgressBar,
    /// Bytes on disk.
    total: u64,
    started: Instant,
    shown: Mutex<bool>,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Expects these sources; never shows unless `wanted`.
    pub fn new(sources: &[Source], wanted: bool) -> Self {
        let total = sources.iter().map(|source| source.size).sum();
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("reading {bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        {
            bar.set_style(style);
        }
        Self { bar, total, started: Instant::now(), shown: Mutex::new(!wanted) }
    }

    /// So many bytes have been read.
    pub fn at(&self, bytes: u64) {
        if self.started.elapsed() < Self::PATIENCE {
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if !*shown {
            *shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        // Packed traces hold more than their size on disk, and a trace may grow while it is read.
        self.bar.set_length(self.total.max(bytes));
        self.bar.set_position(bytes);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
