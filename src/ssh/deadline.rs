//! One end of time for a target as a whole.

use std::sync::{Arc, Mutex, PoisonError};
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

    /// When it is over.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// Stops the time: what waits now waits for this machine.
    pub fn pause(self) -> Pause {
        Pause { whole: self.whole(), left: self.remaining().unwrap_or_default() }
    }

    /// The time from its start to its end.
    pub fn whole(&self) -> Duration {
        self.end - self.start
    }

    /// Milliseconds since its start.
    pub fn elapsed_ms(&self) -> f64 {
        milliseconds(self.start.elapsed())
    }
}

/// A target's time while it stands still.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pause {
    whole: Duration,
    left: Duration,
}

impl Pause {
    /// The same time, of which as much is left as when it was stopped.
    pub fn resume(self) -> Deadline {
        let now = Instant::now();
        let (end, passed) = (now + self.left, self.whole.saturating_sub(self.left));
        Deadline { start: now.checked_sub(passed).unwrap_or(now), end }
    }
}

/// A time in milliseconds, to the microsecond: what lies below is noise.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// A deadline that several threads share and that may be moved while they wait: each step of a longer job has its
/// own time, and an interrupted one ends sooner.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Mutex<Deadline>>);

impl Clock {
    /// The deadline as it stands now.
    pub fn deadline(&self) -> Deadline {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another deadline from now on, for all who share the clock.
    pub fn set(&self, deadline: Deadline) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// An earlier end, where the deadline is later than this far from now.
    pub fn shorten(&self, time: Duration) {
        let sooner = Deadline::after(time);
        let mut deadline = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sooner.end < deadline.end {
            *deadline = sooner;
        }
    }

    /// How long its deadline has been over; `None` before that.
    pub fn overdue(&self) -> Option<Duration> {
        Instant::now().checked_duration_since(self.deadline().end)
    }
}

impl From<Deadline> for Clock {
    fn from(deadline: Deadline) -> Self {
        Self(Arc::new(Mutex::new(deadline)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_end_at_the_microsecond() {
        assert_eq!(milliseconds(Duration::from_nanos(149_301_234)).to_string(), "149.301");
        assert_eq!(milliseconds(Duration::from_nanos(26_248)).to_string(), "0.026");
    }

    #[test]
    fn a_pause_costs_no_time() {
        let pause = Deadline::after(Duration::from_secs(60)).pause();
        std::thread::sleep(Duration::from_millis(20));
        let resumed = pause.resume();
        assert!(resumed.remaining().unwrap() + Duration::from_millis(15) > pause.left, "{resumed:?}");
        assert!(resumed.whole() <= Duration::from_secs(60) && resumed.elapsed_ms() < 60_000.0);
        assert!(Deadline::after(Duration::ZERO).pause().resume().remaining().is_none());
    }

    #[test]
    fn a_clock_is_shared_and_is_only_ever_shortened_to_something_sooner() {
        let clock = Clock::from(Deadline::after(Duration::from_secs(60)));
        let other = clock.clone();
        other.shorten(Duration::from_secs(600));
        assert_eq!(clock.deadline().whole(), Duration::from_secs(60));
        other.shorten(Duration::ZERO);
        assert!(clock.deadline().remaining().is_none() && clock.overdue().is_some());
        clock.set(Deadline::after(Duration::from_secs(60)));
        assert!(other.deadline().remaining().is_some() && other.overdue().is_none());
    }
}
