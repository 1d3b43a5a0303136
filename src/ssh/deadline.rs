//! One end of time for a target as a whole.

use std::time::{Duration, Instant};

/// A time too long for the clock ends after a century.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// When a target's time is over. Every wait on its behalf asks here how long it may last.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    start: Instant,
    end: Instant,
}

impl Deadline {
    /// A deadline this far from now.
    pub fn after(time: Duration) -> Self {
        let start = Instant::now();
        Self { start, end: start + time.min(LONGEST) }
    }

    /// What is left; `None` once it is over, since sockets take no time-out of zero.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// The time from its start to its end.
    pub fn whole(&self) -> Duration {
        self.end - self.start
    }

    /// Milliseconds since its start.
    pub fn elapsed_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1000.0
    }
}
