//! Turns at what only so many may do at a time.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::ssh::deadline::Deadline;

/// How many turns are free, and who waits for one.
#[derive(Debug)]
pub struct Turns {
    free: Mutex<usize>,
    given_back: Condvar,
}

/// A turn, given back when it is dropped.
#[derive(Debug)]
pub struct Turn<'t>(&'t Turns);

impl Turns {
    /// So many at a time.
    pub fn new(most: usize) -> Self {
        Self { free: Mutex::new(most.max(1)), given_back: Condvar::new() }
    }

    /// Waits for a turn, and moves a deadline on by the time that this took.
    pub fn take(&self, deadline: Deadline) -> (Turn<'_>, Deadline) {
        let left = deadline.remaining().unwrap_or_default();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.given_back.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        (Turn(self), deadline.with_remaining(left))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_waits_for_a_turn_loses_no_time_by_it() {
        let turns = Turns::new(1);
        let (first, _) = turns.take(Deadline::after(Duration::from_secs(60)));
        thread::scope(|scope| {
            let second = scope.spawn(|| turns.take(Deadline::after(Duration::from_millis(200))).1);
            thread::sleep(Duration::from_millis(300));
            drop(first);
            let deadline = second.join().unwrap();
            assert!(deadline.remaining().is_some());
            assert!(deadline.whole() <= Duration::from_millis(200));
        });
        assert_eq!(*turns.free.lock().unwrap(), 1);
    }
}
